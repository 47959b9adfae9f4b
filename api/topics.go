package api

import (
	"encoding/base64"
	"fmt"
	"net/http"

	"github.com/inflect-dev/inflect/pipeline"
)

// maxProduced bounds how many records one request may write.
const maxProduced = 10_000

func (a *API) listTopics(w http.ResponseWriter, r *http.Request) error {
	if a.options.Topics == nil {
		return unavailable("Kafka cluster")
	}
	q := queryOf(r, "search", "internal", "cursor", "limit")
	internal := q.bool("internal")
	if q.err != nil {
		return q.err
	}
	found, err := a.options.Topics.Topics(r.Context())
	if err != nil {
		return err
	}
	var all []pipeline.TopicSummary
	for _, t := range found {
		if internal || !t.Internal {
			all = append(all, t)
		}
	}
	out, err := cut(all, func(t pipeline.TopicSummary) string { return t.Name }, q)
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, out)
}

func (a *API) getTopic(w http.ResponseWriter, r *http.Request) error {
	if a.options.Topics == nil {
		return unavailable("Kafka cluster")
	}
	t, err := a.options.Topics.Topic(r.Context(), param(r, "topic"))
	if err != nil {
		return asNotFound(err)
	}
	if t.UsedBy, err = a.uses(r.Context(), func(ref reference) bool { return ref.topic == t.Name }); err != nil {
		return err
	}
	return write(w, http.StatusOK, t)
}

func (a *API) listRecords(w http.ResponseWriter, r *http.Request) error {
	if a.options.Topics == nil {
		return unavailable("Kafka cluster")
	}
	q := queryOf(r, "partition", "offset", "time", "limit")
	query := pipeline.RecordQuery{Time: q.time("time"), Limit: int(q.number("limit", 1, 500, 100))}
	if q.has("partition") {
		partition := int32(q.number("partition", 0, 1<<31-1, 0))
		query.Partition = &partition
	}
	if q.has("offset") {
		offset := q.number("offset", 0, 1<<62, 0)
		query.Offset = &offset
	}
	switch {
	case q.err != nil:
		return q.err
	case query.Offset != nil && query.Partition == nil:
		return pipeline.Errorf(pipeline.CodeInvalid, "partition", "is missing: an offset belongs to a partition")
	case query.Offset != nil && query.Time != nil:
		return pipeline.Errorf(pipeline.CodeInvalid, "time", "cannot go with offset: send one of them")
	}
	records, err := a.options.Topics.Records(r.Context(), param(r, "topic"), query)
	if err != nil {
		return asNotFound(err)
	}
	a.decode(r.Context(), pointers(records))
	return write(w, http.StatusOK, page(pipeline.Page[pipeline.Record]{Items: records}))
}

func (a *API) produceRecords(w http.ResponseWriter, r *http.Request) error {
	if a.options.Topics == nil {
		return unavailable("Kafka cluster")
	}
	var in struct {
		Schema  *pipeline.Schema     `json:"schema"`
		Records []pipeline.TestEvent `json:"records"`
	}
	if err := decode(r, &in); err != nil {
		return err
	}
	if err := checkEvents("records", in.Records, maxProduced); err != nil {
		return err
	}
	topic, events := param(r, "topic"), in.Records
	records := make([]pipeline.Record, len(events))
	for i, e := range events {
		records[i] = recordOf(e)
	}
	if in.Schema != nil {
		if err := a.encode(r, topic, *in.Schema, events, records, func(i int) int { return i }); err != nil {
			return err
		}
	}
	placed, err := a.options.Topics.Produce(r.Context(), topic, records)
	if err != nil {
		return asNotFound(err)
	}
	return write(w, http.StatusOK, page(pipeline.Page[pipeline.ProducedRecord]{Items: placed}))
}

// encode writes events by a schema into records. It is a trial of a pipeline without steps, so that a record that is
// submitted here is checked exactly as one that a pipeline delivers (invariant 5). At says which record an event is in what
// was asked.
func (a *API) encode(r *http.Request, topic string, schema pipeline.Schema, events []pipeline.TestEvent, into []pipeline.Record, at func(int) int) error {
	spec := pipeline.Spec{Name: "records", Source: pipeline.Source{Topic: "http"}, Target: pipeline.Target{Topic: topic, Schema: &schema},
		OnError: pipeline.Drop}
	if topic == spec.Source.Topic {
		spec.Source.Topic = "http-records"
	}
	if errs := spec.Validate(); len(errs) > 0 {
		return errs
	}
	results, err := a.options.Runner.Run(r.Context(), pipeline.Pipeline{Spec: spec}, events)
	if err != nil {
		return err
	}
	if len(results) != len(events) {
		return fmt.Errorf("encoding %d records for %s: the trial gave %d results", len(events), topic, len(results))
	}
	var wrong pipeline.Errors
	for i, result := range results {
		if len(result.Records) != 1 {
			wrong = append(wrong, pipeline.Errorf(pipeline.CodeInvalid, fmt.Sprintf("records[%d]", at(i)), "does not conform to %s: %s", schema.Subject, reason(result)))
			continue
		}
		into[i].Value = valueOf(result.Records[0])
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

// valueOf is the bytes of a record of a trial. What is no JSON has its bytes in base64, and JSON beside them for people.
func valueOf(r pipeline.TestRecord) []byte {
	if r.ValueBase64 != "" {
		r.Value = nil
	}
	return recordOf(pipeline.TestEvent{Value: r.Value, ValueBase64: r.ValueBase64, Tombstone: r.Tombstone}).Value
}

// reason is why a trial delivered nothing.
func reason(result pipeline.TestResult) string {
	for _, s := range result.Stages {
		if s.Error != nil {
			return s.Error.Message
		}
	}
	return "it was not delivered"
}

// recordOf is an event, checked by checkEvents, as a record.
func recordOf(e pipeline.TestEvent) pipeline.Record {
	var rec pipeline.Record
	if e.Key != nil {
		rec.Key = []byte(*e.Key)
	}
	for name, value := range e.Headers {
		rec.Headers = append(rec.Headers, pipeline.RecordHeader{Name: name, Value: []byte(value)})
	}
	switch {
	case e.Tombstone:
	case e.Value != nil:
		rec.Value = e.Value
	default:
		rec.Value, _ = base64.StdEncoding.DecodeString(e.ValueBase64)
	}
	return rec
}
