package js

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/plugins/record"
)

// patience is for what must end, on a machine that has other things to do as well.
const patience = time.Minute

// bad is one kind of code that must not get away with it.
type bad struct{ name, code, want string }

func badSteps() []bad {
	// Which limit is reached first depends on the machine.
	const either = record.CodeMemory + "|" + record.CodeTimeout
	return []bad{
		{"endless loop", "while (true) {}", record.CodeTimeout},
		{"endless loop that catches", "for (;;) { try { throw 1 } catch {} finally { continue } }", record.CodeTimeout},
		{"recursion", "(function f() { return f() + 1 })()", record.CodeRecursion},
		{"recursion that catches", "(function f() { try { return f() + 1 } catch { return f() } })()", record.CodeRecursion},
		{"huge string", "return 'x'.repeat(1e9)", record.CodeMemory},
		{"huge string, caught", "try { 'x'.repeat(1e9) } catch {} return e", record.CodeMemory},
		{"growing string", "let s = 'x'; for (;;) s += s + Math.random()", either},
		{"huge dense array", "return new Array(5e7).fill(0).map((x) => x + 1)", record.CodeMemory},
		{"huge sparse array", "const a = []; a[4e9] = 1; return a.map((x) => x)", record.CodeMemory},
		{"huge sparse array spread", "const a = []; a.length = 4e9; return [...a]", record.CodeTimeout},
		{"huge sparse array returned", "const a = []; a.length = 4e9; return a", "step_output"},
		{"growing array", "const a = []; for (;;) a.push({ a: 1, b: [1, 2, 3] })", either},
		{"catastrophic regex", `return /^(a+)+$(?=b)/.test('a'.repeat(40) + '!')`, record.CodeTimeout},
		{"throw", "throw new Error('no')", record.CodeThrown},
		{"throw of nothing", "throw undefined", record.CodeThrown},
		{"rejection", "return Promise.reject(new RangeError('no'))", record.CodeThrown},
		{"promise for ever", "return new Promise(() => {})", "step_promise"},
		{"function", "return () => 1", "step_result"},
		{"circle", "const c = {}; c.c = c; return c", record.CodeThrown},
		{"BigInt", "return { n: 1n }", record.CodeThrown},
		{"nested without end", "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a", record.CodeThrown + "|" + either},
		{"joining what is nested without end", "let a = []; for (let i = 0; i < 1e6; i++) a = [a]; return String(a)", either},
		{"flattening a circle", "const a = []; a.push(a); return a.flat(Infinity)", record.CodeRecursion},
		{"chain of bound functions", "let f = () => 1; for (let i = 0; i < 1e6; i++) f = f.bind(null); return f()", record.CodeMemory},
		{"chain of proxies", "let p = {}; for (let i = 0; i < 1e6; i++) p = new Proxy(p, {}); return p.x", record.CodeMemory},
		{"huge buffer", "return new Uint8Array(4e9).length", record.CodeMemory},
		{"huge buffer of doubles", "return new Float64Array(4e8).length", record.CodeMemory},
		{"many arguments", "return Math.max.apply(null, new Array(1e7))", record.CodeMemory},
		{"replacements", "return 'a'.repeat(1e5).replaceAll('a', 'b'.repeat(1e5)).length", record.CodeMemory},
		{"too many emits", "for (;;) ctx.emit({})", "step_emits"},
		{"too many emits, caught", "for (let i = 0; i < 20000; i++) try { ctx.emit({}) } catch {} return e", "step_emits|" + either},
		{"fail", "ctx.fail('not this one', {code: 'mine'})", "mine"},
		{"fail, caught", "try { ctx.fail('not this one', {code: 'mine'}) } catch {} return e", "mine"},
	}
}

func badProcessor(t testing.TB, code string) *processor {
	return newTestProcessor(t, fmt.Sprintf(`
pipeline: %q
timeout: 1s
memory_limit: 64MiB
steps:
  - name: s
    code: |
      (e, ctx) => {
        if (!e.bad) return e;
        %s
      }
`, t.Name(), code))
}

func TestBadCodeIsBounded(t *testing.T) {
	for _, c := range badSteps() {
		t.Run(c.name, func(t *testing.T) {
			p := badProcessor(t, c.code)
			start := time.Now()
			out := process(t, p, `{"n":1}`, `{"bad":true}`, `{"n":3}`)
			took := time.Since(start)
			if len(out) != 3 {
				t.Fatalf("got %d messages, want 3", len(out))
			}
			f := record.FailureOf(out[1])
			if f == nil {
				t.Fatalf("did not fail: %s", text(t, out[1]))
			}
			t.Logf("%s: %s (%s:%d:%d) after %v", f.Code, f.Message, f.File, f.Line, f.Column, took)
			if !strings.Contains(c.want, f.Code) || f.Stage != "step:s" {
				t.Errorf("got code %s in %s, want %s", f.Code, f.Stage, c.want)
			}
			if text(t, out[1]) != `{"bad":true}` {
				t.Errorf("the event changed: %s", text(t, out[1]))
			}
			for _, i := range []int{0, 2} {
				if err := out[i].GetError(); err != nil || !strings.HasPrefix(text(t, out[i]), `{"n":`) {
					t.Errorf("a neighbour was touched: %v", err)
				}
			}
			if took > patience {
				t.Errorf("took %v", took)
			}
		})
	}
}
