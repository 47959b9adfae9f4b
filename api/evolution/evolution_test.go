package evolution_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inflect-dev/inflect/api/evolution"
	"github.com/inflect-dev/inflect/pipeline"
)

// client asks a child that is a function call.
func client() evolution.Client {
	return evolution.Client{Run: func(_ context.Context, input []byte) ([]byte, error) {
		var out bytes.Buffer
		err := evolution.Main(bytes.NewReader(input), &out)
		return out.Bytes(), err
	}}
}

func schema(kind, text string) pipeline.RegisteredSchema {
	return pipeline.RegisteredSchema{Subject: "s", Version: 2, Type: kind, Text: text}
}

func TestDifferencesAreTold(t *testing.T) {
	t.Parallel()
	record := func(fields string) string { return `{"type":"record","name":"R","fields":[` + fields + `]}` }
	tests := []struct {
		name, kind, before, after string
		want                      []string
	}{
		{"nothing", "JSON", `{"type":"object","title":"a"}`, `{"type":"object","title":"b","description":"c"}`, nil},
		{"a field of an array's items", "JSON",
			`{"properties":{"items":{"type":"array","items":{"properties":{"price":{"type":"number"}}}}}}`,
			`{"properties":{"items":{"type":"array","items":{"properties":{"price":{"type":["string","null"]}},"required":["price"]}}}}`,
			[]string{"items[].price type was number and is null or string", "items[].price required is required now"}},
		{"a whole object is one difference", "JSON", `{"properties":{"a":{}}}`, `{"properties":{"a":{},"b":{"type":"object","properties":{"c":{},"d":{}}}}}`,
			[]string{"b added is new: object, optional"}},
		{"rules", "JSON", `{"properties":{"a":{"enum":["x"],"maximum":9007199254740993}}}`, `{"properties":{"a":{"enum":["x","y"],"minLength":1}}}`,
			[]string{`a changed enum was ["x"] and is ["x","y"]`, "a changed maximum was 9007199254740993 and is not there", "a changed minLength was not there and is 1"}},
		{"through references", "JSON", `{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"properties":{"x":{"type":"string"}}}}}`,
			`{"allOf":[{"$ref":"#/definitions/c"}],"definitions":{"c":{"required":["x"],"properties":{"x":{"type":"string"}}}}}`,
			[]string{"x required is required now"}},
		{"a list of itself ends", "JSON", `{"properties":{"next":{"$ref":"#"},"v":{"type":"number"}}}`, `{"properties":{"next":{"$ref":"#"},"v":{"type":"string"}}}`,
			[]string{"v type was number and is string"}},
		{"a map", "JSON", `{"additionalProperties":{"type":"number"}}`, `{"additionalProperties":{"type":"string"}}`, []string{"{} type was number and is string"}},
		{"Avro", "AVRO", record(`{"name":"a","type":"int"},{"name":"b","type":"string"}`), record(`{"name":"a","type":"long"},{"name":"c","type":["null","string"],"default":null}`),
			[]string{"a type was int32 and is int64", "b removed is gone: it was string, required", "c added is new: null or string, optional"}},
		{"Protobuf", "PROTOBUF", `syntax = "proto3"; message A { int32 a = 1; }`, `syntax = "proto3"; message A { repeated int32 a = 1; }`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			found, err := client().Differences(t.Context(), schema(tt.kind, tt.before), schema(tt.kind, tt.after))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range found {
				got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", d.Path, d.Kind, d.Message)))
			}
			if tt.name == "Protobuf" {
				if len(got) == 0 {
					t.Error("a field that is repeated now is no difference")
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDifferencesAreBounded(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range 700 {
		fmt.Fprintf(&many, `"f%d":{},`, i)
	}
	found, err := client().Differences(t.Context(), schema("JSON", `{"properties":{}}`), schema("JSON", `{"properties":{`+strings.TrimSuffix(many.String(), ",")+`}}`))
	if err != nil || len(found) != 501 || found[500].Message != "differs in 200 ways more" {
		t.Errorf("%d differences, %v", len(found), err)
	}
}

func TestChildMakesEvents(t *testing.T) {
	t.Parallel()
	events, err := client().Generate(t.Context(), pipeline.SampleRequest{Schema: schema("JSON", `{"const":9007199254740993}`), Count: 2})
	if err != nil || len(events) != 2 || string(events[0].Event.Value) != "9007199254740993" {
		t.Errorf("%+v, %v", events, err)
	}
	// What a schema refers to goes with it.
	with := schema("JSON", `{"$ref":"a.json"}`)
	with.Imports = map[string]string{"a.json": `{"const":1}`}
	if events, err := client().Generate(t.Context(), pipeline.SampleRequest{Schema: with, Count: 1}); err != nil || string(events[0].Event.Value) != "1" {
		t.Errorf("%+v, %v", events, err)
	}
	if _, err := client().Generate(t.Context(), pipeline.SampleRequest{Schema: schema("JSON", `{"type":7}`)}); pipeline.CodeOf(err) != pipeline.CodeInvalid {
		t.Errorf("got %v", err)
	}
	if _, err := client().Differences(t.Context(), schema("AVRO", `"int"`), schema("AVRO", `"none"`)); pipeline.CodeOf(err) != pipeline.CodeInvalid {
		t.Errorf("got %v", err)
	}
}

func TestChildThatBreaksDownIsTheSchemasFault(t *testing.T) {
	t.Parallel()
	broken := evolution.Client{Run: func(context.Context, []byte) ([]byte, error) {
		return nil, pipeline.Errorf(pipeline.CodeRejected, "", "it took too long and was stopped")
	}}
	_, err := broken.Generate(t.Context(), pipeline.SampleRequest{Schema: schema("JSON", "{}")})
	var e *pipeline.Error
	if !errors.As(err, &e) || e.Code != pipeline.CodeRejected || e.Field != "schema" || !strings.Contains(e.Message, "s version 2: it took too long") {
		t.Errorf("got %v", err)
	}
	garbled := evolution.Client{Run: func(context.Context, []byte) ([]byte, error) { return []byte(`{"Eve`), nil }}
	if _, err := garbled.Generate(t.Context(), pipeline.SampleRequest{}); err == nil || pipeline.CodeOf(err) != pipeline.CodeInternal {
		t.Errorf("got %v", err)
	}
}

// FuzzDifferences holds two texts against each other: whatever they are, the answer is differences or an error.
func FuzzDifferences(f *testing.F) {
	f.Add(`{"type":"object","properties":{"a":{"$ref":"#"}}}`, `{"allOf":[{"$ref":"#/properties"}],"items":[{}],"required":7}`)
	f.Add(`true`, `{"$ref":"#/"}`)
	f.Add(`{"items":{"$ref":"#/items"}}`, `[]`)
	f.Fuzz(func(t *testing.T, before, after string) {
		found, err := client().Differences(t.Context(), schema("JSON", before), schema("JSON", after))
		if err == nil && before == after && len(found) > 0 {
			t.Errorf("%s differs from itself: %+v", before, found)
		}
	})
}
