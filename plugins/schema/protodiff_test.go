package schema

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/inflect-dev/inflect/plugins/record"
)

// differ holds the plain way against the library. Its memory is used again as in a pipeline.
type differ struct {
	decoder protoDecoder
	encoder protoEncoder
	// plain and all count what the library takes, and what of that the plain way takes.
	plain, all int
}

func (d *differ) decode(t testing.TB, p *protoFormat, desc protoreflect.MessageDescriptor, wire []byte) {
	t.Helper()
	want, f := guarded(func() ([]byte, *record.Failure) { return p.decodeByLibrary(desc, wire, true) })
	got, ok := d.decoder.decode(p.plain[desc.FullName()], wire)
	if ok && (f != nil || !bytes.Equal(got, want)) {
		t.Fatalf("%x of\n%s\nplain   %s\nlibrary %s\n%v", wire, shown(desc), got, want, f)
	}
	d.count(ok, f == nil)
}

func (d *differ) encode(t testing.TB, p *protoFormat, json []byte) {
	t.Helper()
	want, f := guarded(func() ([]byte, *record.Failure) { return p.encodeByLibrary(nil, json) })
	got, ok := d.encoder.encode(p.plain[p.message.FullName()], nil, json)
	if ok && (f != nil || !bytes.Equal(got, want)) {
		t.Fatalf("%s of\n%s\nplain   %x\nlibrary %x\n%v", json, shown(p.message), got, want, f)
	}
	d.count(ok, f == nil)
}

// guarded takes a panic for a refusal, as a worker does: the library breaks down over some map entries.
func guarded(convert func() ([]byte, *record.Failure)) (b []byte, f *record.Failure) {
	defer func() {
		if r := recover(); r != nil {
			f = fail(CodeViolation, "%v", r)
		}
	}()
	return convert()
}

func (d *differ) count(plain, library bool) {
	if library {
		d.all++
	}
	if plain {
		d.plain++
	}
}

// shown is a message's fields for people.
func shown(desc protoreflect.MessageDescriptor) string {
	var out []string
	for i := range desc.ParentFile().Messages().Len() {
		m := desc.ParentFile().Messages().Get(i)
		out = append(out, string(m.Name())+": "+shapeOf(m))
	}
	return strings.Join(out, "\n")
}

// What is plain is taken by the plain way, and agrees with the library.
func TestPlainProtobufAgrees(t *testing.T) {
	t.Parallel()
	var wires, texts, broken differ
	for seed := range uint64(3000) {
		g := chance(seed)
		p := g.schema(t)
		for range 5 {
			wire, json := g.random(t, p)
			wires.decode(t, p, p.message, wire)
			texts.encode(t, p, json)
			for range 3 {
				wire, json = g.rewire(wire, 3), g.retext(json)
				broken.decode(t, p, p.message, wire)
				broken.encode(t, p, json)
			}
		}
	}
	t.Logf("plain: %d of %d payloads, %d of %d texts, %d of %d that were changed", wires.plain, wires.all, texts.plain, texts.all, broken.plain, broken.all)
	if wires.plain*10 < wires.all*8 || texts.plain*10 < texts.all*8 || broken.plain*10 < broken.all*3 {
		t.Error("too much is left to the library")
	}
}

// rewire changes a payload in ways that leave most of it readable: records come twice, elsewhere, not at all, unknown, as
// another type, or changed inside.
func (g protoGen) rewire(b []byte, depth int) []byte {
	var records [][]byte
	for rest := b; len(rest) > 0; {
		_, _, n := protowire.ConsumeField(rest)
		if n < 0 {
			break
		}
		records, rest = append(records, rest[:n:n]), rest[n:]
	}
	if len(records) == 0 || g.one(20) {
		out := slices.Clone(b)
		if len(out) > 0 {
			out[g.IntN(len(out))] ^= 1 << g.IntN(8)
		}
		return append(out, pick(g, nil, []byte{0x0a}, []byte{0x08, 1}, []byte{0x12, 0}, []byte{0x0b, 0x0c}, []byte{0x80})...)
	}
	i := g.IntN(len(records))
	number, wire, n := protowire.ConsumeTag(records[i])
	switch g.IntN(7) {
	case 0:
		records = slices.Insert(records, g.IntN(len(records)+1), records[i])
	case 1:
		j := g.IntN(len(records))
		records[i], records[j] = records[j], records[i]
	case 2:
		records = slices.Delete(records, i, i+1)
	case 3:
		unknown := protowire.AppendTag(nil, protowire.Number(pick(g, 31+g.IntN(9), 5000, 1<<20)), protowire.BytesType)
		records = slices.Insert(records, i, protowire.AppendBytes(unknown, []byte("?")))
	case 4:
		other := protowire.AppendTag(nil, number, pick(g, protowire.VarintType, protowire.BytesType, protowire.Fixed32Type, protowire.Fixed64Type, protowire.StartGroupType))
		records[i] = append(other, records[i][n:]...)
	case 5:
		// A tag, or a value, in more bytes than it takes.
		if wire == protowire.VarintType && g.one(2) {
			records[i][len(records[i])-1] |= 0x80
			records[i] = append(records[i], 0)
		} else {
			records[i] = append(append(slices.Clone(records[i][:n-1]), records[i][n-1]|0x80, 0), records[i][n:]...)
		}
	default:
		if content, m := protowire.ConsumeBytes(records[i][n:]); m > 0 && wire == protowire.BytesType && depth > 0 {
			records[i] = protowire.AppendBytes(slices.Clone(records[i][:n]), g.rewire(content, depth-1))
		}
	}
	return slices.Concat(records...)
}

// oddities are values that JSON may have where it should not, or may spell so.
var oddities = []string{`null`, `true`, `0`, `-0`, `-0.0`, `1`, `-1`, `1.0`, `1.50`, `1e2`, `10e-1`, `1e400`, `2147483648`, `4294967296`, `9223372036854775808`,
	`18446744073709551616`, `"1"`, `"-1"`, `"01"`, `" 1"`, `"1e2"`, `"1e"`, `"1.5"`, `""`, `"NaN"`, `"Infinity"`, `"-Infinity"`, `"inf"`, `"true"`, `[]`, `{}`, `[null]`, `[1,"2"]`,
	`{"a":null}`, `{"1":1,"01":2}`, `{"true":1}`, `"\u00e9\ud83d\ude00"`, `"\ud83d"`, `"\ude00\ud83d"`, `"_-_-"`, `"-_8"`, `"+/8="`, `"+/8"`, `"AA=="`, `"A\nA=="`, `"E0_1"`, `"NULL_VALUE"`,
	`"2026-01-02T03:04:05.123456789+02:00"`, `"2026-01-02T03:04:05.1234567890Z"`, `"2026-01-02T03:04:05,5Z"`, `"0000-01-01T00:00:00Z"`, `"2026-02-30T00:00:00Z"`, `"1.5s"`, `"-.5s"`, `"1.s"`, `"+1s"`,
	`"-0s"`, `"1.1234567890s"`, `"315576000001s"`, `"s"`, `"a.b,c"`, `[{"a":[null,1,"x",{}]}]`}

// retext changes a JSON text: a value becomes another one, a member comes twice, elsewhere, or under another name.
func (g protoGen) retext(text []byte) []byte {
	var d document
	if d.index(text) >= 0 {
		return text
	}
	replace := func(start, end int32, with string) []byte {
		return slices.Concat(text[:start], []byte(with), text[end:])
	}
	n := g.IntN(len(d.nodes))
	v := d.nodes[n]
	if v.kind == objectKind && v.next > int32(n+1) {
		first := d.nodes[n+1].start
		end := d.nodes[n+2].end
		member := string(text[first:end])
		switch g.IntN(4) {
		case 0:
			return replace(v.end-1, v.end-1, pick(g, ",", " ,\n\t")+member)
		case 1:
			if int(end) < len(text) && text[end] == ',' {
				return replace(v.end-1, v.end, ","+member+"}")
			}
		case 2:
			name := pick(g, "field_n0", "fieldN1", "field_n2", "only0", "[r.x]", "[", "", `field\u004e0`)
			return replace(first, d.nodes[n+1].end, `"`+name+`"`)
		}
	}
	return replace(v.start, v.end, pick(g, oddities...))
}

// Any schema, and any message of it, changed a few times.
func FuzzPlainProtobuf(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, []byte{1})
	}
	var d differ
	f.Fuzz(func(t *testing.T, seed uint64, junk []byte) {
		g := chance(seed)
		p := g.schema(t)
		for range 10 {
			wire, json := g.random(t, p)
			d.decode(t, p, p.message, wire)
			d.encode(t, p, json)
			for range g.IntN(5) {
				wire, json = g.rewire(wire, 3), g.retext(json)
				d.decode(t, p, p.message, wire)
				d.encode(t, p, json)
			}
		}
		d.decode(t, p, p.message, junk)
	})
}

const oldProto = `syntax = "proto2";
	message A { required string s = 1; repeated A more = 2; map<string, A> by = 3; optional group G = 4 [json_name = "Gee"] { optional E e = 5 [default = TWO]; }
		repeated E packed = 6 [packed = true]; oneof o { bytes b = 7; A a = 8; } optional int32 n = 9 [default = 7]; extensions 100 to 200; }
	enum E { ONE = 1; TWO = 2; UNO = 1; option allow_alias = true; } extend A { optional int32 x = 100; }`

// What chance rarely comes upon.
func TestPlainProtobufAgreesAtTheEdges(t *testing.T) {
	t.Parallel()
	order, old := protoOf(t, orderProto, Options{}), protoOf(t, oldProto, Options{})
	nested := func(depth int) []byte {
		var b []byte
		for range depth {
			b = append(protowire.AppendVarint(protowire.AppendTag(nil, 16, protowire.BytesType), uint64(len(b))), b...)
		}
		return b
	}
	inside := func(number protowire.Number, fields ...uint64) []byte {
		var b []byte
		for i, v := range fields {
			b = protowire.AppendVarint(protowire.AppendTag(b, protowire.Number(i+1), protowire.VarintType), v)
		}
		return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), b)
	}
	var d differ
	for _, wire := range [][]byte{nil, nested(10), nested(maxPlainDepth + 1), nested(maxDepth - 1), nested(maxDepth), nested(maxDepth + 100),
		inside(6, 1<<40), inside(6, 5, math.MaxUint64), inside(6, 5, 1e9), inside(6, 5, 1<<32), inside(6, 1<<63), inside(9, 5, math.MaxUint64), inside(9, 1<<40), inside(9, math.MaxUint64, 5), inside(9, 0, math.MaxUint64),
		append(protowire.AppendVarint([]byte("\x08\x01"), 1<<29<<3), 1), append(protowire.AppendVarint([]byte("\x08\x01"), 1<<29<<3-8), 1), []byte("\x08\x01\x0c"), []byte("\x08\x01\x0b\x0c"),
		[]byte("\x42\x0f\x0a\x0d\x0a\x00\x12\x09\x11\x00\x00\x00\x00\x00\x00\xf0\x7f"), []byte("\x42\x04\x0a\x02\x12\x00")} {
		d.decode(t, order, order.message, wire)
	}
	if d.plain == 0 {
		t.Error("nothing is plain")
	}
	for _, wire := range []string{"\x0a\x01a\xa0\x06\x01", "\x0a\x01a\x23\x28\x07\x24", "\x0a\x01a\x23\x28\x07\xa4\x80\x00", "\x0a\x01a\x30\x01\x32\x02\x02\x07", "\x0a\x01a\x3a\x00\x42\x03\x0a\x01b", "\x0a\x01\xff"} {
		d.decode(t, old, old.message, []byte(wire))
	}
	for _, json := range []string{`{"createdAt":"0000-01-01T00:00:00Z"}`, `{"createdAt":"0001-01-01T00:00:00+01:00"}`, `{"createdAt":"2026-01-02T03:04:05.1234567890Z"}`, `{"createdAt":"2026-01-02T03:04:05.1+00:00"}`,
		`{"raw":"_-8"}`, `{"raw":"_-8="}`, `{"raw":"+/8"}`, `{"raw":"+/8="}`, `{"raw":"+-8="}`, `{"raw":"A\nA=="}`, `{"raw":"A"}`, `{"id":"+1"}`, `{"id":"/"}`, `{"id":"- 1"}`, `{"id":""}`, `{"id":"-"}`, `{"d":1e-7000}`, `{"d":1e400}`, `{"d":-0.0}`,
		`{"next":{"card":"` + strings.Repeat("a", 20_000) + `"}}`, `{"card":"a","cash":1}`, `{"card":null,"cash":1}`, `{"took":"315576000001s"}`, `{"took":"-1.5s"}`, `{"extra":null,"note":null,"items":null}`} {
		d.encode(t, order, []byte(json))
	}
	for _, json := range []string{`{"s":"a","gee":{"e":2}}`, `{"s":"a","Gee":{"e":"UNO"}}`, `{"s":"a","G":{}}`, `{"s":"a","g":{}}`, `{"s":"a","[x]":1}`, `{"s":null}`, `{"s":"","packed":[]}`, `{"s":"","packed":["ONE",7,-1]}`} {
		d.encode(t, old, []byte(json))
	}
}

// A schema may have its own idea of what a well-known type is, and what was a message may have become the entry of a map.
func TestPlainProtobufTrustsNoNames(t *testing.T) {
	t.Parallel()
	odd := protoOf(t, `syntax = "proto3"; package google.protobuf; message A { Value v = 1; Timestamp t = 2; repeated Struct s = 3; Int32Value i = 4; map<string, A> by = 5; }
		message Value { string x = 1; } message Timestamp { int64 seconds = 1; int64 nanos = 2; } message Struct {} message Int32Value { optional int32 value = 1; }`, Options{})
	var d differ
	for _, wire := range []string{"", "\x0a\x00", "\x12\x02\x08\x05", "\x1a\x00", "\x22\x02\x08\x05", "\x2a\x04\x0a\x00\x12\x00"} {
		d.decode(t, odd, odd.message, []byte(wire))
	}
	for _, json := range []string{`{}`, `{"v":null}`, `{"v":{}}`, `{"v":"x"}`, `{"t":"2026-01-02T03:04:05Z"}`, `{"t":null}`, `{"s":[{}]}`, `{"i":5}`, `{"by":{"a":{}}}`} {
		d.encode(t, odd, []byte(json))
	}
	entry := protoOf(t, `syntax = "proto3"; message A { map<string, int32> by = 1; }`, Options{Message: "A.ByEntry"})
	d.decode(t, entry, entry.message, []byte("\x0a\x01k\x10\x05"))
	d.encode(t, entry, []byte(`{"key":"k","value":5}`))
	if d.plain < 4 || d.plain > 10 {
		t.Errorf("%d are plain", d.plain)
	}
}

// fixed are schemas for payloads and texts that a fuzzer makes: three written out, and some that chance made.
func fixed(f *testing.F) []*protoFormat {
	out := []*protoFormat{protoOf(f, orderProto, Options{}), protoOf(f, benchProto, Options{}), protoOf(f, oldProto, Options{})}
	for seed := range uint64(5) {
		out = append(out, chance(seed).schema(f))
	}
	return out
}

func FuzzPlainProtobufPayload(f *testing.F) {
	formats := fixed(f)
	for i, p := range formats {
		for seed := range uint64(4) {
			wire, _ := chance(seed).random(f, p)
			f.Add(byte(i), wire)
		}
	}
	var d differ
	f.Fuzz(func(t *testing.T, which byte, wire []byte) {
		p := formats[int(which)%len(formats)]
		d.decode(t, p, p.message, wire)
	})
}

func FuzzPlainProtobufText(f *testing.F) {
	formats := fixed(f)
	for i, p := range formats {
		for seed := range uint64(4) {
			_, json := chance(seed).random(f, p)
			f.Add(byte(i), json)
		}
	}
	f.Add(byte(0), []byte(`{"id":"1","raw":"_-8","d":"Infinity","created_at":"2026-01-02T03:04:05.5+02:00","took":"-1.5s","extra":{"a":[1,{"b":null}]},"counts":{"k":2},"cash":1,"next":{}}`))
	f.Add(byte(2), []byte(`{"s":"a","more":[{"s":"b"}],"by":{"k":{"s":""}},"g":{"e":"TWO"},"packed":["ONE",2],"a":{"s":"é\ud83d\ude00"},"[x]":1}`))
	var d differ
	f.Fuzz(func(t *testing.T, which byte, json []byte) {
		p := formats[int(which)%len(formats)]
		d.encode(t, p, json)
	})
}
