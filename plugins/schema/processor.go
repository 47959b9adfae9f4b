package schema

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Categories("Parsing").
		Summary("Holds records against a schema of a schema registry, and converts them to and from JSON.").
		Description(`
The schema is the subject and version named here, whatever id a record carries: the id says how the record was written and
has to belong to the subject.

With `+"`direction: decode`"+` the Confluent frame is removed, and Avro and Protobuf become JSON. With `+"`direction: encode`"+` JSON
is checked, converted and framed. JSON that conforms keeps its bytes. Null values pass. A record that does not conform is marked as
failed, for `+"`inflect_dlq`"+`, with a code, a JSON pointer and the rule that it breaks.

The schema is loaded with the first batch and kept. While the registry is away, batches wait for schemas that were never
loaded; everything else goes on.`).
		Field(registryField()).
		Field(service.NewStringField(fieldSubject).Description("The subject in the registry.")).
		Field(service.NewStringField(fieldVersion).
			Description("The version: a number, or `latest`, which is the newest when the processor starts.").Default("latest")).
		Field(service.NewStringAnnotatedEnumField(fieldDirection, map[string]string{
			decode: "From the record's format to JSON.",
			encode: "From JSON to the record's format.",
		})).
		Field(service.NewStringAnnotatedEnumField(fieldFraming, map[string]string{
			framingAuto:      "With or without a frame when decoding, with one when encoding.",
			framingConfluent: "A zero byte and the schema's id before the payload.",
			framingBare:      "The payload alone.",
		}).Description("What stands before the payload.").Default(framingAuto)).
		Field(service.NewStringAnnotatedEnumField(fieldOthers, map[string]string{
			othersDeadLetter: "They fail with `wrong_subject`.",
			othersFilter:     "They are filtered, so that a pipeline can read one type of a topic that has several.",
		}).Description("When decoding, what becomes of records that are framed with a schema of other subjects.").Default(othersDeadLetter).Advanced()).
		Field(service.NewStringField(fieldTopic).
			Description("When encoding, take only records that are addressed to this topic by `ctx.emit`. Without it, those that go to the output's own topic.").
			Default("").Advanced()).
		Field(service.NewStringField(fieldMessage).
			Description("The full name of the Protobuf message. Without it, the one that a frame names, and the schema's first otherwise.").
			Default("").Advanced()).
		Field(service.NewStringAnnotatedEnumField(fieldAvroJSON, map[string]string{
			natural:  "Values of unions stand alone where their look says which branch they are of, decimals are numbers.",
			standard: "Avro's JSON encoding: unions are tagged with their branch, decimals are the bytes that carry them.",
		}).Description("How Avro looks as JSON.").Default(natural).Advanced()).
		Field(service.NewStringField(fieldPipeline).
			Description("The pipeline's name in metrics and status. The stream's id when empty.").Default("")).
		Field(service.NewBoolField(fieldTrace).
			Description("Record what the stage did in the metadata `inflect_trace`, and fail rather than wait for the registry. For trials.").
			Default(false).Advanced()).
		LintRule(`root = if this.direction == "encode" && this.others.or("dead_letter") != "dead_letter" { "others is for direction decode: what is written has no other types" }`).
		Example("JSON Schema in, Avro out", "", `
pipeline:
  processors:
    - inflect_schema: {registry: {url: "http://localhost:8081"}, subject: orders-value, version: 4, direction: decode}
    - inflect_schema: {registry: {url: "http://localhost:8081"}, subject: orders-avro-value, version: 1, direction: encode}
    - inflect_dlq: {topic: orders-dlq}
`)
}

func init() {
	service.MustRegisterBatchProcessor("inflect_schema", spec(),
		func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchProcessor, error) {
			return newProcessor(conf, mgr)
		})
}

// processor is called from several threads at once.
type processor struct {
	registry  *registry
	named     variant
	direction string
	framing   string
	others    string
	topic     string
	trace     bool
	stage     string
	stats     *record.Pipeline
	log       *service.Logger
	patience  time.Duration

	// schema is the named schema once it is loaded, so that latest stays what it was.
	schema atomic.Pointer[compiled]
	// waiting is set while the pipeline's state says that this processor waits.
	waiting atomic.Bool
}

func newProcessor(conf *service.ParsedConfig, mgr *service.Resources) (*processor, error) {
	p := &processor{log: mgr.Logger(), patience: trialPatience}
	var err error
	get := func(to *string, field string) {
		if err == nil {
			*to, err = conf.FieldString(field)
		}
	}
	var version, pipeline, avroJSON string
	get(&p.named.subject, fieldSubject)
	get(&version, fieldVersion)
	get(&p.direction, fieldDirection)
	get(&p.framing, fieldFraming)
	get(&p.others, fieldOthers)
	get(&p.topic, fieldTopic)
	get(&p.named.Message, fieldMessage)
	get(&avroJSON, fieldAvroJSON)
	get(&pipeline, fieldPipeline)
	if err != nil {
		return nil, err
	}
	if p.trace, err = conf.FieldBool(fieldTrace); err != nil {
		return nil, err
	}
	if p.named.subject == "" {
		return nil, errors.New("subject is missing: name a subject of the registry")
	}
	if p.named.version, err = parseVersion(version); err != nil {
		return nil, err
	}
	p.named.StandardJSON = avroJSON == standard
	p.stage = record.StageSchemaIn
	if p.direction == encode {
		p.stage = record.StageSchemaOut
	}
	if pipeline == "" {
		pipeline = mgr.StreamID()
	}
	p.stats = record.StatsOf(mgr).Pipeline(pipeline)
	config, err := parseRegistry(conf.Namespace(fieldRegistry))
	if err != nil {
		return nil, err
	}
	p.registry, err = registriesOf(mgr).open(config)
	return p, err
}

func parseVersion(s string) (int, error) {
	if s == "latest" {
		return latest, nil
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("version is %q, but must be a positive number or latest", s)
	}
	return int(n), nil
}

// Close has nothing to release: the registry belongs to the process.
func (p *processor) Close(context.Context) error { return nil }

// trialPatience is how long a trial waits for the registry.
const trialPatience = 5 * time.Second

// ProcessBatch implements service.BatchProcessor.
func (p *processor) ProcessBatch(ctx context.Context, batch service.MessageBatch) ([]service.MessageBatch, error) {
	if p.trace {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.patience)
		defer cancel()
	}
	var s *compiled
	if slices.ContainsFunc(batch, p.checks) {
		var err error
		if s, err = p.load(ctx); err != nil {
			f := p.pipelineFailure(err)
			for _, m := range batch {
				if p.checks(m) {
					p.fail(m, f)
				}
			}
			return []service.MessageBatch{batch}, nil
		}
	}
	gone := make([]bool, len(batch))
	spread(len(batch), func(from, to int) {
		w := &worker{processor: p, schema: s, ctx: ctx}
		for i := from; i < to; i++ {
			gone[i] = p.concerns(batch[i]) && !w.process(batch[i])
		}
	})
	p.goesOn()
	if batch = p.without(batch, gone); len(batch) == 0 {
		return nil, nil
	}
	return []service.MessageBatch{batch}, nil
}

// without is the batch without the messages that are gone, whose records are counted. Identity is in metadata, which stay
// with their message.
func (p *processor) without(batch service.MessageBatch, gone []bool) service.MessageBatch {
	if !slices.Contains(gone, true) {
		return batch
	}
	left := make(service.MessageBatch, 0, len(batch))
	var sources []*record.Source
	for i, m := range batch {
		if gone[i] {
			sources = append(sources, record.From(m).Source)
		} else {
			left = append(left, m)
		}
	}
	p.stats.Filtered(sources, left)
	return left
}

// minPart is how many messages are worth a goroutine.
const minPart = 64

// spread works on parts of a batch of n messages on all cores. Messages keep their places.
func spread(n int, work func(from, to int)) {
	parts := min(runtime.GOMAXPROCS(0), n/minPart)
	if parts < 2 {
		work(0, n)
		return
	}
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() { work(n*i/parts, n*(i+1)/parts) })
	}
	wg.Wait()
}

// concerns reports whether the message is this processor's to look at.
func (p *processor) concerns(m *service.Message) bool {
	if m.GetError() != nil || record.Traced(m) {
		return false
	}
	e := record.Ensure(m)
	return p.direction == decode || e.Topic == p.topic
}

// checks reports whether the message has to be held against the schema. Nulls pass.
func (p *processor) checks(m *service.Message) bool { return p.concerns(m) && !record.From(m).Null }

// load is the schema that the pipeline names. It waits for the registry.
func (p *processor) load(ctx context.Context) (*compiled, error) {
	if s := p.schema.Load(); s != nil {
		p.registry.metrics.hits.Inc()
		return s, nil
	}
	s, err := p.registry.schema(ctx, p.named, p.waits)
	if err != nil {
		return nil, err
	}
	p.schema.CompareAndSwap(nil, s)
	return p.schema.Load(), nil
}

// waits says in the pipeline's state that, and why, it does not go on.
func (p *processor) waits(err error) {
	reason := fmt.Sprintf("waiting for the schema registry, for subject %s: %v", p.named.subject, err)
	p.stats.SetState("waiting", reason)
	if !p.waiting.Swap(true) {
		p.log.Warn(reason)
	}
}

func (p *processor) goesOn() {
	if p.waiting.Swap(false) {
		p.stats.SetState("running", "")
		p.log.Infof("schema registry is back, subject %s", p.named.subject)
	}
}

// pipelineFailure is a failure of no record in particular.
func (p *processor) pipelineFailure(err error) *record.Failure {
	f := fail(record.CodePipeline, "loading the schema of subject %s: %s", p.named.subject, clip(err.Error(), maxMessage))
	return f
}

func (p *processor) fail(m *service.Message, f *record.Failure) {
	f.Stage = p.stage
	record.Fail(m, f)
}
