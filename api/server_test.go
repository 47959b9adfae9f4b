package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/api/catalog"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/leaks"
)

// patience is how long an answer may take on a busy machine.
const patience = 4 * time.Minute

func TestMain(m *testing.M) { leaks.Main(m) }

// server is the API over HTTP, on rows in memory, a fake cluster and a fake registry that speak the real protocols.
// Every answer is held to the contract.
type server struct {
	t        *testing.T
	url      string
	rows     *rows
	engines  *engines
	registry *srfake.Registry
	log      *lockedBuffer
	// dial is how readers of events reach it, if not by TCP.
	dial func(context.Context, string, string) (net.Conn, error)
}

func serve(t *testing.T, change ...func(*api.Options)) *server {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "orders", "orders-clean"), kfake.SeedTopics(1, "orders-dlq"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	kafka, err := catalog.OpenKafka(catalog.KafkaOptions{Brokers: cluster.ListenAddrs(), Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	fake := srfake.New()
	t.Cleanup(fake.Close)
	registry, err := catalog.OpenRegistry(catalog.RegistryOptions{URLs: []string{fake.URL()}, Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, rows: newRows(), registry: fake, log: &lockedBuffer{}}
	s.engines = &engines{rows: s.rows, statuses: map[string]pipeline.Status{}}
	options := api.Options{
		Pipelines: s.rows, History: s.rows, States: s.rows, Audit: s.rows, TestCases: s.rows, Tokens: s.rows,
		Engines: s.engines, Operations: s.engines, Checker: checker{}, Runner: runner{}, Generator: generator{}, Comparer: generator{},
		Topics: kafka, Schemas: registry, Transforms: functions{}, DeadLetters: letters{}, Scaling: scaler{},
		Probes: map[string]func(context.Context) error{"postgres": func(context.Context) error { return nil }},
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4")
			_, _ = io.WriteString(w, "inflect_build_info 1\n")
		}),
		Page:    http.FileServerFS(fstest.MapFS{"index.html": {Data: []byte("<!doctype html><title>Inflect</title>")}}),
		Version: "v1.2.3", Commit: "abc", Timeout: patience,
		Log: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	for _, f := range change {
		f(&options)
	}
	handler, err := api.New(options)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(handler)
	t.Cleanup(h.Close)
	t.Cleanup(handler.End)
	s.url = h.URL
	return s
}

// answer is a response with its body read.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// do sends a request; headers are pairs of name and value. The answer is checked against the contract.
func (s *server) do(method, path, body string, headers ...string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := answer{s.t, res.StatusCode, res.Header, b}
	hold(s.t, r, a)
	return a
}

// want fails the test unless the answer has this status.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// problem fails the test unless the answer is this problem.
func (a answer) problem(status int, code pipeline.Code, field string) answer {
	a.t.Helper()
	a.want(status)
	var p struct {
		Code          pipeline.Code
		Field, Detail string
		Status        int
	}
	a.into(&p)
	if p.Code != code || p.Field != field || p.Status != status || p.Detail == "" || a.header.Get("Content-Type") != "application/problem+json" {
		a.t.Errorf("got %s (%s), want code %s and field %q", a.body, a.header.Get("Content-Type"), code, field)
	}
	return a
}

func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
}

const spec = `{"name":"orders-eu","owner":"team-a","source":{"topic":"orders","schema":{"subject":"orders-value","version":1}},` +
	`"steps":[{"name":"keep","kind":"filter","transform":"orders.ts#keepPaid","params":{"min":10}}],` +
	`"target":{"topic":"orders-clean"},"dlq":{"topic":"orders-dlq"}}`

// create saves the pipeline that most tests are about.
func (s *server) create() {
	s.t.Helper()
	s.do("POST", "/api/v1/pipelines", spec).want(http.StatusCreated)
}

func (s *server) register(subject, text string) {
	s.t.Helper()
	kind := sr.TypeJSON
	if subject == "avro" {
		kind = sr.TypeAvro
	}
	if _, _, err := s.registry.RegisterSchema(subject, sr.Schema{Type: kind, Schema: text}); err != nil {
		s.t.Fatal(err)
	}
}

// engines says what it was told to say.
type engines struct {
	rows     *rows
	mu       sync.Mutex
	statuses map[string]pipeline.Status
	replayed pipeline.Replay
}

func (e *engines) set(s pipeline.Status) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.statuses[s.Name] = s
}

func (e *engines) forget(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.statuses, name)
}

func (e *engines) Status(ctx context.Context, name string) (pipeline.Status, error) {
	p, err := e.rows.Get(ctx, name)
	return pipeline.Status{Name: name, State: pipeline.Running, Phase: pipeline.PhaseRunning, Revision: p.Revision}, err
}

func (e *engines) Statuses(context.Context) (map[string]pipeline.Status, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := map[string]pipeline.Status{}
	for name, s := range e.statuses {
		out[name] = s
	}
	return out, nil
}

func (e *engines) Config(ctx context.Context, name string) ([]byte, error) {
	_, err := e.rows.Get(ctx, name)
	return []byte("input:\n  inflect_kafka: {}\n"), err
}

func (e *engines) Restart(context.Context, string) error { return nil }
func (e *engines) Drain(context.Context, string) error   { return nil }
func (e *engines) Replay(_ context.Context, _ string, to pipeline.Replay) error {
	e.replayed = to
	return nil
}

// checker knows the topics orders and orders-clean alone.
type checker struct{}

func (checker) Validate(_ context.Context, s pipeline.Spec) pipeline.Errors {
	errs := s.Validate()
	switch s.Source.Topic {
	case "orders":
	case "away":
		errs = append(errs, pipeline.Errorf(pipeline.CodeUnavailable, "source.topic", "the cluster is away"))
	default:
		errs = append(errs, pipeline.Errorf(pipeline.CodeUnknownTopic, "source.topic", "there is no topic %q", s.Source.Topic))
	}
	if s.Target.Topic != "orders-clean" {
		errs = append(errs, &pipeline.Error{Code: pipeline.CodeMissingTopic, Field: "target.topic", Message: "there is none yet", Warning: true})
	}
	for i, step := range s.Steps {
		if strings.Contains(step.Code, "=> )") {
			errs = append(errs, &pipeline.Error{Code: pipeline.CodeBadTransform, Field: "steps[0].code", File: step.Name, Line: 1, Column: 5 + i, Message: "unexpected )"})
		}
	}
	return errs
}

// CodeHash is what the description says.
func (checker) CodeHash(_ context.Context, s pipeline.Spec) (string, error) {
	return s.Description, nil
}

// runner delivers what it is given, except what says bad. Of the subject avro it decodes and encodes everything alike.
type runner struct{}

const (
	avroBytes = "AAAAAAH/" // A frame with id 1 and one byte.
	avroJSON  = `{"from":"avro"}`
)

func (runner) Run(_ context.Context, s pipeline.Pipeline, events []pipeline.TestEvent) ([]pipeline.TestResult, error) {
	if s.Description == "broken" {
		return nil, errors.New("dial tcp 10.0.0.1:5432: secret=hunter2")
	}
	if s.Description == "panics" {
		panic("secret=hunter2")
	}
	out := make([]pipeline.TestResult, len(events))
	for i, e := range events {
		if s.Source.Schema != nil && s.Source.Schema.Subject == "avro" && e.ValueBase64 == avroBytes {
			e.ValueBase64, e.Value = "", json.RawMessage(avroJSON)
		} else if s.Target.Schema != nil && s.Target.Schema.Subject == "avro" && e.Value != nil {
			e.ValueBase64 = avroBytes
		}
		if s.Source.Schema != nil && s.Source.Schema.Subject == "picky" {
			out[i] = pipeline.TestResult{Outcome: "dropped", Stages: []pipeline.StageResult{{Stage: "schema_in", Outcome: "failed",
				Error: &pipeline.StageError{Code: "schema_mismatch", Message: "/y is missing", Rule: "required"}}}}
			continue
		}
		if s.Description == "filters" {
			out[i] = pipeline.TestResult{Outcome: "filtered"}
			continue
		}
		if bytes.Contains(e.Value, []byte("bad")) || s.Description == "misfits" {
			out[i] = pipeline.TestResult{Outcome: "dead_lettered", Stages: []pipeline.StageResult{{Stage: "schema_out", Outcome: "failed",
				Error: &pipeline.StageError{Code: "schema_mismatch", Message: "/x must be a number", Pointer: "/x", Rule: "type"}}}}
			continue
		}
		out[i] = pipeline.TestResult{Outcome: "delivered", Stages: []pipeline.StageResult{{Stage: "schema_out", Outcome: "ok", Output: e.Value, DurationUS: 1.5}},
			Records: []pipeline.TestRecord{{Topic: s.Target.Topic, Key: e.Key, Headers: e.Headers, Value: e.Value, ValueBase64: e.ValueBase64, Tombstone: e.Tombstone}}}
	}
	return out, nil
}

// RunWith takes the subject that is announced as picky for the subject picky.
func (r runner) RunWith(ctx context.Context, announced []pipeline.RegisteredSchema, s pipeline.Pipeline, events []pipeline.TestEvent) ([]pipeline.TestResult, error) {
	for _, a := range announced {
		if in := s.Source.Schema; in != nil && in.Subject == a.Subject && in.Version != "1" && strings.Contains(a.Text, "picky") {
			s.Source.Schema = &pipeline.Schema{Subject: "picky"}
		}
	}
	return r.Run(ctx, s, events)
}

type generator struct{}

func (generator) Differences(context.Context, pipeline.RegisteredSchema, pipeline.RegisteredSchema) ([]pipeline.SchemaDifference, error) {
	return []pipeline.SchemaDifference{{Path: "x", Kind: pipeline.FieldAdded, Message: "is new: string, optional"}}, nil
}

func (generator) Generate(_ context.Context, r pipeline.SampleRequest) ([]pipeline.Sample, error) {
	switch {
	case strings.Contains(r.Schema.Text, "no schema"):
		return nil, pipeline.Errorf(pipeline.CodeInvalid, "schema", "cannot be used")
	case strings.Contains(r.Schema.Text, "endless") && r.Count > 0:
		return nil, pipeline.Errorf(pipeline.CodeRejected, "schema", "it took too long and was stopped")
	case strings.Contains(r.Schema.Text, "unguessable") && r.Count > 0:
		return nil, pipeline.Errorf(pipeline.CodeInvalid, "schema", "asks for more than a generator can guess")
	}
	out := make([]pipeline.Sample, r.Count)
	for i := range out {
		out[i] = pipeline.Sample{Event: pipeline.TestEvent{Value: json.RawMessage(`{"id":9007199254740993}`)}}
	}
	if r.NearMisses {
		out = append(out, pipeline.Sample{Event: pipeline.TestEvent{Value: json.RawMessage(`{}`)}, Note: "id is missing", Invalid: true})
	}
	return out, nil
}

type functions struct{}

func (functions) Functions(context.Context) ([]pipeline.Function, pipeline.Errors, error) {
	return []pipeline.Function{
			{ID: "lib/dates.ts#default", File: "lib/dates.ts", Export: "default", Source: "export default (e) => e"},
			{ID: "orders.ts#keepPaid", File: "orders.ts", Export: "keepPaid", Kind: pipeline.Filter, Doc: "Keeps paid orders.",
				Params: json.RawMessage(`{"type":"object"}`), Source: "export const keepPaid = (e) => e.paid"}},
		pipeline.Errors{{Code: pipeline.CodeBadTransform, File: "broken.ts", Line: 3, Column: 1, Message: "unexpected }"}}, nil
}

type letters struct{}

func (letters) List(context.Context, pipeline.Spec, pipeline.DeadLetterQuery) (pipeline.DeadLetters, error) {
	return pipeline.DeadLetters{Topic: "orders-dlq", Scanned: 1, Complete: true, Groups: []pipeline.DeadLetterGroup{{Fingerprint: "f", Code: "step_threw",
		Stage: "step:keep", Message: "boom", Count: 1, First: noon, Last: noon, Records: []pipeline.DeadLetterRecord{{
			Record: pipeline.Record{Timestamp: noon, Value: []byte("{}")}, Code: "step_threw", Stage: "step:keep", Message: "boom", Attempt: 1,
			Source: &pipeline.DeadLetterSource{Topic: "orders"}}}}}}, nil
}

// Replay counts the records that are edited to what runner makes of the subject avro.
func (letters) Replay(_ context.Context, _ pipeline.Pipeline, q pipeline.DeadLetterReplay) (pipeline.DeadLetterReplayed, error) {
	out := pipeline.DeadLetterReplayed{Replayed: 1}
	for _, r := range q.Records {
		if r.ValueBase64 != nil && *r.ValueBase64 == avroBytes {
			out.Replayed++
		}
	}
	return out, nil
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
