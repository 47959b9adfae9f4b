package cli

import (
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/pipeline"
)

func TestSchemasBecomeTypes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, kind, schema string
		want               []string
	}{
		{"objects", "JSON", `{"type":"object","required":["id"],"additionalProperties":false,"properties":{"id":{"type":"integer","description":"a */ b"},"odd name":{"type":["string","null"]}}}`,
			[]string{"id: number;", `"odd name"?: null | string;`, "/** a * / b */"}},
		{"enums and consts", "JSON", `{"properties":{"a":{"enum":["x",1,null]},"b":{"const":"y"}}}`, []string{`a?: "x" | 1 | null;`, `b?: "y";`}},
		{"lists and maps", "JSON", `{"properties":{"a":{"type":"array","items":{"type":"string"}},"b":{"type":"object","additionalProperties":{"type":"number"}}}}`,
			[]string{"a?: Array<string>;", "[name: string]: number;"}},
		{"alternatives", "JSON", `{"oneOf":[{"type":"string"},{"type":"boolean"}]}`, []string{"OrdersValue = boolean | string;"}},
		{"references", "JSON", `{"$defs":{"line":{"type":"object","properties":{"next":{"$ref":"#/$defs/line"}}}},"properties":{"lines":{"$ref":"#/$defs/line"}}}`,
			[]string{"lines?: Line;", "export type Line = {", "next?: Line;"}},
		{"itself", "JSON", `{"type":"object","properties":{"parent":{"$ref":"#"}}}`, []string{"parent?: OrdersValue;"}},
		{"what is unknown", "JSON", `{"properties":{"a":{"$ref":"http://elsewhere"},"b":true}}`, []string{"a?: unknown;", "b?: unknown;"}},
		{"Avro", "AVRO", `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long","doc":"its id"},{"name":"tags","type":{"type":"array","items":"string"}},{"name":"next","type":["null","shop.Order"]},{"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A","B"]}}]}`,
			[]string{"export interface Order {", "id: number;", "/** its id */", "tags: Array<string>;", "next: Order | null;", `kind: "A" | "B";`}},
		{"Protobuf", "PROTOBUF", `message A {}`, []string{"OrdersValue = any;"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := typesText([]namedSchema{{"orders-value@3", pipeline.RegisteredSchema{Type: tt.kind, Text: tt.schema}}})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(got, typesMark+"orders-value@3\n") {
				t.Error("the file does not say of what it was made")
			}
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("%s is missing in\n%s", want, got)
				}
			}
		})
	}
}

func FuzzTypes(f *testing.F) {
	f.Add(`{"properties":{"a":{"$ref":"#/properties/a"}}}`, false)
	f.Add(`{"type":"record","name":"A","fields":[{"name":"a","type":"A"}]}`, true)
	f.Fuzz(func(_ *testing.T, schema string, avro bool) {
		kind := "JSON"
		if avro {
			kind = "AVRO"
		}
		_, _ = typesText([]namedSchema{{"s", pipeline.RegisteredSchema{Type: kind, Text: schema}}})
	})
}

func TestNewDirectoryLeavesFilesAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/mine"
	for _, want := range []string{"made", "is there already"} {
		out, code, err := run(t, &App{}, "transforms", "new", dir)
		if code != ExitOK || strings.Count(out, want) != 4 {
			t.Errorf("exit code %d (%v), got %q", code, err, out)
		}
	}
	out, code, err := run(t, &App{}, "transforms", "list", "--transforms", dir)
	if code != ExitOK || !strings.Contains(out, "example.ts#keepPaid") {
		t.Errorf("exit code %d (%v), got %q", code, err, out)
	}
}
