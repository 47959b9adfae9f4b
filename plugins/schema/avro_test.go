package schema

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/plugins/record"
)

func avroOf(t testing.TB, text string, o Options) *avroFormat {
	t.Helper()
	c, err := compile(&Definition{Subject: "s", Version: 1, ID: 1, Type: typeAvro, Text: text}, o)
	if err != nil {
		t.Fatal(err)
	}
	return c.format.(*avroFormat)
}

func rec(fields string) string {
	return `{"type":"record","name":"R","namespace":"com.x","fields":[` + fields + `]}`
}

// field is a record of one field f.
func field(typ string) string { return rec(`{"name":"f","type":` + typ + `}`) }

const allTypes = `{"type":"record","name":"Order","namespace":"com.x","fields":[
	{"name":"id","type":"long"},
	{"name":"n","type":"int"},
	{"name":"ok","type":"boolean"},
	{"name":"f","type":"float"},
	{"name":"d","type":"double"},
	{"name":"s","type":"string"},
	{"name":"b","type":"bytes"},
	{"name":"x","type":{"type":"fixed","name":"F4","size":4}},
	{"name":"e","type":{"type":"enum","name":"Colour","symbols":["RED","GREEN"]}},
	{"name":"a","type":{"type":"array","items":"string"}},
	{"name":"m","type":{"type":"map","values":"long"}},
	{"name":"u","type":["null","string"]},
	{"name":"amb","type":["null","string","bytes","Order"],"default":null},
	{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":20,"scale":2}},
	{"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
	{"name":"uuid","type":{"type":"string","logicalType":"uuid"}},
	{"name":"raw","type":{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}},
	{"name":"next","type":["null","Order"],"default":null}
]}`

const order1 = `{"id":9223372036854775807,"n":-2147483648,"ok":true,"f":0.1,"d":1e+300,"s":"é\u0000\"\\/\u2028😀","b":"\u0000ÿA","x":"\u0001\u0002\u0003\u0004",` +
	`"e":"GREEN","a":["x",""],"m":{"k":-1},"u":"v","amb":{"bytes":"z"},"price":-123456789012345678.90,"at":1700000000123456,` +
	`"uuid":"8f14e45f-ceea-467f-a8d1-6f0f6f0f6f0f","raw":"8f14e45f-ceea-467f-a8d1-6f0f6f0f6f0f","next":null}`

func TestAvroGoesThereAndBack(t *testing.T) {
	t.Parallel()
	order1 := strings.ReplaceAll(order1, `\u2028`, "\u2028")
	a := avroOf(t, allTypes, Options{})
	binary, f := a.encode(nil, []byte(order1), false)
	if f != nil {
		t.Fatal(f)
	}
	back, f := a.decode(binary, nil)
	if f != nil {
		t.Fatal(f)
	}
	if string(back) != order1 {
		t.Errorf("got  %s\nwant %s", back, order1)
	}
	// Another implementation agrees about the binary.
	var v any
	if rest, err := a.schema.Decode(binary, &v); err != nil || len(rest) > 0 {
		t.Fatal(err, len(rest))
	}
	theirs, err := a.schema.AppendEncode(nil, v)
	if err != nil || !bytes.Equal(theirs, binary) {
		t.Errorf("%v\nours   %x\ntheirs %x", err, binary, theirs)
	}
}

func TestAvroMapping(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, typ, natural, standard, binary string }{
		{"null", `"null"`, `null`, `null`, ""},
		{"long beyond a double", `"long"`, `9007199254740993`, `9007199254740993`, "82808080808080 20"},
		{"float", `"float"`, `0.1`, `0.1`, "cdcccc3d"},
		{"float that is not a number", `"float"`, `"NaN"`, `"NaN"`, "0000c07f"},
		{"double, infinite", `"double"`, `"-Infinity"`, `"-Infinity"`, "000000000000f0ff"},
		{"small double", `"double"`, `1e-7`, `1e-7`, "48afbc9af2d77a3e"},
		{"bytes", `"bytes"`, `"\u0000ÿ"`, `"\u0000ÿ"`, "0400ff"},
		{"nullable", `["null","long"]`, `7`, `{"long":7}`, "020e"},
		{"null of a nullable", `["null","long"]`, `null`, `null`, "00"},
		{"union whose branches look different", `["null","long","string",{"type":"array","items":"int"}]`, `[1]`, `{"array":[1]}`, "06020200"},
		{"union whose branches look alike", `["int","long"]`, `{"long":1}`, `{"long":1}`, "0202"},
		{"union of a float and text, since NaN is text", `["double","string"]`, `{"string":"x"}`, `{"string":"x"}`, "020278"},
		{"union with a named type", `["null",{"type":"enum","name":"E","symbols":["A"]}]`, `"A"`, `{"com.x.E":"A"}`, "0200"},
		{"decimal", `{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}`, `-1.05`, `"` + "\u0097" + `"`, "0297"},
		{"decimal below one", `{"type":"bytes","logicalType":"decimal","precision":5,"scale":3}`, `0.005`, `"\u0005"`, "0205"},
		{"decimal with a leading sign bit", `{"type":"bytes","logicalType":"decimal","precision":5,"scale":0}`, `128`, `"\u0000` + "\u0080" + `"`, "040080"},
		{"fixed decimal", `{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":5,"scale":1}`, `-0.1`, `"ÿÿÿÿ"`, "ffffffff"},
		{"timestamp", `{"type":"long","logicalType":"timestamp-millis"}`, `1700000000123`, `1700000000123`, "f6a1abfef962"},
		{"date", `{"type":"int","logicalType":"date"}`, `-1`, `-1`, "01"},
		{"empty array and map", rec2, `{"a":[],"m":{}}`, `{"a":[],"m":{}}`, "0000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want, err := hex.DecodeString(strings.ReplaceAll(tt.binary, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			for _, mode := range []struct {
				o    Options
				text string
			}{{Options{}, tt.natural}, {Options{StandardJSON: true}, tt.standard}} {
				a := avroOf(t, field(tt.typ), mode.o)
				text := `{"f":` + mode.text + `}`
				got, f := a.encode(nil, []byte(text), false)
				if f != nil {
					t.Fatalf("%+v: %s", mode.o, f)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s is %x, want %x", text, got, want)
				}
				if back, f := a.decode(want, nil); f != nil || string(back) != text {
					t.Errorf("%x is %s (%v), want %s", want, back, f, text)
				}
			}
		})
	}
}

const rec2 = `{"type":"record","name":"In","fields":[{"name":"a","type":{"type":"array","items":"int"}},{"name":"m","type":{"type":"map","values":"int"}}]}`

func TestAvroTakesWhatStepsMake(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, typ, value, same string }{
		{"whole number spelled as a fraction", `"long"`, `1.0`, `1`},
		{"number with an exponent", `"long"`, `1e3`, `1000`},
		{"tagged where bare would do", `["null","string"]`, `{"string":"a"}`, `"a"`},
		{"decimal as text", `{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}`, `"1.5"`, `1.50`},
		{"decimal with fewer digits", `{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}`, `1.5`, `1.50`},
		{"escapes", `"string"`, `"\u0041\ud83d\ude00\/"`, `"A😀/"`},
		{"a lone surrogate", `"string"`, `"\ud83dx"`, `"` + "\uFFFD" + `x"`},
		{"integers for a double", `"double"`, `3`, `3`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := avroOf(t, field(tt.typ), Options{})
			binary, f := a.encode(nil, []byte(` { "f" : `+tt.value+` } `), false)
			if f != nil {
				t.Fatal(f)
			}
			if back, f := a.decode(binary, nil); f != nil || string(back) != `{"f":`+tt.same+`}` {
				t.Errorf("%s (%v), want %s", back, f, tt.same)
			}
		})
	}
}

func TestAvroDefaultsFillIn(t *testing.T) {
	t.Parallel()
	a := avroOf(t, rec(`{"name":"a","type":"int","default":7},{"name":"b","type":["null","string"],"default":null},
		{"name":"c","type":{"type":"record","name":"I","fields":[{"name":"x","type":"bytes","default":"\u00ff"}]},"default":{}},
		{"name":"d","type":["string","null"],"default":"q"},{"name":"z","type":"int"}`), Options{})
	binary, f := a.encode(nil, []byte(`{"z":1}`), false)
	if f != nil {
		t.Fatal(f)
	}
	if back, f := a.decode(binary, nil); f != nil || string(back) != `{"a":7,"b":null,"c":{"x":"ÿ"},"d":"q","z":1}` {
		t.Errorf("%s %v", back, f)
	}
}

func TestAvroSaysWhatIsWrongOnTheWayOut(t *testing.T) {
	t.Parallel()
	const item = `{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"p","type":"int"}]}}`
	tests := []struct{ name, typ, value, code, pointer, rule, message string }{
		{"wrong type", `"int"`, `"a"`, CodeViolation, "/f", "int", `expected an int, found string "a"`},
		{"deep inside", item, `[{"p":1},{"p":true}]`, CodeViolation, "/f/1/p", "int", "found boolean true"},
		{"missing", item, `[{}]`, CodeViolation, "/f/0/p", "required", "is missing"},
		{"not in the schema", item, `[{"p":1,"q/r":2}]`, CodeViolation, "/f/0/q~1r", "unknown_field", "not a field"},
		{"fraction for an int", `"int"`, `1.5`, CodeViolation, "/f", "int", "1.5"},
		{"beyond 32 bits", `"int"`, `2147483648`, CodeViolation, "/f", "int", "32 bits"},
		{"beyond 64 bits", `"long"`, `9223372036854775808`, CodeViolation, "/f", "long", "64 bits"},
		{"absurd exponent", `"long"`, `1e999999999`, CodeViolation, "/f", "long", "1e999999999"},
		{"beyond a double", `"double"`, `1e999`, CodeViolation, "/f", "double", "64 bits"},
		{"symbol that does not exist", `{"type":"enum","name":"E","symbols":["A","B"]}`, `"C"`, CodeViolation, "/f", "enum", "one of A, B"},
		{"bytes that are no bytes", `"bytes"`, `"€"`, CodeViolation, "/f", "bytes", "U+00FF"},
		{"fixed of another size", `{"type":"fixed","name":"F","size":2}`, `"abc"`, CodeViolation, "/f", "fixed", "expected 2 bytes, found 3"},
		{"decimal with too many digits", `{"type":"bytes","logicalType":"decimal","precision":3,"scale":2}`, `12.34`, CodeViolation, "/f", "decimal", "at most 3 digits"},
		{"decimal that is too fine", `{"type":"bytes","logicalType":"decimal","precision":3,"scale":2}`, `0.001`, CodeViolation, "/f", "decimal", "behind the point"},
		{"no branch", `["null","string"]`, `1`, CodeViolation, "/f", "union", "expected null or string"},
		{"map of wrong values", `{"type":"map","values":"int"}`, `{"a":1,"b":"x"}`, CodeViolation, "/f/b", "int", ""},
		{"uuid", `{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}`, `"8f14"`, CodeViolation, "/f", "uuid", ""},
		{"not JSON", `"int"`, `x`, record.CodeNotJSON, "", "", "not JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, f := avroOf(t, field(tt.typ), Options{}).encode(nil, []byte(`{"f":`+tt.value+`}`), false)
			if f == nil {
				t.Fatal("passed")
			}
			if f.Code != tt.code || f.Pointer != tt.pointer || f.Rule != tt.rule || !strings.Contains(f.Message, tt.message) {
				t.Errorf("code %q, pointer %q, rule %q, message %q", f.Code, f.Pointer, f.Rule, f.Message)
			}
		})
	}
}

func TestAvroBinaryIsNotTrusted(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, typ, binary, pointer, message string }{
		{"empty", `"int"`, "", "/f", "inside of an int"},
		{"more than the record", `"int"`, "0201", "", "1 bytes follow"},
		{"string longer than the payload", `"string"`, "fefeffff0f61", "/f", "ends after"},
		{"negative length", `"string"`, "01", "/f", "negative length"},
		{"number without end", `"long"`, "ffffffffffffffffffffff", "/f", "more than 64 bits"},
		{"int of 64 bits", `"int"`, "808080808040", "/f", "beyond 32 bits"},
		{"branch that does not exist", `["null","int"]`, "04", "/f", "branch 2"},
		{"symbol that does not exist", `{"type":"enum","name":"E","symbols":["A"]}`, "02", "/f", "symbol 1"},
		{"boolean of two", `"boolean"`, "02", "/f", "0 or 1"},
		{"not UTF-8", `"string"`, "02ff", "/f", "UTF-8"},
		{"a billion nulls", `{"type":"array","items":"null"}`, "80a8d6b90700", "/f", "more values"},
		{"decimal of a megabyte", `{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}`, "28" + strings.Repeat("7f", 20), "/f", "more than 5 digits"},
		{"array item", `{"type":"array","items":"boolean"}`, "060001020000", "/f/2", "0 or 1"},
		{"map value", `{"type":"map","values":"boolean"}`, "0202610200", "/f/a", "0 or 1"},
		{"block of impossible length", `{"type":"array","items":"int"}`, "ffffffffffffffffff0100", "/f", "impossible"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := hex.DecodeString(tt.binary)
			if err != nil {
				t.Fatal(err)
			}
			out, f := avroOf(t, field(tt.typ), Options{}).decode(b, nil)
			if f == nil {
				t.Fatalf("passed as %.100s", out)
			}
			if f.Code != CodeNotAvro || !strings.HasPrefix(f.Pointer, tt.pointer) || !strings.Contains(f.Message, tt.message) {
				t.Errorf("code %q, pointer %q, message %q", f.Code, f.Pointer, f.Message)
			}
		})
	}
}

// The specification does not ask for the fewest bytes, and some writers give as many to each number of a column.
func TestAvroDecimalsMayBeFilledUp(t *testing.T) {
	t.Parallel()
	a := avroOf(t, field(`{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`), Options{})
	for binary, value := range map[string]string{
		"\x20" + strings.Repeat("\x00", 15) + "\x80": "1.28", "\x20" + strings.Repeat("\xff", 15) + "\x7f": "-1.29",
		"\x20" + strings.Repeat("\x00", 16): "0.00", "\x20" + strings.Repeat("\xff", 16): "-0.01", "\x00": "0.00"} {
		if out, f := a.decode([]byte(binary), nil); f != nil || string(out) != `{"f":`+value+`}` {
			t.Errorf("%x is %s (%v), want %s", binary, out, f, value)
		}
	}
}

func TestAvroRecursionIsBounded(t *testing.T) {
	t.Parallel()
	a := avroOf(t, rec(`{"name":"next","type":["null","R"],"default":null}`), Options{})
	if _, f := a.decode(bytes.Repeat([]byte{2}, 1<<20), nil); f == nil || !strings.Contains(f.Message, "deeper") {
		t.Error(f)
	}
}

func TestAvroReadsOlderVersions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v1 := b.register("orders-value", "AVRO", rec(`{"name":"id","type":"int"},{"name":"gone","type":"string"},{"name":"old","type":"string"}`))
	v2 := b.register("orders-value", "AVRO", rec(`{"name":"id","type":"long"},{"name":"name","aliases":["old"],"type":"string"},{"name":"n","type":"int","default":5}`))
	alien := b.register("orders-value", "AVRO", `{"type":"record","name":"Other","namespace":"com.y","fields":[{"name":"id","type":"string"}]}`)
	users := b.register("users-value", "AVRO", `{"type":"record","name":"User","namespace":"com.y","fields":[{"name":"id","type":"string"}]}`)
	old, err := avro.MustParse(rec(`{"name":"id","type":"int"},{"name":"gone","type":"string"},{"name":"old","type":"string"}`)).
		AppendEncode(nil, map[string]any{"id": 1, "gone": "g", "old": "o"})
	if err != nil {
		t.Fatal(err)
	}
	p := b.processor("{subject: orders-value, version: 2, direction: decode}")
	now, f := avroOf(t, rec(`{"name":"id","type":"long"},{"name":"name","type":"string"},{"name":"n","type":"int"}`), Options{}).encode(nil, []byte(`{"id":9,"name":"x","n":1}`), false)
	if f != nil {
		t.Fatal(f)
	}
	got := b.run(p, frame(v1, string(old)), frame(v2, string(now)), string(now), frame(alien, "\x02a"), frame(users, "\x02a"), frame(v1, "\x02"), frame(v2, "")[:2])
	for i, wanted := range []struct{ code, body string }{{"", `{"id":1,"name":"o","n":5}`}, {"", `{"id":9,"name":"x","n":1}`},
		{"", `{"id":9,"name":"x","n":1}`}, {CodeIncompatible, ""}, {CodeWrongSubject, ""}, {CodeNotAvro, ""}, {CodeTruncated, ""}} {
		want(t, got[i], wanted.code)
		if wanted.code == "" && body(t, got[i]) != wanted.body {
			t.Errorf("%d: %s", i, body(t, got[i]))
		}
	}
	out := b.processor("{subject: orders-value, version: 2, direction: encode}")
	if m := b.run(out, `{"n":1,"id":9,"name":"x"}`)[0]; body(t, m) != frame(v2, string(now)) {
		t.Errorf("encoded %q", body(t, m))
	}
}

func TestAvroReferences(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("money", "AVRO", `{"type":"record","name":"Money","namespace":"com.m","fields":[{"name":"cents","type":"long"}]}`)
	b.register("price", "AVRO", `{"type":"record","name":"Price","namespace":"com.m","fields":[{"name":"net","type":"Money"},{"name":"gross","type":"com.m.Money"}]}`,
		ref("com.m.Money", "money"))
	b.register("orders-value", "AVRO", field(`["null","com.m.Price"]`), ref("com.m.Price", "price"))
	in, out := b.processor("{subject: orders-value, direction: decode}"), b.processor("{subject: orders-value, direction: encode}")
	const value = `{"f":{"net":{"cents":1},"gross":{"cents":2}}}`
	m := b.run(in, body(t, b.run(out, value)[0]))[0]
	if want(t, m, ""); body(t, m) != value {
		t.Error(body(t, m))
	}
}

// Whatever the bytes, the result is a failure, or JSON that goes there and back.
func FuzzAvroDecode(f *testing.F) {
	a := avroOf(f, allTypes, Options{})
	if b, fail := a.encode(nil, []byte(strings.ReplaceAll(order1, `\u2028`, "x")), false); fail == nil {
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		text, fail := a.decode(b, nil)
		if fail != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%q is not JSON", text)
		}
		again, fail := a.encode(nil, text, false)
		if fail != nil {
			t.Fatalf("%s does not go back: %s", text, fail)
		}
		if back, fail := a.decode(again, nil); fail != nil || !bytes.Equal(back, text) {
			t.Fatalf("%s became %s: %v", text, back, fail)
		}
	})
}

// The index takes what encoding/json takes, and nothing else.
func FuzzDocument(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e-3,"x\u00e9\n"],"b":{}}`, `1 2`, `[1,]`, `{"a":1,}`, `01`, `-`, `"\ud800"`, " null ", "", `{"a" 1}`, `[`, `tru`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d document
		ok := d.index(b) < 0
		if valid := json.Valid(b) && validUTF8(b); ok != valid && (ok || !deep(b)) {
			t.Fatalf("%q: index says %v, encoding/json %v", b, ok, valid)
		}
		if !ok {
			return
		}
		for n := range d.nodes {
			if d.nodes[n].kind != stringKind {
				continue
			}
			var want string
			if err := json.Unmarshal(d.raw(n), &want); err != nil || string(d.content(n)) != want {
				t.Fatalf("%s is %q, want %q (%v)", d.raw(n), d.content(n), want, err)
			}
		}
	})
}

func ref(name, subject string) sr.SchemaReference {
	return sr.SchemaReference{Name: name, Subject: subject, Version: 1}
}

func deep(b []byte) bool { return bytes.Count(b, []byte("["))+bytes.Count(b, []byte("{")) > maxDepth }

func validUTF8(b []byte) bool { return strings.ToValidUTF8(string(b), "") == string(b) }
