package schema

import (
	"fmt"
	"strings"
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

// quickLists has the keywords that compare, count and depend.
const quickLists = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","propertyNames":{"maxLength":4,"pattern":"^[a-zé]"},
	"properties":{"u":{"type":"array","uniqueItems":true},"c":{"contains":{"type":"integer","minimum":5},"maxContains":2},"m":{"contains":{"const":"x"},"minContains":2},
		"z":{"contains":false,"minContains":0},"n":{"not":{"uniqueItems":true}}},
	"dependentRequired":{"a":["b","c"],"é":[]},"dependentSchemas":{"b":{"minProperties":3,"required":["d"]},"d":true},"required":["q"],"additionalProperties":{"maximum":9}}`

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

// Each level doubles the work: of the check that only says yes, of the library that explains, and of the library that is
// asked because the check is not sure or has nothing for the schema.
func TestChecksThatWouldNotEndAreNotBegun(t *testing.T) {
	t.Parallel()
	const expression = `{"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"#/$defs/e","$defs":{"e":{"oneOf":[
		{"type":"object","required":["op"],"properties":{"op":{"const":"and"},"of":{"$ref":"#/$defs/e"}}},
		{"type":"object","required":["op"],"properties":{"op":{"const":"or"},"of":{"$ref":"#/$defs/e"}}},
		{"type":"string"}]}}REST}`
	for _, rest := range []string{"", `,"unevaluatedItems":false`} {
		j, err := newJSON(&Definition{Text: strings.Replace(expression, "REST", rest, 1), Type: typeJSON})
		if err != nil {
			t.Fatal(err)
		}
		nested := func(levels int, inner, before, behind string) []byte {
			return []byte(strings.Repeat(`{`+before+`"of":`, levels) + inner + strings.Repeat(behind+`}`, levels))
		}
		for _, levels := range []int{8, 12} {
			if f := j.check(nested(levels, `"x"`, "", `,"op":"or"`)); f != nil {
				t.Errorf("%d levels: %s", levels, f)
			}
			if f := j.check(nested(levels, `1`, `"op":"or",`, "")); f == nil || f.Rule == "effort" {
				t.Errorf("%d levels that do not fit: %v", levels, f)
			}
		}
		for name, event := range map[string][]byte{"fits": nested(60, `"x"`, "", `,"op":"or"`), "does not": nested(60, `1`, `"op":"or",`, ""),
			"a name twice": nested(60, `"x"`, `"op":"x",`, `,"op":"or"`), "deeper than is indexed": nested(2000, `"x"`, "", `,"op":"or"`)} {
			if f := j.check(event); f == nil || f.Code != CodeViolation || f.Rule != "effort" {
				t.Errorf("%s: %v", name, f)
			}
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
	for _, text := range []string{`{"unevaluatedItems":false}`, `{"unevaluatedProperties":false}`, `{"enum":[[1]]}`, `{"$dynamicRef":"#x","$dynamicAnchor":"x"}`} {
		j, err := newJSON(&Definition{Text: `{"$schema":"https://json-schema.org/draft/2020-12/schema",` + text[1:], Type: typeJSON})
		if err != nil || j.quick != nil {
			t.Errorf("%s: %v, quick %v", text, err, j.quick != nil)
		}
	}
}

func TestQuickComparesCountsAndDepends(t *testing.T) {
	t.Parallel()
	twenty := strings.Repeat(`"s",`, 20)
	many := func(last string) string {
		var b strings.Builder
		for i := range 30 {
			fmt.Fprintf(&b, `"%d",`, i)
		}
		return b.String() + last
	}
	tests := []struct {
		name, text   string
		valid, quick bool
	}{
		{"all different", `{"q":1,"u":[1,"1",true,null,[],{},[1],{"a":1},-1,1.5,"a"]}`, true, true},
		{"equal numbers", `{"q":1,"u":[1,2,1.0]}`, false, false},
		{"zero and minus zero", `{"q":1,"u":[0,-0.0]}`, false, false},
		{"long numbers that a double would take for equal", `{"q":1,"u":[9007199254740993,9007199254740992]}`, true, true},
		{"long numbers that are equal", `{"q":1,"u":[9007199254740993,9007199254740993.0]}`, false, false},
		{"strings, one escaped", `{"q":1,"u":["é","\u00e9"]}`, false, false},
		{"objects in another order", `{"q":1,"u":[{"a":1,"b":[1]},{"b":[1.0],"a":1}]}`, false, false},
		{"objects of which one has more", `{"q":1,"u":[{"a":1},{"a":1,"b":1},{"b":1}]}`, true, true},
		{"objects with a name twice", `{"q":1,"u":[{"a":1,"a":2},{"a":1}]}`, true, false},
		{"lists of which one begins the other", `{"q":1,"u":[[1],[1,2],[]]}`, true, true},
		{"equal lists", `{"q":1,"u":[[1,[null]],[1,[null]]]}`, false, false},
		{"many strings", `{"q":1,"u":[` + many(`"x"`) + `]}`, true, true},
		{"many strings, one twice", `{"q":1,"u":[` + many(`"7"`) + `]}`, false, false},
		{"many values", `{"q":1,"u":[` + many(`1`) + `]}`, true, false},
		{"one value only", `{"q":1,"u":[` + twenty + `"s"]}`, false, false},
		{"contained once", `{"q":1,"c":[1,"a",5]}`, true, true},
		{"contained never", `{"q":1,"c":[1,"a"]}`, false, false},
		{"contained in nothing", `{"q":1,"c":[]}`, false, false},
		{"contained too often", `{"q":1,"c":[5,6,7]}`, false, false},
		{"contained in no list", `{"q":1,"c":"a"}`, true, true},
		{"contained twice", `{"q":1,"m":["x",1,"x"]}`, true, true},
		{"contained once of twice", `{"q":1,"m":["x"]}`, false, false},
		{"none has to be contained", `{"q":1,"z":[1]}`, true, true},
		{"not distinct", `{"q":1,"n":[1,1]}`, true, true},
		{"distinct where it must not be", `{"q":1,"n":[1,2]}`, false, false},
		{"name too long", `{"q":1,"abcde":1}`, false, false},
		{"name of another kind", `{"q":1,"Q":1}`, false, false},
		{"needs what is there", `{"q":1,"a":1,"b":1,"c":[5],"d":1}`, true, true},
		{"needs what is missing", `{"q":1,"a":1,"b":1,"d":1}`, false, false},
		{"needs nothing", `{"q":1,"é":1}`, true, true},
		{"fits a schema that depends", `{"q":1,"b":1,"d":1}`, true, true},
		{"does not", `{"q":1,"b":1}`, false, false},
		{"a required name that is no property", `{"a":1}`, false, false},
		{"has the rules of the others", `{"q":10}`, false, false},
	}
	j := quickOf(t, quickLists)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if f := j.check([]byte(tt.text)); (f == nil) != tt.valid {
				t.Errorf("valid %v: %v", f == nil, f)
			}
			if quick := j.accepts([]byte(tt.text)); quick != tt.quick {
				t.Errorf("quick %v", quick)
			}
		})
	}
	old := quickOf(t, `{"$schema":"http://json-schema.org/draft-07/schema#","dependencies":{"a":["b"],"c":{"required":["a"]},"d":false}}`)
	for text, valid := range map[string]bool{`{"a":1,"b":1}`: true, `{"a":1}`: false, `{"c":1}`: false, `{"c":1,"a":1,"b":1}`: true, `{"d":1}`: false} {
		if old.accepts([]byte(text)) != valid || (old.check([]byte(text)) == nil) != valid {
			t.Errorf("%s: want %v", text, valid)
		}
	}
}

// Where the quick check is sure, the library says the same: a no is believed under not, oneOf and if.
func FuzzQuick(f *testing.F) {
	formats := []*jsonFormat{quickOf(f, quickSchema), quickOf(f, benchJSONSchema), quickOf(f, quickLists)}
	for _, s := range []string{benchOrder(), `{"i":1,"not":{"x":1,"x":2},"o":3,"s":"a","a":["x",{}]}`, `{"i":1,"n":0.75,"e":2.50,"if":"ab","p":true,"q":{"next":{}}}`,
		`{"q":1,"u":[1,"1",[{"a":1,"b":2}],[{"b":2,"a":2}]],"c":[5,1,6],"m":["x","x"],"n":[1,1.0]}`, `{"q":9,"a":1,"b":2,"c":[5],"d":3}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d document
		if d.index(b) >= 0 || d.wide {
			return
		}
		for _, j := range formats {
			c := newCheck(&d)
			fits := c.value(j.quick, 0)
			if c.unsure {
				continue
			}
			v, fail := parseJSON(b)
			if fail != nil {
				t.Fatalf("%q: %s", b, fail)
			}
			if err := j.schema.Validate(v); (err == nil) != fits {
				t.Fatalf("%q: fits %v, but %v", b, fits, err)
			}
		}
	})
}
