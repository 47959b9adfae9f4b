package js

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/dop251/goja"
)

func newTestMachine(t testing.TB) *machine {
	t.Helper()
	p := newTestProcessor(t, `{steps: [{name: s, code: "(e) => e"}]}`)
	return p.pool.idle[0]
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	m := newTestMachine(t)
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "unexpected end of JSON at byte 0"},
		{"blank", " \n", "unexpected end of JSON at byte 2"},
		{"truncated object", `{"a":1`, "unexpected end of JSON at byte 6"},
		{"truncated string", `{"a`, "unterminated string in JSON at byte 3"},
		{"trailing comma", `[1,]`, `unexpected ']' in JSON at byte 3`},
		{"two values", `1 2`, "unexpected text after the end of the JSON value at byte 2"},
		{"leading zero", `01`, `unexpected '1' in JSON at byte 1`},
		{"bare point", `1.`, "unexpected end of JSON at byte 2"},
		{"control character", "\"a\x01\"", "control character in a string in JSON at byte 2"},
		{"bad escape", `"\x"`, "bad escape in a string in JSON at byte 2"},
		{"short escape", `"\u12"`, "bad escape in a string in JSON at byte 2"},
		{"invalid UTF-8", "\"a\xff\"", "invalid UTF-8 at byte 2"},
		{"byte order mark", "\ufeff{}", `unexpected '\ufeff' in JSON at byte 0`},
		{"depth", strings.Repeat("[", maxDepth+1), "JSON nested deeper than 5000 levels at byte 5001"},
		{"single quotes", `{'a':1}`, `unexpected '\'' in JSON at byte 1`},
		{"word", `nulL`, `unexpected 'L' in JSON at byte 3`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := m.dec.decode([]byte(c.text))
			var s *syntaxError
			if !errors.As(err, &s) || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestWideNumbersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, code, in, want string }{
		{"id", "(e) => ({...e})", `{"id":9007199254740993}`, `{"id":9007199254740993}`},
		{"moved", "(e) => ({k: e.id, l: [e.id]})", `{"id":12345678901234567890}`, `{"k":12345678901234567890,"l":[12345678901234567890]}`},
		{"long decimal", "(e) => ({...e})", `{"d":0.1234567890123456789}`, `{"d":0.1234567890123456789}`},
		{"not wide", "(e) => ({...e})", `{"a":1.0,"b":1e2,"c":0.10,"d":1E400,"e":-0.0,"f":100000000000000000000}`,
			`{"a":1,"b":100,"c":0.1,"d":1E400,"e":0,"f":100000000000000000000}`},
		{"too small for a double", "(e) => ({...e})", `{"a":1e-400}`, `{"a":1e-400}`},
		{"two texts, each at its place", "(e) => ({...e})", `{"a":9007199254740993,"b":9007199254740992}`, `{"a":9007199254740993,"b":9007199254740992}`},
		{"two texts, moved", "(e) => ({c: e.a, a: e.b})", `{"a":9007199254740993,"b":9007199254740992}`, `{"c":9007199254740992,"a":9007199254740993}`},
		{"two wide texts, moved", "(e) => ({c: e.a})", `{"a":9007199254740992.9,"b":9007199254740993}`, `{"c":9007199254740992}`},
		{"arithmetic is that of doubles", "(e) => ({a: e.a + 2})", `{"a":9007199254740993}`, `{"a":9007199254740994}`},
		{"in text it is the double", "(e) => ({a: String(e.a), b: JSON.stringify(e.a)})", `{"a":12345678901234567890}`, `{"a":"12345678901234567000","b":"12345678901234567000"}`},
		{"emitted", "(e, ctx) => { ctx.emit({x: e.id}); }", `{"id":12345678901234567890}`, `{"x":12345678901234567890}`},
		{"in keys with odd names", "(e) => ({...e})", `{"a/b~c":[{"":18446744073709551615}]}`, `{"a/b~c":[{"":18446744073709551615}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, _ := json.Marshal(c.code)
			p := newTestProcessor(t, `{steps: [{name: s, code: `+string(code)+`}]}`)
			out := process(t, p, c.in)
			if len(out) != 1 || text(t, out[0]) != c.want {
				t.Errorf("got %v, want %s", text(t, out[0]), c.want)
			}
		})
	}
}

// FuzzDecode compares the decoder with encoding/json's idea of what is valid, and with the engine's own JSON.parse where
// that is right, and writes what was read.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e-3,"\u00e9\ud83d\ude00",null,true]}`, `{"2":1,"1":2,"a":3,"a":4,"__proto__":5}`, `[[],{}]`, `"x"`, `-0`, `1e400`,
		`[1,`, `{"a"}`, `"\ud800"`, ` [ 1 ] `, "\"\xff\"", `{"toString":1,"constructor":{}}`, `12345678901234567890`, `nul`} {
		f.Add(s)
	}
	p, err := tryProcessor(`{steps: [{name: s, code: "(e) => e"}]}`)
	if err != nil {
		f.Fatal(err)
	}
	m := p.pool.idle[0]
	plain := goja.New()
	reference, err := plain.RunString(`(text) => JSON.stringify(JSON.parse(text))`)
	if err != nil {
		f.Fatal(err)
	}
	parse, _ := goja.AssertFunction(reference)
	f.Fuzz(func(t *testing.T, s string) {
		v, err := m.dec.decode([]byte(s))
		valid := json.Valid([]byte(s)) && invalidUTF8([]byte(s)) == len(s)
		if (err == nil) != valid && !strings.Contains(s, strings.Repeat("[", 100)) && !strings.Contains(s, strings.Repeat(`{"`, 100)) {
			t.Fatalf("%q: decoded with %v, valid: %v", s, err, valid)
		}
		if err != nil {
			return
		}
		var out []byte
		if terr := m.try(func() { out, _ = m.encode(v, nil) }); terr != nil {
			t.Fatalf("%q: encoding: %v", s, terr)
		}
		if !json.Valid(out) {
			t.Fatalf("%q became %q, which is not JSON", s, out)
		}
		want, err := parse(goja.Undefined(), plain.ToValue(s))
		// The engine's own decoder loses surrogates without a pair.
		if err == nil && !strings.Contains(strings.ToLower(s), `\ud`) && want.String() != string(out) {
			t.Fatalf("%q became %q, but the engine makes %q of it", s, out, want)
		}
	})
}
