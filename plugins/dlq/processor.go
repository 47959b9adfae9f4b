package dlq

import (
	"context"
	"errors"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

const (
	fieldPipeline = "pipeline"
	fieldRevision = "revision"
	fieldTopic    = "topic"
	fieldOnError  = "on_error"
	fieldTrace    = "trace"

	deadLetter = "dead_letter"
	drop       = "drop"
	stop       = "stop"
)

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Categories("Utility").
		Summary("Turns records that failed in the pipeline into dead letters. It is a pipeline's last processor.").
		Description(`
All messages that came of one source record are a unit. When one of them carries an error, the unit is replaced by one
message: the source record's key, headers and bytes as they were read, with these headers added. `+"`inflect_kafka`"+` routes
it by itself; for other outputs the metadata `+"`inflect_topic`"+` names the topic and the headers are `+"`kafka_header_<name>`"+`.

| header | value |
|---|---|
| inflect-error | the message of the failure, at most 2 KiB |
| inflect-error-code | its stable code |
| inflect-error-place | file:line:column in the author's source, for failures of a step |
| inflect-error-pointer, inflect-error-rule | JSON pointer and broken rule, for failures of a schema |
| inflect-stage | schema_in, step:<name>, schema_out, target, or processor for one that is not ours |
| inflect-pipeline, inflect-revision | what processed it |
| inflect-source-topic, -partition, -offset, -timestamp | where it was read; the timestamp in milliseconds since 1970 |
| inflect-attempt | how often the record has failed: 1, and more once it was replayed |
| inflect-fingerprint | the same for failures of one cause |

A failure with code `+"`pipeline_failed`"+` concerns the whole pipeline and not its record: it is never dead-lettered or dropped.`).
		Field(service.NewStringField(fieldTopic).
			Description("The dead-letter topic.").Default("")).
		Field(service.NewStringAnnotatedEnumField(fieldOnError, map[string]string{
			deadLetter: "Send the record to `topic`. The default when a topic is given.",
			drop:       "Remove the record and count it as dropped.",
			stop:       "Leave the error on the record: the inflect_kafka output stops there, and the record's offset is not committed. The default without a topic.",
		}).Description("What becomes of a record that failed.").Optional()).
		Field(service.NewStringField(fieldPipeline).
			Description("The pipeline's name in headers, metrics and status. The stream's id when empty.").Default("")).
		Field(service.NewIntField(fieldRevision).
			Description("The pipeline's revision, for the headers; 0 leaves the header out.").Default(0)).
		Field(service.NewBoolField(fieldTrace).
			Description("Keep what would be dropped, marked by the metadata `inflect_outcome`. For trials.").
			Advanced().Default(false)).
		Example("Failed records go to a topic", "", `
pipeline:
  processors:
    - inflect_js:
        steps: [{name: price, kind: transform, code: "(e) => ({...e, total: e.price.amount * e.count})"}]
    - inflect_dlq: {topic: orders-dlq}
`)
}

func init() {
	service.MustRegisterBatchProcessor("inflect_dlq", spec(),
		func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchProcessor, error) {
			return newProcessor(conf, mgr)
		})
}

// processor is stateless but for counters; Benthos calls it from several threads.
type processor struct {
	pipeline string
	revision int64
	topic    string
	onError  string
	trace    bool
	stats    *record.Pipeline
}

func newProcessor(conf *service.ParsedConfig, mgr *service.Resources) (*processor, error) {
	p := &processor{}
	var err error
	if p.pipeline, err = conf.FieldString(fieldPipeline); err != nil {
		return nil, err
	}
	if p.pipeline == "" {
		p.pipeline = mgr.StreamID()
	}
	if p.topic, err = conf.FieldString(fieldTopic); err != nil {
		return nil, err
	}
	revision, err := conf.FieldInt(fieldRevision)
	if err != nil {
		return nil, err
	}
	p.revision = int64(revision)
	if p.trace, err = conf.FieldBool(fieldTrace); err != nil {
		return nil, err
	}
	if conf.Contains(fieldOnError) {
		if p.onError, err = conf.FieldString(fieldOnError); err != nil {
			return nil, err
		}
	}
	switch {
	case p.onError == "" && p.topic != "":
		p.onError = deadLetter
	case p.onError == "":
		p.onError = stop
	case p.onError == deadLetter && p.topic == "":
		return nil, errors.New("on_error is dead_letter, but no topic is given: add topic, or say drop or stop")
	}
	p.stats = record.StatsOf(mgr).Pipeline(p.pipeline)
	return p, nil
}

// Close has nothing to release.
func (p *processor) Close(context.Context) error { return nil }
