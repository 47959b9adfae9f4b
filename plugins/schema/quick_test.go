package schema

import (
	"testing"
)

const quickSchema = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","minProperties":2,"maxProperties":6,
	"properties":{"i":{"type":"integer","minimum":-5,"exclusiveMaximum":9007199254740993},"n":{"type":"number","maximum":1.5,"multipleOf":0.25},
		"s":{"type":["string","null"],"minLength":1,"maxLength":3,"pattern":"^[a-zé\\ud83d]"},"e":{"enum":["a",1,null,true,2.50]},
		"a":{"type":"array","prefixItems":[{"const":"x"}],"items":{"$ref":"#/$defs/node"},"minItems":1,"maxItems":3},
		"o":{"oneOf":[{"type":"string"},{"type":"integer"},{"minimum":3,"type":"number"}]},"not":{"not":{"type":"object","properties":{"x":{"const":1}},"required":["x"]}},
		"if":{"if":{"type":"string"},"then":{"minLength":2},"else":{"type":"boolean"}}},
	"patternProperties":{"^p":{"type":"boolean"}},"additionalProperties":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/node"}]},"required":["i"],
	"$defs":{"node":{"type":"object","properties":{"next":{"$ref":"#/$defs/node"}},"additionalProperties":false}}}`

func quickOf(t testing.TB, text string) *jsonFormat {
	t.Helper()
	j, err := newJSON(&Definition{Text: text, Type: typeJSON})
	if err != nil {
		t.Fatal(err)
	}
	if j.quick == nil {
		t.Fatal("the schema is not quick")
	}
	return j
}

// The quick check accepts what the library accepts, wherever it is sure.
func TestQuickAcceptsWhatFits(t *testing.T) {
	t.Parallel()
	j := quickOf(t, quickSchema)
	for _, text := range []string{
		`{"i":1,"n":0.25}`, `{"i":9007199254740992,"e":1.0}`, `{"i":1.0,"s":"é12"}`, `{"i":-5,"s":null,"e":2.5}`,
		`{"i":1,"a":["x",{"next":{"next":{}}}]}`, `{"i":1,"o":2}`, `{"i":1,"o":3.5}`, `{"i":1,"not":{"x":2}}`, `{"i":1,"if":"ab"}`,
		`{"i":1,"if":true,"pq":false,"zz":null,"yy":{}}`, `{"i":1,"n":-0.0}`, ` {"i" : 1 , "\u006e" : 0.5 } `,
	} {
		if f := j.check([]byte(text)); f != nil {
			t.Errorf("%s: %s", text, f)
		}
		if !j.accepts([]byte(text)) {
			t.Errorf("%s is left to the library", text)
		}
	}
}

func TestQuickLeavesTheRestToTheLibrary(t *testing.T) {
	t.Parallel()
	j := quickOf(t, quickSchema)
	for text, valid := range map[string]bool{
		`{"i":1,"i":"x"}`: false, `{"i":"x","i":1,"n":0.5}`: true, `{"i":1,"not":{"x":1,"x":2}}`: true, `{"i":1,"not":{"x":2,"x":1}}`: false,
		`{"i":1,"n":1e-1}`: false, `{"i":1,"n":5e-1}`: true, `{"i":9007199254740993,"n":0}`: false, `{"i":1,"i":1}`: false,
		`{"i":1,"o":4}`: false, `{"i":1.5,"n":0}`: false, `{"i":1,"n":0.3}`: false, `{"i":1,"a":[]}`: false, `{"i":1,"zz":{"y":1}}`: false,
	} {
		if f := j.check([]byte(text)); (f == nil) != valid {
			t.Errorf("%s: %v", text, f)
		}
	}
	for _, text := range []string{`{"uniqueItems":true}`, `{"unevaluatedProperties":false}`, `{"enum":[[1]]}`, `{"contains":{}}`} {
		j, err := newJSON(&Definition{Text: `{"$schema":"https://json-schema.org/draft/2020-12/schema",` + text[1:], Type: typeJSON})
		if err != nil || j.quick != nil {
			t.Errorf("%s: %v, quick %v", text, err, j.quick != nil)
		}
	}
}

// What the quick check accepts, the library accepts.
func FuzzQuick(f *testing.F) {
	formats := []*jsonFormat{quickOf(f, quickSchema), quickOf(f, benchJSONSchema)}
	for _, s := range []string{benchOrder(), `{"i":1,"not":{"x":1,"x":2},"o":3,"s":"a","a":["x",{}]}`, `{"i":1,"n":0.75,"e":2.50,"if":"ab","p":true,"q":{"next":{}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, j := range formats {
			if !j.accepts(b) {
				continue
			}
			v, fail := parseJSON(b)
			if fail != nil {
				t.Fatalf("%q: %s", b, fail)
			}
			if err := j.schema.Validate(v); err != nil {
				t.Fatalf("%q: %v", b, err)
			}
		}
	})
}
