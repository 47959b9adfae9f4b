package schema

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/plugins/record"
)

func protoOf(t testing.TB, text string, o Options, refs ...Reference) *protoFormat {
	t.Helper()
	c, err := compile(&Definition{Subject: "s", Version: 1, ID: 1, Type: typeProtobuf, Text: text, References: refs}, o)
	if err != nil {
		t.Fatal(err)
	}
	return c.format.(*protoFormat)
}

const orderProto = `syntax = "proto3";
package com.x;
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/any.proto";
message Order {
  int64 id = 1;
  uint64 big = 2;
  bytes raw = 3;
  double d = 4;
  Colour colour = 5;
  google.protobuf.Timestamp created_at = 6;
  google.protobuf.StringValue note = 7;
  google.protobuf.Struct extra = 8;
  google.protobuf.Duration took = 9;
  repeated Item items = 10;
  map<string, int64> counts = 11;
  oneof pay { string card = 12; int32 cash = 13; }
  optional int32 maybe = 14;
  google.protobuf.Any any = 15;
  Order next = 16;
  enum Colour { RED = 0; GREEN = 1; }
  message Item {
    string sku = 1;
    message Price { int64 cents = 1; }
    Price price = 2;
  }
}
message Other { string x = 1; }
`

func TestProtobufGoesThereAndBack(t *testing.T) {
	t.Parallel()
	p := protoOf(t, orderProto, Options{})
	const full = `{"id":"-9223372036854775808","big":"18446744073709551615","raw":"AP8=","d":"NaN","colour":"GREEN",` +
		`"createdAt":"2026-01-02T03:04:05.000000006Z","note":"n","extra":{"a":[1, {"b":null}]},"took":"1.500s",` +
		`"items":[{"sku":"a \" , : b","price":{"cents":"7"}}],"counts":{"k":"1"},"card":"c","maybe":0,` +
		`"any":{"@type":"type.googleapis.com/com.x.Other","x":"y"},"next":{"id":"0","big":"0","raw":"","d":0,"colour":"RED","items":[],"counts":{}}}`
	b, f := p.encode(nil, []byte(full), false)
	if f != nil {
		t.Fatal(f)
	}
	back, f := p.decode(b, nil)
	if f != nil {
		t.Fatal(f)
	}
	if want := strings.ReplaceAll(full, "[1, {", "[1,{"); string(back) != want {
		t.Errorf("got  %s\nwant %s", back, want)
	}
}

func TestProtobufFrameNamesTheMessage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.register("orders-value", "PROTOBUF", orderProto)
	sku := "\x0a\x01a"
	tests := []struct{ name, message, value, code, body string }{
		{"first message", "", frame(id, "\x00\x08\x01"), "", `{"id":"1"`},
		{"first message, long form", "", frame(id, "\x02\x00\x08\x01"), "", `{"id":"1"`},
		{"second message", "", frame(id, "\x02\x02"+sku), "", `{"x":"a"}`},
		{"nested message", "", frame(id, "\x04\x00\x00"+sku), "", `{"sku":"a"}`},
		{"nested deeper", "", frame(id, "\x06\x00\x00\x00\x08\x07"), "", `{"cents":"7"}`},
		{"the named one", "com.x.Order.Item", frame(id, "\x04\x00\x00"+sku), "", `{"sku":"a"}`},
		{"another than the named one", "com.x.Order.Item", frame(id, "\x02\x02"+sku), CodeWrongMessage, ""},
		{"bare is the named one", "com.x.Order.Item", sku, "", `{"sku":"a"}`},
		{"index that does not exist", "", frame(id, "\x02\x08"+sku), CodeWrongMessage, ""},
		{"negative index", "", frame(id, "\x02\x01"+sku), CodeWrongMessage, ""},
		{"absurd count", "", frame(id, "\xfe\xff\xff\xff\x0f"), CodeWrongMessage, ""},
		{"cut off in the indices", "", frame(id, "\x04\x00"), CodeWrongMessage, ""},
		{"cut off before the indices", "", frame(id, ""), CodeTruncated, ""},
		{"cut off in the message", "", frame(id, "\x00\x0a"), CodeNotProtobuf, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := b.processor(`{subject: orders-value, direction: decode, message: "` + tt.message + `"}`)
			m := b.run(p, tt.value)[0]
			want(t, m, tt.code)
			if tt.code == "" && !strings.HasPrefix(body(t, m), tt.body) {
				t.Errorf("got %s, want %s", body(t, m), tt.body)
			}
		})
	}
	nested := b.processor(`{subject: orders-value, direction: encode, message: com.x.Order.Item.Price}`)
	if m := b.run(nested, `{"cents":7}`)[0]; body(t, m) != frame(id, "\x06\x00\x00\x00\x08\x07") {
		t.Errorf("encoded %q", body(t, m))
	}
}

func TestProtobufSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, value, code, pointer, rule, message string }{
		{"wrong type", `{"id": {}}`, CodeViolation, "/id", "type", ""},
		{"deep inside", "{\"items\": [{\"sku\": \"a\"},\n {\"sku\": 7}]}", CodeViolation, "/items/1/sku", "type", ""},
		{"unknown field", `{"items":[{"skew":1}]}`, CodeViolation, "/items/0/skew", "unknown_field", "not a field"},
		{"unknown symbol", `{"colour":"BLUE"}`, CodeViolation, "/colour", "type", "BLUE"},
		{"number beyond 64 bits", `{"id":9223372036854775808}`, CodeViolation, "/id", "type", ""},
		{"exponent bomb", `{"id":1e999999999}`, CodeNumber, "", "", ""},
		{"two of a oneof", `{"card":"a","cash":1}`, CodeViolation, "/cash", "type", "oneof"},
		{"not JSON", `{"id":`, record.CodeNotJSON, "", "", "ends in the middle"},
		{"not an object", `[]`, CodeViolation, "", "type", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, f := protoOf(t, orderProto, Options{}).encode(nil, []byte(tt.value), false)
			if f == nil {
				t.Fatal("passed")
			}
			if f.Code != tt.code || f.Pointer != tt.pointer || f.Rule != tt.rule || !strings.Contains(f.Message, tt.message) {
				t.Errorf("code %q, pointer %q, rule %q, message %q", f.Code, f.Pointer, f.Rule, f.Message)
			}
		})
	}
}

func TestProtobufBinaryIsNotTrusted(t *testing.T) {
	t.Parallel()
	const proto2 = `syntax = "proto2"; message A { required string s = 1; repeated A more = 2; map<string, A> by = 3; }`
	tests := []struct{ name, schema, hex, code, pointer string }{
		{"JSON", orderProto, hex.EncodeToString([]byte(`{"id":1}`)), CodeNotProtobuf, ""},
		{"text", orderProto, hex.EncodeToString([]byte("hello, world")), CodeNotProtobuf, ""},
		{"nothing of the message", orderProto, "a00601", CodeNotProtobuf, ""},
		{"another wire type", orderProto, "0801" + "1a0100" + "22026162", CodeViolation, "/d"},
		{"another wire type inside", orderProto, "0801" + "5202" + "0801", CodeViolation, "/items/0/sku"},
		{"string that is not UTF-8", orderProto, "6201ff", CodeNotProtobuf, ""},
		{"required field", proto2, "", CodeViolation, "/s"},
		{"required field inside", proto2, "0a0161" + "1200", CodeViolation, "/more/0/s"},
		{"required field in a map", proto2, "0a0161" + "1a050a016b1200", CodeViolation, "/by/k/s"},
		{"cut off", orderProto, "0a", CodeNotProtobuf, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := hex.DecodeString(tt.hex)
			if err != nil {
				t.Fatal(err)
			}
			out, f := protoOf(t, tt.schema, Options{}).decode(b, nil)
			if f == nil {
				t.Fatalf("passed as %s", out)
			}
			if f.Code != tt.code || f.Pointer != tt.pointer {
				t.Errorf("code %q, pointer %q, message %q", f.Code, f.Pointer, f.Message)
			}
		})
	}
}

// Two bytes that stand for thousands: by the list, behind a field that comes twice, inside of an Any, and inside of that.
func TestProtobufDoesNotSwell(t *testing.T) {
	t.Parallel()
	var fields, entries strings.Builder
	for i := range 200 {
		fmt.Fprintf(&fields, "int64 a_field_that_nobody_sets_%d = %d; ", i, i+10)
	}
	p := protoOf(t, `syntax = "proto3"; import "google/protobuf/any.proto"; message A { repeated Wide wide = 1; int32 n = 2; google.protobuf.Any any = 3; map<string, Wide> by = 4; A more = 5; }
		message Wide { `+fields.String()+`}`, Options{})
	for i := range 5000 {
		fmt.Fprintf(&entries, "\x22\x08\x0a\x04%04d\x12\x00", i)
	}
	list := strings.Repeat("\x0a\x00", 5000)
	wrap := func(tag, content string) string {
		return tag + string(binary.AppendUvarint(nil, uint64(len(content)))) + content
	}
	packed := wrap("\x1a", wrap("\x0a", "x/A")+wrap("\x12", list))
	for name, wire := range map[string]string{"list": list, "the library's list": "\x10\x01\x10\x01" + list, "any": packed, "any inside": wrap("\x2a", packed), "map": entries.String()} {
		_, f := p.decode([]byte(wire), nil)
		if f == nil || f.Code != CodeViolation || f.Rule != "size" {
			t.Errorf("%s: %v", name, f)
		}
	}
	if _, f := p.decode([]byte(list[:100]), nil); f != nil {
		t.Error(f)
	}
}

// What is inside of an Any is copied, so that a payload of a thousand levels would be a thousand payloads.
func TestProtobufAnyIsNotNestedWithoutEnd(t *testing.T) {
	t.Parallel()
	p := protoOf(t, `syntax = "proto3"; import "google/protobuf/any.proto"; message A { google.protobuf.Any any = 1; int32 n = 2; }`, Options{})
	nested := func(levels int) []byte {
		wire := "\x10\x07"
		for range levels {
			inner := "\x0a\x02/A\x12" + string(binary.AppendUvarint(nil, uint64(len(wire)))) + wire
			wire = "\x0a" + string(binary.AppendUvarint(nil, uint64(len(inner)))) + inner
		}
		return []byte(wire)
	}
	out, f := p.decode(nested(maxPacked), nil)
	if f != nil || strings.Count(string(out), "@type") != maxPacked || !strings.Contains(string(out), `"n":7`) {
		t.Errorf("%.100s %v", out, f)
	}
	for _, levels := range []int{maxPacked + 1, 2000} {
		if _, f := p.decode(nested(levels), nil); f == nil || f.Code != CodeViolation || f.Rule != "depth" {
			t.Errorf("%d levels: %v", levels, f)
		}
	}
}

func TestProtobufReadsOlderVersionsAndImports(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("money", "PROTOBUF", `syntax = "proto3"; package m; message Money { int64 cents = 1; }`)
	v1 := b.register("orders-value", "PROTOBUF", `syntax = "proto3"; message Gone {string a = 1;} message O { int32 id = 1; }`)
	v2 := b.register("orders-value", "PROTOBUF", `syntax = "proto3"; import "shop/money.proto"; message O { int64 id = 1; m.Money price = 2; }`, ref("shop/money.proto", "money"))
	in, out := b.processor("{subject: orders-value, version: 2, direction: decode}"), b.processor("{subject: orders-value, version: 2, direction: encode}")
	got := b.run(in, frame(v1, "\x02\x02\x08\x07"), frame(v1, "\x00\x0a\x00"))
	if want(t, got[0], ""); body(t, got[0]) != `{"id":"7"}` {
		t.Error(body(t, got[0]))
	}
	want(t, got[1], CodeWrongMessage)
	if m := b.run(out, `{"id":7,"price":{"cents":"1"}}`)[0]; body(t, m) != frame(v2, "\x00\x08\x07\x12\x02\x08\x01") {
		t.Errorf("encoded %q %v", body(t, m), m.GetError())
	}
}

func TestProtobufImportsNothingFromDisk(t *testing.T) {
	t.Parallel()
	err := Check(Definition{Subject: "s", Type: typeProtobuf, Text: `syntax = "proto3"; import "/etc/passwd"; message A {}`}, Options{})
	if err == nil || !strings.Contains(err.Error(), "no reference") {
		t.Error(err)
	}
}

func FuzzProtobufDecode(f *testing.F) {
	p := protoOf(f, orderProto, Options{})
	f.Add([]byte("\x08\x01\x52\x05\x0a\x03abc"))
	f.Fuzz(func(t *testing.T, b []byte) {
		text, fail := p.decode(b, nil)
		if fail != nil {
			return
		}
		again, fail := p.encode(nil, text, false)
		if fail != nil {
			t.Fatalf("%s does not go back: %s", text, fail)
		}
		if back, fail := p.decode(again, nil); fail != nil || string(back) != string(text) {
			t.Fatalf("%s became %s: %v", text, back, fail)
		}
	})
}
