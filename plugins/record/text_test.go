package record

import (
	"bytes"
	"encoding/json"
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
	out, ok := AppendText(nil, text)
	if ok != utf8.Valid(text) {
		t.Fatalf("%q: %v", text, ok)
	}
	if !ok {
		return
	}
	var back string
	if err := json.Unmarshal(out, &back); err != nil || back != string(text) {
		t.Fatalf("%q became %s: %v", text, out, err)
	}
	if again := AppendString(nil, string(text)); !bytes.Equal(again, out) {
		t.Fatalf("%q became %s and %s", text, out, again)
	}
}

func TestTextIsEscapedAsJavaScriptDoes(t *testing.T) {
	t.Parallel()
	const text, want = "\x00\b\t\n\f\r\x1f\"\\/\x7f\u2028", `"\u0000\b\t\n\f\r\u001f\"\\/` + "\x7f\u2028\""
	if got := AppendString(nil, text); string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
