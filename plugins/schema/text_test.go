package schema

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

// Every byte at every place of a text of any length is written as encoding/json reads it back, or refused.
func TestTextIsWrittenAsJSON(t *testing.T) {
	t.Parallel()
	for size := range 20 {
		for at := range size {
			for c := range 256 {
				text := bytes.Repeat([]byte("a"), size)
				text[at] = byte(c)
				checkText(t, text)
			}
		}
	}
	for _, s := range []string{"", "é", "\u2028", strings.Repeat("😀\"", 9), "a\xff", "\xed\xa0\x80", "12345678\\", "!\"!\"!\"!\"!\"", "\x1f !\x7f"} {
		checkText(t, []byte(s))
	}
}

func checkText(t *testing.T, text []byte) {
	t.Helper()
	out, ok := appendText(nil, text)
	if ok != utf8.Valid(text) {
		t.Fatalf("%q: %v", text, ok)
	}
	var back string
	if err := json.Unmarshal(out, &back); ok && (err != nil || back != string(text)) {
		t.Fatalf("%q became %s: %v", text, out, err)
	}
	var d document
	if bad := d.index(out); ok && (bad >= 0 || string(d.content(0)) != string(text)) {
		t.Fatalf("%s is not read back, at %d", out, bad)
	}
}

func TestNumbersAreWrittenAsJavaScriptDoes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		v    float64
		bits int
		want string
	}{
		{0, 64, "0"}, {math.Copysign(0, -1), 64, "-0"}, {1e-6, 64, "0.000001"}, {1e-7, 64, "1e-7"}, {-1.5e-10, 64, "-1.5e-10"}, {1e20, 64, "100000000000000000000"},
		{1e21, 64, "1e+21"}, {0.1, 64, "0.1"}, {math.MaxFloat64, 64, "1.7976931348623157e+308"}, {float64(float32(0.1)), 32, "0.1"},
		{float64(float32(1e-6)), 32, "0.000001"}, {float64(float32(1e-7)), 32, "1e-7"}, {math.NaN(), 32, `"NaN"`}, {math.Inf(1), 64, `"Infinity"`}, {math.Inf(-1), 64, `"-Infinity"`},
	}
	for _, tt := range tests {
		if got := appendFloat(nil, tt.v, tt.bits); string(got) != tt.want {
			t.Errorf("%v in %d bits: %s, want %s", tt.v, tt.bits, got, tt.want)
		}
	}
}
