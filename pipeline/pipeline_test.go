package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func valid() Spec {
	return Spec{
		Name:   "orders-eu",
		Source: Source{Topic: "orders"},
		Steps:  []Step{{Name: "keep", Kind: Filter, Code: "(e) => e.paid"}},
		Target: Target{Topic: "orders-clean"},
		DLQ:    &Target{Topic: "orders-dlq"},
	}
}

func TestValidateNamesTheField(t *testing.T) {
	t.Parallel()
	if errs := valid().Validate(); len(errs) > 0 {
		t.Fatalf("a valid spec is refused: %v", errs)
	}
	tests := []struct {
		name  string
		edit  func(*Spec)
		field string
	}{
		{"name is no DNS label", func(s *Spec) { s.Name = "Orders_EU" }, "name"},
		{"source topic missing", func(s *Spec) { s.Source.Topic = "" }, "source.topic"},
		{"topic with a slash", func(s *Spec) { s.Target.Topic = "a/b" }, "target.topic"},
		{"unknown start", func(s *Spec) { s.Source.Start = "middle" }, "source.start"},
		{"schema without subject", func(s *Spec) { s.Target.Schema = &Schema{Version: "3"} }, "target.schema.subject"},
		{"version zero", func(s *Spec) { s.Target.Schema = &Schema{Subject: "a", Version: "0"} }, "target.schema.version"},
		{"unknown fate of other types", func(s *Spec) { s.Source.Schema = &Schema{Subject: "a", Others: "keep"} }, "source.schema.others"},
		{"other types on the way out", func(s *Spec) { s.Target.Schema = &Schema{Subject: "a", Others: FilterOthers} }, "target.schema.others"},
		{"other types in an output", func(s *Spec) {
			s.Outputs = map[string]Target{"x": {Topic: "x", Schema: &Schema{Subject: "a", Others: DeadLetterOthers}}}
		}, "outputs.x.schema.others"},
		{"two steps of one name", func(s *Spec) { s.Steps = append(s.Steps, s.Steps[0]) }, "steps[1].name"},
		{"step without code", func(s *Spec) { s.Steps[0].Code = "" }, "steps[0]"},
		{"step with code and transform", func(s *Spec) { s.Steps[0].Transform = "a.ts" }, "steps[0]"},
		{"unknown kind", func(s *Spec) { s.Steps[0].Kind = "map" }, "steps[0].kind"},
		{"dead letters without a dlq", func(s *Spec) { s.DLQ, s.OnError = nil, DeadLetter }, "on_error"},
		{"feeds itself", func(s *Spec) { s.Target.Topic = s.Source.Topic }, "target.topic"},
		{"dead letters into the source", func(s *Spec) { s.DLQ.Topic = s.Source.Topic }, "dlq.topic"},
		{"an output feeds itself", func(s *Spec) { s.Outputs = map[string]Target{"x": {Topic: "orders"}} }, "outputs.x.topic"},
		{"memory without unit", func(s *Spec) { s.Limits.Memory = "256" }, "limits.memory"},
		{"max below min", func(s *Spec) { s.Scaling = Scaling{Min: 3, Max: 2} }, "scaling.max"},
		{"growth without an end", func(s *Spec) { s.Scaling.Partitions.Grow = true }, "scaling.partitions.max"},
		{"new partitions held too long", func(s *Spec) { s.Scaling.Partitions.MetadataAge = Duration(2 * time.Hour) }, "scaling.partitions.metadata_age"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := valid()
			s.Steps = append([]Step(nil), s.Steps...)
			tt.edit(&s)
			for _, e := range s.Validate() {
				if e.Field == tt.field {
					return
				}
			}
			t.Errorf("no error for %s in %v", tt.field, s.Validate())
		})
	}
}

func TestParseRefusesWhatNoSpecHas(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, field string }{
		{"unknown field", `{"name":"a","sauce":{}}`, "sauce"},
		{"wrong type", `{"name":7}`, "name"},
		{"nested wrong type", `{"source":{"topic":[]}}`, "source.topic"},
		{"not JSON", `{"name":`, ""},
		{"two documents", `{} {}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(tt.body))
			var e *Error
			if !errors.As(err, &e) || e.Field != tt.field {
				t.Errorf("got %v, want an Error about field %q", err, tt.field)
			}
		})
	}
}

func TestSpecKeepsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	const body = `{"name":"a","source":{"topic":"in","schema":{"subject":"s","version":4}},` +
		`"steps":[{"name":"x","kind":"transform","code":"e => e","params":{"id":9007199254740993}}],` +
		`"target":{"topic":"out","schema":{"subject":"t","version":"latest"}},"batch":{"linger":"100ms"}}`
	s, err := Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(got.String()) != body {
		t.Errorf("got  %s\nwant %s", &got, body)
	}
}

func TestOthersAreOfTheSource(t *testing.T) {
	t.Parallel()
	s := valid()
	s.Source.Schema, s.Target.Schema = &Schema{Subject: "a", Others: FilterOthers}, &Schema{Subject: "b"}
	if errs := s.Validate(); len(errs) > 0 {
		t.Error(errs)
	}
	if d := s.WithDefaults(); d.Source.Schema.Others != FilterOthers || d.Target.Schema.Others != "" {
		t.Errorf("source %+v, target %+v", d.Source.Schema, d.Target.Schema)
	}
	s.Source.Schema.Others = ""
	if d := s.WithDefaults(); d.Source.Schema.Others != DeadLetterOthers {
		t.Errorf("source %+v", d.Source.Schema)
	}
}

func TestDefaultsFollowTheGuarantee(t *testing.T) {
	t.Parallel()
	s := valid().WithDefaults()
	if s.Delivery != ExactlyOnce || s.Batch.MaxRecords != 10000 || s.OnError != DeadLetter {
		t.Errorf("exactly_once: %+v", s)
	}
	s = valid()
	s.Delivery, s.DLQ = AtLeastOnce, nil
	s = s.WithDefaults()
	if s.Batch.MaxRecords != 5000 || s.Batch.Linger != 0 || s.OnError != Stop {
		t.Errorf("at_least_once without a dlq: %+v", s)
	}
}

func TestErrorSaysWhere(t *testing.T) {
	t.Parallel()
	e := &Error{Code: CodeBadTransform, Field: "steps[0].transform", File: "a.ts", Line: 3, Column: 7, Message: "unexpected }"}
	if got := e.Error(); !strings.Contains(got, "steps[0].transform: a.ts:3:7: unexpected }") {
		t.Error(got)
	}
	e.Line, e.Column = 0, 0
	if got := e.Error(); got != "steps[0].transform: a.ts: unexpected }" {
		t.Error(got)
	}
}
