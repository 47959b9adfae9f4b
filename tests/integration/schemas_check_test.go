package integration

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

type checked struct {
	Verdict     string
	Registry    pipeline.Compatibility
	Differences []pipeline.SchemaDifference
	Pipelines   []struct {
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
	code, body := s.do(http.MethodPost, "/api/v1/schemas/"+subject+"/check", map[string]any{"schema": text, "type": kind})
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
		{"Protobuf, a field more", protoV1, strings.Replace(protoV1, "}", " string note = 3; }", 1), sr.TypeProtobuf, "fits source=fits", nil},
		{"Protobuf, a field that a step needs is renamed", protoV1, strings.Replace(protoV1, "price", "cost", 1), sr.TypeProtobuf, "breaks source=breaks", nil},
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
			t.Logf("registry %+v, differences %+v", got.Registry, got.Differences)
			for _, p := range got.Pipelines {
				t.Logf("%+v", p)
			}
			if got.told() != tt.want {
				t.Errorf("%s, want %s", got.told(), tt.want)
			}
		})
	}
}
