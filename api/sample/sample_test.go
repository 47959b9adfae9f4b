package sample

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/pipeline"
)

func generate(t testing.TB, typ, text string, edit ...func(*pipeline.SampleRequest)) []pipeline.Sample {
	t.Helper()
	r := pipeline.SampleRequest{Schema: pipeline.RegisteredSchema{Subject: "s", Version: 1, Type: typ, Text: text}, Count: 50, Seed: 7}
	for _, e := range edit {
		e(&r)
	}
	out, err := Generator{}.Generate(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func withMutants(r *pipeline.SampleRequest) { r.EdgeCases, r.NearMisses = true, true }

const order = `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["id", "email", "items", "status"],
	"additionalProperties": false,
	"properties": {
		"id": {"type": "string", "format": "uuid"},
		"email": {"type": "string", "format": "email", "maxLength": 60},
		"status": {"enum": ["new", "paid", null]},
		"sku": {"type": "string", "pattern": "^[A-Z]{3}-\\d{4}$"},
		"price": {"type": "number", "minimum": 0.01, "exclusiveMaximum": 1000, "multipleOf": 0.01},
		"big": {"type": "integer", "minimum": 9007199254740993, "maximum": 9007199254740995},
		"items": {"type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": true, "items": {"$ref": "#/$defs/item"}},
		"payment": {"oneOf": [{"$ref": "#/$defs/card"}, {"type": "object", "required": ["iban"], "properties": {"iban": {"type": "string", "minLength": 15}}, "additionalProperties": false}]},
		"notes": {"type": ["string", "null"], "minLength": 2, "maxLength": 10},
		"credit_card": {"type": "string"}, "billing_address": {"type": "string"},
		"kind": {"const": "order"}
	},
	"dependentRequired": {"credit_card": ["billing_address"]},
	"if": {"properties": {"status": {"const": "paid"}}}, "then": {"required": ["price"]},
	"$defs": {
		"item": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1}, "children": {"type": "array", "items": {"$ref": "#/$defs/item"}}}},
		"card": {"allOf": [{"type": "object", "required": ["number"]}, {"properties": {"number": {"type": "string", "pattern": "^[0-9]{16}$"}}, "unevaluatedProperties": false}]}
	}}`

func TestEventsFit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, typ, text string }{
		{"JSON Schema", "JSON", order}, {"Avro", "AVRO", avroOrder}, {"Protobuf", "PROTOBUF", protoOrder},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, err := newModel(pipeline.RegisteredSchema{Type: tt.typ, Text: tt.text})
			if err != nil {
				t.Fatal(err)
			}
			valid, edges, misses := 0, 0, 0
			for _, s := range generate(t, tt.typ, tt.text, withMutants) {
				var v any
				d := json.NewDecoder(strings.NewReader(string(s.Event.Value)))
				d.UseNumber()
				if err := d.Decode(&v); err != nil {
					t.Fatal(err)
				}
				if fits := m.fits(m.judge, v); fits == s.Invalid {
					t.Errorf("%s: fits %v: %s", s.Note, fits, s.Event.Value)
				}
				switch {
				case s.Note == "":
					valid++
				case s.Invalid:
					misses++
				default:
					edges++
				}
			}
			t.Log(valid, edges, misses)
			if valid != 50 || edges < 10 || misses < 30 {
				t.Errorf("%d events, %d edge cases, %d near misses", valid, edges, misses)
			}
		})
	}
}

func TestSameSeedSameEvents(t *testing.T) {
	t.Parallel()
	for typ, text := range map[string]string{"JSON": order, "AVRO": avroOrder, "PROTOBUF": protoOrder} {
		a, b := generate(t, typ, text, withMutants), generate(t, typ, text, withMutants)
		for i := range a {
			if string(a[i].Event.Value) != string(b[i].Event.Value) || a[i].Note != b[i].Note {
				t.Fatalf("%s: event %d differs:\n%s\n%s", typ, i, a[i].Event.Value, b[i].Event.Value)
			}
		}
		other := generate(t, typ, text, func(r *pipeline.SampleRequest) { r.Seed = 8 })
		if string(other[0].Event.Value) == string(a[0].Event.Value) {
			t.Errorf("%s: another seed gives the same event", typ)
		}
	}
}

func TestEdgesAndMissesSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	notes := map[string]bool{}
	for _, s := range generate(t, "JSON", order, withMutants) {
		notes[s.Note] = s.Invalid
	}
	for note, invalid := range map[string]bool{"/id is missing": true, "/email is missing": true, "/notes is null": false,
		"/notes is one character too long": true, "/notes is as short as allowed": false, "/price is the most": true, "/big is above the most": true,
		"/items is empty": true, "/sku is of another form": true, "the event has a property more": true, "/status is of another form": true} {
		got, ok := notes[note]
		if !ok || got != invalid {
			t.Errorf("%s: there %v, invalid %v", note, ok, got)
		}
	}
}

func TestValuesAreRealistic(t *testing.T) {
	t.Parallel()
	const text = `{"type":"object","required":["email","country_code","latitude","createdAt","price"],"properties":{"email":{"type":"string"},
		"country_code":{"type":"string"},"latitude":{"type":"number"},"createdAt":{"type":"string"},"price":{"type":"number"}}}`
	for _, s := range generate(t, "JSON", text) {
		var e struct {
			Email   string
			Country string  `json:"country_code"`
			Lat     float64 `json:"latitude"`
			At      string  `json:"createdAt"`
			Price   float64
		}
		if err := json.Unmarshal(s.Event.Value, &e); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(e.Email, "@example.") || len(e.Country) != 2 || e.Lat < -90 || e.Lat > 90 || !strings.HasPrefix(e.At, "2026-") || e.Price < 1 {
			t.Errorf("%+v", e)
		}
	}
}

func TestWhatCannotBeGenerated(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, typ, text, message string }{
		{"nothing fits", "JSON", `{"type":"string","minLength":3,"maxLength":2}`, "no event was found"},
		{"never", "JSON", `false`, "no event was found"},
		{"endless", "JSON", `{"type":"object","required":["a"],"properties":{"a":{"$ref":"#"}}}`, "no event was found"},
		{"a text of a billion characters", "JSON", `{"type":"string","minLength":1000000000}`, "no event was found"},
		{"a billion items", "JSON", `{"type":"array","minItems":1000000000}`, "no event was found"},
		{"not a schema", "JSON", `{"type":7}`, "cannot be used"},
		{"not JSON", "JSON", `{`, "cannot be used"},
		{"file", "JSON", `{"$ref":"file:///etc/passwd"}`, "no reference"},
		{"not Avro", "AVRO", `{"type":"record"}`, "cannot be used"},
		{"not Protobuf", "PROTOBUF", `message`, "cannot be used"},
		{"import", "PROTOBUF", `syntax="proto3"; import "/etc/passwd"; message A {}`, "no reference"},
		{"unknown type", "THRIFT", ``, "not known"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Generator{}.Generate(context.Background(), pipeline.SampleRequest{Schema: pipeline.RegisteredSchema{Type: tt.typ, Text: tt.text}, Count: 1})
			if err == nil || pipeline.CodeOf(err) != pipeline.CodeInvalid || !strings.Contains(err.Error(), tt.message) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestReferencesAreFollowed(t *testing.T) {
	t.Parallel()
	for _, s := range []pipeline.RegisteredSchema{
		{Type: "JSON", Text: `{"type":"object","required":["c"],"properties":{"c":{"$ref":"country.json"}}}`, Imports: map[string]string{"country.json": `{"enum":["DE"]}`}},
		{Type: "AVRO", Text: `{"type":"record","name":"A","fields":[{"name":"c","type":"x.B"}]}`, Imports: map[string]string{
			"a": `{"type":"record","name":"B","namespace":"x","fields":[{"name":"d","type":"C"}]}`, "x.C": `{"type":"enum","name":"C","namespace":"x","symbols":["DE"]}`}},
		{Type: "PROTOBUF", Text: `syntax="proto3"; import "b.proto"; message A { repeated B c = 1; }`, Imports: map[string]string{"b.proto": `syntax="proto3"; message B { string d = 1; }`}},
	} {
		out, err := Generator{}.Generate(context.Background(), pipeline.SampleRequest{Schema: s, Count: 3})
		if err != nil || len(out) != 3 {
			t.Errorf("%s: %v", s.Type, err)
		}
	}
}

// An Any holds nothing or one of the messages that the schema declares, itself included; null is a value of NullValue.
func TestAnyIsAMessageOfTheSchema(t *testing.T) {
	t.Parallel()
	const text = `syntax="proto3"; package p; import "google/protobuf/any.proto"; import "google/protobuf/struct.proto";
		message A { repeated google.protobuf.Any details = 1; google.protobuf.NullValue none = 2; map<string, google.protobuf.Any> more = 3; } message B { string c = 1; }`
	kinds := map[string]int{}
	for _, s := range generate(t, "PROTOBUF", text, withMutants) {
		var e struct {
			Details []struct {
				Type string `json:"@type"`
			}
		}
		if s.Invalid {
			continue
		}
		if err := json.Unmarshal(s.Event.Value, &e); err != nil {
			t.Fatal(err)
		}
		for _, d := range e.Details {
			kinds[d.Type]++
		}
	}
	if len(kinds) != 3 || kinds["type.googleapis.com/p.A"] == 0 || kinds["type.googleapis.com/p.B"] == 0 || kinds[""] == 0 {
		t.Errorf("got %v", kinds)
	}
}

// A tree whose every node asks for two more ends all the same.
func TestRecursionEnds(t *testing.T) {
	t.Parallel()
	generate(t, "AVRO", `{"type":"record","name":"Tree","fields":[{"name":"left","type":["null","Tree"]},{"name":"right","type":["null","Tree"]},{"name":"all","type":{"type":"array","items":"Tree"}}]}`)
	generate(t, "JSON", `{"$ref":"#/$defs/t","$schema":"https://json-schema.org/draft/2020-12/schema","$defs":{"t":{"type":"object","required":["a","b"],
		"properties":{"a":{"anyOf":[{"$ref":"#/$defs/t"},{"type":"string"}]},"b":{"oneOf":[{"$ref":"#/$defs/t"},{"type":"integer"}]}}}}}`)
	generate(t, "JSON", `{"type":["object","null"],"required":["a","b"],"properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}}}`)
}

// Whatever the schema, the generator ends, and what it calls valid is JSON.
func FuzzGenerate(f *testing.F) {
	f.Add("JSON", order)
	f.Add("AVRO", avroOrder)
	f.Add("PROTOBUF", protoOrder)
	f.Add("JSON", `{"pattern":"^(a|b){2,3}\\u0041[^x]$","minItems":1000000000,"required":["x"]}`)
	f.Fuzz(func(t *testing.T, typ, text string) {
		out, err := Generator{}.Generate(context.Background(), pipeline.SampleRequest{Schema: pipeline.RegisteredSchema{Type: typ, Text: text}, Count: 1, EdgeCases: true, NearMisses: true})
		if err != nil {
			return
		}
		for _, s := range out {
			if !json.Valid(s.Event.Value) {
				t.Errorf("%q", s.Event.Value)
			}
		}
	})
}

const avroOrder = `{"type":"record","name":"Order","namespace":"com.x","fields":[
	{"name":"id","type":"long"}, {"name":"quantity","type":"int"}, {"name":"ok","type":"boolean"}, {"name":"ratio","type":"float"},
	{"name":"temperature","type":["null","double"],"default":null}, {"name":"email","type":"string"}, {"name":"raw","type":"bytes"},
	{"name":"x","type":{"type":"fixed","name":"F4","size":4}}, {"name":"colour","type":{"type":"enum","name":"Colour","symbols":["RED","GREEN"]}},
	{"name":"tags","type":{"type":"array","items":"string"},"default":[]}, {"name":"counts","type":{"type":"map","values":"long"}},
	{"name":"either","type":["null","string","bytes"]}, {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}},
	{"name":"created","type":{"type":"long","logicalType":"timestamp-micros"}}, {"name":"next","type":["null","Order"],"default":null}]}`

const protoOrder = `syntax = "proto3"; package com.x;
	import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto"; import "google/protobuf/duration.proto";
	message Order { int64 id = 1; uint64 big = 2; bytes raw = 3; double price = 4; Colour colour = 5; google.protobuf.Timestamp created_at = 6;
		google.protobuf.StringValue note = 7; google.protobuf.Struct extra = 8; google.protobuf.Duration took = 9; repeated Item items = 10;
		map<string, int64> counts = 11; oneof pay { string card = 12; int32 cash = 13; } optional int32 maybe = 14; Order next = 16; map<int32, bool> flags = 17;
		enum Colour { RED = 0; GREEN = 1; } message Item { string sku = 1; float weight = 2; } }`

// Edge cases and near misses may be asked for alone, and then say as well that there is no event to change.
func TestMutantsComeAlone(t *testing.T) {
	t.Parallel()
	alone := func(r *pipeline.SampleRequest) { withMutants(r); r.Count = 0 }
	for _, s := range generate(t, "JSON", order, alone) {
		if s.Note == "" {
			t.Errorf("%s is an event like others", s.Event.Value)
		}
	}
	r := pipeline.SampleRequest{Schema: pipeline.RegisteredSchema{Subject: "s", Version: 1, Type: "JSON", Text: `{"allOf":[{"const":1},{"const":2}]}`}}
	alone(&r)
	if out, err := (Generator{}).Generate(t.Context(), r); pipeline.CodeOf(err) != pipeline.CodeInvalid {
		t.Errorf("%d events, %v", len(out), err)
	}
}
