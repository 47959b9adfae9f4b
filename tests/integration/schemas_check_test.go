package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

type checked struct {
	Verdict     string
	Registry    pipeline.Compatibility
	Differences []pipeline.SchemaDifference
	Older       []struct {
		Version     int
		Registry    pipeline.Compatibility
		Differences []pipeline.SchemaDifference
	}
	Pipelines []struct {
		Pipeline, As, Verdict, Reason string
		Trials                        []struct {
			Of       string
			Events   int
			Outcomes map[string]int
			Problems []struct {
				Pipeline, Stage, Code, Pointer, Rule, Message string
				Count, Before                                 int
				New                                           bool
			}
		}
	}
}

// told is the verdicts in one line.
func (c checked) told() string {
	out := []string{c.Verdict}
	for _, p := range c.Pipelines {
		out = append(out, p.As+"="+p.Verdict)
	}
	return strings.Join(out, " ")
}

func (s *system) check(subject, kind, text string) checked {
	s.t.Helper()
	code, body := s.do(http.MethodPost, "/api/v1/schemas/"+subject+"/check", map[string]any{"schema": text, "type": kind, "events": 30})
	var out checked
	if err := json.Unmarshal(body, &out); code != http.StatusOK || err != nil {
		s.t.Fatalf("checking %s: %d %s (%v)", subject, code, body, err)
	}
	return out
}

func (s *system) subject(kind sr.SchemaType, text string) string {
	s.t.Helper()
	subject := parts.Unique("check")
	if _, err := s.schemas.CreateSchema(s.t.Context(), subject, sr.Schema{Schema: text, Type: kind}); err != nil {
		s.t.Fatal(err)
	}
	return subject
}

// latest is a schema at the newest version of a subject.
func latest(subject string) *pipeline.Schema {
	return &pipeline.Schema{Subject: subject, Version: pipeline.Latest}
}

// one fails the test unless there is exactly one problem of a trial that is news, and gives it.
func (c checked) one(t *testing.T, n int, of string) (stage, pointer, by string) {
	t.Helper()
	found := 0
	for _, trial := range c.Pipelines[n].Trials {
		for _, p := range trial.Problems {
			if trial.Of == of && p.New {
				found++
				stage, pointer, by = p.Stage, p.Pointer, p.Pipeline
			}
		}
	}
	if found != 1 {
		t.Fatalf("%d problems of %s are news, want one: %+v", found, of, c.Pipelines[n])
	}
	return stage, pointer, by
}

// TestSchemaCheckOfWriters tries new versions on a pipeline that writes the subject, on one behind it, and on one that stays
// with its version.
func TestSchemaCheckOfWriters(t *testing.T) {
	t.Parallel()
	s := start(t, needs{})
	const v1 = `{"type":"object","properties":{"id":{"type":"integer"},"price":{"type":"number"}},"required":["id"]}`
	in, out := s.subject(sr.TypeJSON, v1), s.subject(sr.TypeJSON, v1)
	from, to, end := s.kafka.Topic(t, "check", 1), s.kafka.Topic(t, "check", 1), s.kafka.Topic(t, "check", 1)
	spec := func(name, source, target string, read, written *pipeline.Schema) pipeline.Spec {
		return pipeline.Spec{Name: parts.Unique(name), Source: pipeline.Source{Topic: source, Schema: read}, Target: pipeline.Target{Topic: target, Schema: written},
			OnError: pipeline.Drop, State: pipeline.Stopped}
	}
	writer := spec("a-writer", from, to, latest(in), latest(out))
	writer.Steps = []pipeline.Step{code("real", pipeline.Filter, "(e) => e.real")}
	s.create(writer)
	s.create(spec("b-reader", to, end, latest(out), nil))
	s.create(spec("c-pinned", to, end, &pipeline.Schema{Subject: out, Version: "1"}, nil))
	s.create(spec("d-pinned-writer", from, to, nil, &pipeline.Schema{Subject: out, Version: "1"}))
	if level := s.schemas.SetCompatibility(s.t.Context(), sr.SetCompatibility{Level: sr.CompatBackward}, out); level[0].Err != nil {
		t.Fatal(level[0].Err)
	}
	stricter := strings.Replace(v1, `["id"]`, `["id","price"]`, 1)

	// Generated events do not get past the filter, and the topic is empty.
	got := s.check(out, "JSON", stricter)
	if want := "breaks target=unknown source=breaks source=unaffected target=unaffected"; got.told() != want {
		t.Errorf("%s, want %s: %+v", got.told(), want, got)
	}
	if got.Registry.Compatible || got.Registry.Level != "BACKWARD" {
		t.Errorf("the registry's word: %+v", got.Registry)
	}
	if stage, pointer, _ := got.one(t, 1, "current"); stage != "schema_in" || pointer != "/price" {
		t.Errorf("%s %s", stage, pointer)
	}

	// What the topic holds does.
	s.produce(&kgo.Record{Topic: from, Value: []byte(`{"id":9007199254740993,"real":true}`)}, &kgo.Record{Topic: from, Value: []byte(`{"id":2,"price":1,"real":true}`)})
	got = s.check(out, "JSON", stricter)
	if want := "breaks target=breaks source=breaks source=unaffected target=unaffected"; got.told() != want {
		t.Errorf("%s, want %s", got.told(), want)
	}
	if stage, pointer, by := got.one(t, 0, "topic"); stage != "schema_out" || pointer != "/price" || by != "" {
		t.Errorf("%s %s %s", stage, pointer, by)
	}
	// A version that takes more breaks those who stay with one that takes less.
	got = s.check(out, "JSON", strings.Replace(v1, `"number"`, `"string"`, 1))
	if want := "breaks target=breaks source=breaks source=breaks target=unaffected"; got.told() != want {
		t.Errorf("%s, want %s", got.told(), want)
	}
	if stage, pointer, _ := got.one(t, 2, "new"); stage != "schema_in" || pointer != "/price" {
		t.Errorf("%s %s", stage, pointer)
	}
	// The writer lets more through than the pipeline behind it takes.
	got = s.check(in, "JSON", strings.Replace(v1, `"number"`, `"string"`, 1))
	if got.Pipelines[0].Verdict != "breaks" {
		t.Errorf("%+v", got)
	}
	if versions, err := s.schemas.SubjectVersions(t.Context(), out); err != nil || len(versions) != 1 {
		t.Errorf("the checks have registered something: %v (%v)", versions, err)
	}
}

// TestSchemaCheckLooksBack tries a version that the newest one has nothing against, but the one before it has.
func TestSchemaCheckLooksBack(t *testing.T) {
	t.Parallel()
	s := start(t, needs{})
	record := func(fields string) string {
		return `{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}` + fields + `]}`
	}
	subject := s.subject(sr.TypeAvro, record(`,{"name":"price","type":"string"}`))
	if _, err := s.schemas.CreateSchema(t.Context(), subject, sr.Schema{Schema: record(""), Type: sr.TypeAvro}); err != nil {
		t.Fatal(err)
	}
	s.create(pipeline.Spec{Name: parts.Unique("check"), Source: pipeline.Source{Topic: s.kafka.Topic(t, "check", 1), Schema: latest(subject)},
		Target: pipeline.Target{Topic: s.kafka.Topic(t, "check", 1)}, OnError: pipeline.Drop, State: pipeline.Stopped})
	again := record(`,{"name":"price","type":"double","default":0}`)
	for level, want := range map[sr.CompatibilityLevel]string{sr.CompatBackward: "fits source=fits", sr.CompatBackwardTransitive: "breaks source=breaks"} {
		if set := s.schemas.SetCompatibility(t.Context(), sr.SetCompatibility{Level: level}, subject); set[0].Err != nil {
			t.Fatal(set[0].Err)
		}
		got := s.check(subject, "AVRO", again)
		if got.told() != want {
			t.Errorf("%s: %s, want %s: %+v", level, got.told(), want, got)
		}
		if level == sr.CompatBackward {
			if len(got.Older) != 0 {
				t.Errorf("%s: %+v", level, got.Older)
			}
			continue
		}
		if len(got.Older) != 1 || got.Older[0].Version != 1 || got.Older[0].Registry.Compatible {
			t.Fatalf("%s: %+v", level, got.Older)
		}
		if diff := cmp.Diff([]pipeline.SchemaDifference{{Path: "price", Kind: pipeline.TypeChanged, Message: "was string and is double"},
			{Path: "price", Kind: pipeline.FieldOptional, Message: "may be missing now"}}, got.Older[0].Differences); diff != "" {
			t.Error(diff)
		}
		if stage, _, _ := got.one(t, 0, "older"); stage != "schema_in" {
			t.Errorf("%s fails", stage)
		}
	}
}

// TestHostileSchemasAreRefused sends what would keep a validator or a generator busy for ever.
func TestHostileSchemasAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, needs{})
	subject := s.subject(sr.TypeJSON, `{"type":"object","properties":{}}`)
	doubling := `{"$ref":"#/$defs/d0","$defs":{"d40":{"type":"object"}`
	for i := range 40 {
		doubling += fmt.Sprintf(`,"d%d":{"allOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]}`, i, i+1, i+1)
	}
	doubling += "}}"
	tests := []struct {
		name, text string
		want       int
	}{
		{"not JSON", `{"type":`, 400},
		{"no schema", `{"type":7}`, 400},
		{"a reference to a file", `{"$ref":"file:///etc/passwd"}`, 400},
		{"a reference to the network", `{"$ref":"http://127.0.0.1:1/x.json"}`, 400},
		{"references that double", doubling, 422},
		{"deep", strings.Repeat(`{"not":`, 101) + "{}" + strings.Repeat("}", 101), 400},
		// These are schemas; events of them are beyond anybody.
		{"an array that is never long enough", `{"type":"array","minItems":1000000000}`, 200},
		{"a text that is never long enough", `{"type":"string","minLength":2000000000}`, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := *s
			s.t = t
			code, body := s.do(http.MethodPost, "/api/v1/schemas/"+subject+"/check", map[string]any{"schema": tt.text, "type": "JSON"})
			if code != tt.want {
				t.Errorf("got %d %s, want %d", code, body, tt.want)
			}
		})
	}
	s.until("the control plane is ready", s.ready)
}

// TestSchemaCheck tries new versions on pipelines with the real registry and the engine's own processors.
func TestSchemaCheck(t *testing.T) {
	t.Parallel()
	s := start(t, needs{})
	const (
		jsonV1  = `{"type":"object","properties":{"id":{"type":"integer"},"price":{"type":"number"}},"required":["id","price"]}`
		avroV1  = `{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"price","type":"double"}]}`
		protoV1 = "syntax = \"proto3\";\nmessage Order { int64 id = 1; double price = 2; }"
		needsIt = "(e) => ({id: e.id, gross: e.price.toFixed(2)})"
	)
	tests := []struct {
		name, v1, v2 string
		kind         sr.SchemaType
		want         string
		differences  []pipeline.SchemaDifference
	}{
		{"JSON, an optional field more", jsonV1, strings.Replace(jsonV1, `"properties":{`, `"properties":{"note":{"type":"string"},`, 1), sr.TypeJSON, "fits source=fits",
			[]pipeline.SchemaDifference{{Path: "note", Kind: pipeline.FieldAdded, Message: "is new: string, optional"}}},
		{"JSON, a field that a step needs is gone", jsonV1, `{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"],"additionalProperties":false}`, sr.TypeJSON, "breaks source=breaks",
			[]pipeline.SchemaDifference{{Path: "", Kind: pipeline.RuleChanged, Message: "additionalProperties was not there and is false"},
				{Path: "price", Kind: pipeline.FieldRemoved, Message: "is gone: it was number, required"}}},
		{"JSON, a field that old events lack is required", jsonV1, strings.Replace(strings.Replace(jsonV1, `"properties":{`, `"properties":{"note":{"type":"string"},`, 1), `"required":[`, `"required":["note",`, 1), sr.TypeJSON, "breaks source=breaks",
			[]pipeline.SchemaDifference{{Path: "note", Kind: pipeline.FieldAdded, Message: "is new: string, required"}}},
		{"Avro, a field with a default", avroV1, strings.Replace(avroV1, `]}`, `,{"name":"note","type":"string","default":""}]}`, 1), sr.TypeAvro, "fits source=fits",
			[]pipeline.SchemaDifference{{Path: "note", Kind: pipeline.FieldAdded, Message: "is new: string, optional"}}},
		{"Avro, a field without a default", avroV1, strings.Replace(avroV1, `]}`, `,{"name":"note","type":"string"}]}`, 1), sr.TypeAvro, "breaks source=breaks",
			[]pipeline.SchemaDifference{{Path: "note", Kind: pipeline.FieldAdded, Message: "is new: string, required"}}},
		{"Protobuf, a field more", protoV1, strings.Replace(protoV1, "}", " string note = 3; }", 1), sr.TypeProtobuf, "fits source=fits",
			[]pipeline.SchemaDifference{{Path: "note", Kind: pipeline.FieldAdded, Message: "is new: null or string, optional"}}},
		{"Protobuf, a field that a step needs is renamed", protoV1, strings.Replace(protoV1, "price", "cost", 1), sr.TypeProtobuf, "breaks source=breaks",
			[]pipeline.SchemaDifference{{Path: "cost", Kind: pipeline.FieldAdded, Message: "is new: double, optional"},
				{Path: "price", Kind: pipeline.FieldRemoved, Message: "is gone: it was double, optional"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := *s
			s.t = t
			topic := s.kafka.Topic(t, "check", 1)
			subject := s.subject(tt.kind, tt.v1)
			s.create(pipeline.Spec{Name: parts.Unique("check"), Source: pipeline.Source{Topic: topic, Schema: latest(subject)},
				Steps:  []pipeline.Step{code("gross", pipeline.Transform, needsIt)},
				Target: pipeline.Target{Topic: s.kafka.Topic(t, "check", 1)}, OnError: pipeline.Drop, State: pipeline.Stopped})
			got := s.check(subject, tt.kind.String(), tt.v2)
			if got.told() != tt.want {
				t.Errorf("%s, want %s: %+v", got.told(), tt.want, got)
			}
			if diff := cmp.Diff(tt.differences, got.Differences); diff != "" {
				t.Error(diff)
			}
		})
	}
}
