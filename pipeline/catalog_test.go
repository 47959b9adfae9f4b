package pipeline

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestRecordKeepsItsBytes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want string
		key, value []byte
	}{
		{"JSON travels verbatim", `"value":{"id":9007199254740993,"x":"<&>"}`, []byte("k"), []byte(`{"id":9007199254740993,"x":"<&>"}`)},
		{"text that is no JSON", `"value_base64":"aGk="`, nil, []byte("hi")},
		{"bytes", `"value_base64":"/wA="`, []byte{0xff}, []byte{0xff, 0}},
		{"JSON that is no UTF-8", `"value_base64":"Iv8i"`, nil, []byte("\"\xff\"")},
		{"null", `"tombstone":true`, []byte{}, nil},
		{"empty", `"value_base64":""`, nil, []byte{}},
		{"JSON null", `"value":null`, nil, []byte("null")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := Record{Partition: 1, Offset: 2, Timestamp: time.UnixMilli(3), Key: tt.key, Value: tt.value,
				Headers: []RecordHeader{{"a", nil}, {"a", []byte{}}, {"b", []byte{0xfe}}}}
			b, err := in.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(b), tt.want) {
				t.Errorf("%s does not hold %s", b, tt.want)
			}
			var out Record
			if err := json.Unmarshal(b, &out); err != nil {
				t.Fatal(err)
			}
			same(t, "key", out.Key, in.Key)
			same(t, "value", out.Value, in.Value)
			for i, h := range in.Headers {
				same(t, h.Name, out.Headers[i].Value, h.Value)
			}
		})
	}
}

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) || (got == nil) != (want == nil) {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}

func FuzzRecordKeepsItsBytes(f *testing.F) {
	f.Add([]byte("k"), []byte(`{"a":1.0}`), []byte("h"))
	f.Add([]byte(nil), []byte(nil), []byte(nil))
	f.Add([]byte{0xff}, []byte(" null "), []byte{})
	f.Fuzz(func(t *testing.T, key, value, header []byte) {
		in := Record{Key: key, Value: value, Headers: []RecordHeader{{"h", header}}}
		b, err := in.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var out Record
		if err := json.Unmarshal(b, &out); err != nil {
			t.Fatal(err)
		}
		same(t, "key", out.Key, in.Key)
		same(t, "header", out.Headers[0].Value, in.Headers[0].Value)
		if json.Valid(value) { // JSON keeps its tokens; the white space around them is not part of it.
			var want bytes.Buffer
			if err := json.Compact(&want, value); err != nil {
				t.Fatal(err)
			}
			value = want.Bytes()
		}
		same(t, "value", out.Value, value)
	})
}
