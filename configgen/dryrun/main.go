package dryrun

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/pipeline"
)

// The metadata that our plugins share with everything that is not one of them.
const (
	metaKey       = "kafka_key"
	metaTopic     = "kafka_topic"
	metaPartition = "kafka_partition"
	metaOffset    = "kafka_offset"
	metaTimestamp = "kafka_timestamp_ms"
	metaTombstone = "kafka_tombstone_message"
	metaHeader    = "kafka_header_"
	metaTarget    = "inflect_topic"
	metaTrace     = "inflect_trace"
	metaOutcome   = "inflect_outcome"
	metaCode      = "inflect_error_code"
	metaStage     = "inflect_stage"
)

// Main is the child's side of [Trial]: a request on stdin, one line for each event on stdout.
func Main(stdin io.Reader, stdout io.Writer) error {
	if err := Limit(); err != nil {
		return err
	}
	var req Request
	if err := json.NewDecoder(stdin).Decode(&req); err != nil {
		return fmt.Errorf("reading the trial: %w", err)
	}
	if len(req.Schemas) > 0 {
		stop, err := announce(context.Background(), req.Schemas)
		if err != nil {
			return err
		}
		defer stop()
	}
	out := json.NewEncoder(stdout)
	out.SetEscapeHTML(false)
	t, err := newTrial(req)
	if err != nil {
		return out.Encode(answer{Error: problem(err)[0]})
	}
	for i, e := range req.Events {
		r, err := t.event(context.Background(), i, e)
		if err != nil {
			return out.Encode(answer{Error: pipeline.Errorf(pipeline.CodeInvalid, at(i), "%v", err)})
		}
		if err := out.Encode(answer{Result: &r}); err != nil {
			return fmt.Errorf("writing a result: %w", err)
		}
	}
	return nil
}

type trial struct {
	req        Request
	processors []*service.OwnedProcessor
	prepare    []*service.OwnedProcessor
}

func newTrial(req Request) (*trial, error) {
	t := &trial{req: req}
	var err error
	if t.processors, err = processors(req.Processors); err != nil {
		return nil, err
	}
	if req.Prepare != "" {
		t.prepare, err = processors(req.Prepare)
	}
	return t, err
}

func processors(text string) ([]*service.OwnedProcessor, error) {
	spec := service.NewConfigSpec().Field(service.NewProcessorListField("processors"))
	conf, err := spec.ParseYAML(expand(text), nil)
	if err != nil {
		return nil, err
	}
	return conf.FieldProcessorList("processors")
}

// event runs one event alone, so that whatever comes out is of this event.
func (t *trial) event(ctx context.Context, n int, e pipeline.TestEvent) (pipeline.TestResult, error) {
	value, failed, err := t.value(ctx, e)
	if err != nil {
		return pipeline.TestResult{}, err
	}
	if failed != nil {
		return t.unwritable(failed), nil
	}
	m := service.NewMessage(value)
	m.MetaSetMut(metaTopic, t.req.Source)
	m.MetaSetMut(metaPartition, 0)
	m.MetaSetMut(metaOffset, n)
	m.MetaSetMut(metaTimestamp, time.Now().UnixMilli())
	if e.Key != nil {
		m.MetaSetMut(metaKey, *e.Key)
	}
	for k, v := range e.Headers {
		m.MetaSetMut(metaHeader+k, v)
	}
	if e.Tombstone {
		m.MetaSetMut(metaTombstone, "true")
	}
	batches, err := service.ExecuteProcessors(ctx, t.processors, service.MessageBatch{m})
	if err != nil {
		return pipeline.TestResult{}, err
	}
	var out []*service.Message
	for _, b := range batches {
		out = append(out, b...)
	}
	return result(out, t.req.Target), nil
}

// value is the bytes of the record. A JSON value is brought into the form of the source's schema; when that fails, the
// message that says why is the result.
func (t *trial) value(ctx context.Context, e pipeline.TestEvent) (value []byte, failed *service.Message, err error) {
	switch {
	case e.Tombstone:
		return nil, nil, nil
	case e.Value == nil:
		value, err = base64.StdEncoding.DecodeString(e.ValueBase64)
		return value, nil, err
	case t.prepare == nil:
		return e.Value, nil, nil
	}
	batches, err := service.ExecuteProcessors(ctx, t.prepare, service.MessageBatch{service.NewMessage(e.Value)})
	if err != nil {
		return nil, nil, err
	}
	if len(batches) == 0 || len(batches[0]) == 0 {
		return nil, nil, fmt.Errorf("nothing came of the value")
	}
	m := batches[0][0]
	value, err = m.AsBytes()
	if hasFailed(m) {
		failed = m
	}
	return value, failed, err
}

func hasFailed(m *service.Message) bool { return m.GetError() != nil }

// unwritable is the result of a JSON value that the incoming schema does not allow: no such record can be written, so what
// remains to say is what the schema has against it.
func (t *trial) unwritable(m *service.Message) pipeline.TestResult {
	outcome := map[pipeline.OnError]string{pipeline.DeadLetter: "dead_lettered", pipeline.Drop: "dropped"}[t.req.OnError]
	if outcome == "" {
		outcome = stopped
	}
	failure := pipeline.StageResult{Stage: "schema_in", Outcome: failedStage, Error: &pipeline.StageError{Message: m.GetError().Error()}}
	for _, s := range trace(m) {
		if s.Outcome == failedStage {
			failure.Error, failure.DurationUS = s.Error, s.DurationUS
		}
	}
	return pipeline.TestResult{Outcome: outcome, Stages: []pipeline.StageResult{failure}, Records: []pipeline.TestRecord{}}
}

// result tells what became of an event by the messages that are left of it.
func result(messages []*service.Message, target string) pipeline.TestResult {
	r := pipeline.TestResult{Outcome: "filtered", Stages: []pipeline.StageResult{}, Records: []pipeline.TestRecord{}}
	for _, m := range messages {
		stages := trace(m)
		if err := m.GetError(); err != nil {
			r.Outcome, r.Stages, r.Records = stopped, withFailure(stages, m, err.Error()), []pipeline.TestRecord{}
			return r
		}
		outcome, sealed := m.MetaGet(metaOutcome)
		if outcome == "dead_lettered" || outcome == "dropped" {
			why, _ := m.MetaGet(metaHeader + "inflect-error")
			r.Stages = withFailure(stages, m, why)
		} else if len(r.Stages) == 0 {
			r.Stages = stages
		}
		switch {
		case !sealed:
			r.Outcome = delivered
		case r.Outcome == "filtered":
			r.Outcome = outcome
		}
		if !sealed || outcome == "dead_lettered" {
			r.Records = append(r.Records, produced(m, target, stages))
		}
	}
	return r
}

func trace(m *service.Message) []pipeline.StageResult {
	stages := []pipeline.StageResult{}
	if text, ok := m.MetaGet(metaTrace); ok {
		// Our own plugins wrote it.
		_ = json.Unmarshal([]byte(text), &stages)
	}
	return stages
}

// withFailure makes sure that a message that failed has a stage that says so, even if it failed before its stage began.
func withFailure(stages []pipeline.StageResult, m *service.Message, why string) []pipeline.StageResult {
	isFailed := func(s pipeline.StageResult) bool { return s.Outcome == failedStage }
	if slices.ContainsFunc(stages, isFailed) {
		return stages
	}
	code, _ := m.MetaGet(metaCode)
	name, _ := m.MetaGet(metaStage)
	failure := pipeline.StageResult{Stage: name, Outcome: failedStage, Error: &pipeline.StageError{Code: code, Message: why}}
	if i := slices.IndexFunc(stages, func(s pipeline.StageResult) bool { return s.Stage == name }); i >= 0 {
		stages[i] = failure
		return stages
	}
	return append(stages, failure)
}

// produced is the record that the output would have written.
func produced(m *service.Message, target string, stages []pipeline.StageResult) pipeline.TestRecord {
	r := pipeline.TestRecord{Topic: target, Headers: map[string]string{}}
	if topic, ok := m.MetaGet(metaTarget); ok && topic != "" {
		r.Topic = topic
	}
	if key, ok := m.MetaGet(metaKey); ok {
		r.Key = &key
	}
	_ = m.MetaWalk(func(k, v string) error {
		if name, ok := strings.CutPrefix(k, metaHeader); ok {
			r.Headers[name] = v
		}
		return nil
	})
	if v, _ := m.MetaGet(metaTombstone); v == "true" {
		r.Tombstone = true
		return r
	}
	b, err := m.AsBytes()
	switch {
	case err != nil:
	case utf8.Valid(b) && json.Valid(b):
		if r.Value = b; !compact(b) {
			r.ValueBase64 = base64.StdEncoding.EncodeToString(b)
		}
	default:
		r.ValueBase64 = base64.StdEncoding.EncodeToString(b)
		r.Value = encoded(stages)
	}
	return r
}

// compact reports whether JSON survives being written into other JSON, which takes out its white space.
func compact(b []byte) bool {
	var out bytes.Buffer
	return json.Compact(&out, b) == nil && bytes.Equal(out.Bytes(), b)
}

// encoded is the JSON that the outgoing schema turned into bytes which are no JSON, so that people can read them.
func encoded(stages []pipeline.StageResult) json.RawMessage {
	for _, s := range stages {
		if s.Stage == "schema_out" && s.Outcome == "ok" {
			return s.Output
		}
	}
	return nil
}
