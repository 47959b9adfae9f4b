package js

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

// TestNothingIsCarriedOver runs code that tries to keep something on many events, one after the other and side by side:
// every event has to come out as if it had been the first.
func TestNothingIsCarriedOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, code string }{
		{"global", "(e) => { try { globalThis.n = (globalThis.n ?? 0) + 1; } catch {} return { n: globalThis.n ?? 0 }; }"},
		{"undeclared name", "(e) => { try { leaked = 1; } catch {} return { t: typeof leaked }; }"},
		{"prototype of Object", "(e) => { try { Object.prototype.n = ({}).n + 1 || 1; } catch {} return { n: ({}).n ?? 0 }; }"},
		{"prototype of Array", "(e) => { try { Array.prototype.push = 1; } catch {} return { t: typeof [].push }; }"},
		{"static of a built-in", "(e) => { try { Math.n = (Math.n ?? 0) + 1; } catch {} return { n: Math.n ?? 0 }; }"},
		{"prototype of a hidden built-in", "(e) => { const p = Object.getPrototypeOf(function* () {}).prototype; try { p.n = (p.n ?? 0) + 1; } catch {} return { n: p.n ?? 0 }; }"},
		{"prototype of iterators", "(e) => { const p = Object.getPrototypeOf([][Symbol.iterator]()); try { p.n = (p.n ?? 0) + 1; } catch {} return { n: p.n ?? 0 }; }"},
		{"prototype of a class of the library", "(e) => { try { URL.prototype.n = 1; URL.n = 1; } catch {} return { n: [URL.prototype.n ?? 0, URL.n ?? 0] }; }"},
		{"setPrototypeOf a built-in", "(e) => { try { Object.setPrototypeOf(Math, { n: 1 }); } catch {} return { n: Math.n ?? 0 }; }"},
		{"JSON", "(e) => { try { JSON.stringify = () => 'x'; } catch {} return { t: JSON.stringify(1) }; }"},
		{"ctx", "(e, ctx) => { try { ctx.n = (ctx.n ?? 0) + 1; } catch {} try { ctx.params.n = 1; ctx.params.list.push(1) } catch {} return { n: ctx.n ?? 0, p: ctx.params }; }"},
		{"a function as property bag", "export default function f(e) { try { f.n = (f.n ?? 0) + 1; } catch (x) {} return { n: f.n ?? 0 }; }"},
		{"a function as property bag, bare", "export default function f(e) { f.n = (f.n ?? 0) + 1; return { n: f.n }; }"},
		{"module object", "const c = { n: 0 }; export default (e) => { c.n++; return { n: c.n }; }"},
		{"module array", "const c = []; export default (e) => { c.push(1); return { n: c.length }; }"},
		{"module object, nested", "const c = { a: { b: [] } }; export default (e) => { c.a.b[c.a.b.length] = 1; return { n: c.a.b.length }; }"},
		{"module object through the event", "const c = { a: { n: 0 } }; export default (e) => { e.x = c.a; e.x.n++; return e; }"},
		{"module Map", "const c = new Map(); export default (e) => { c.set('n', (c.get('n') ?? 0) + 1); return { n: c.get('n') }; }"},
		{"module Set", "const c = new Set(); export default (e) => { c.add(c.size); return { n: c.size }; }"},
		{"module WeakMap", "const k = {}; const c = new WeakMap(); export default (e) => { c.set(k, (c.get(k) ?? 0) + 1); return { n: c.get(k) }; }"},
		{"module Date", "const d = new Date(0); export default (e) => { d.setTime(d.getTime() + 1); return { n: d.getTime() }; }"},
		{"module typed array", "const a = new Uint8Array(1); export default (e) => { a[0]++; return { n: a[0] }; }"},
		{"regex with g", "const r = /a/g; export default (e) => ({ at: (r.test('aaa'), r.lastIndex) })"},
		{"regex with y", "const r = /a/y; export default (e) => ({ at: (r.test('aaa'), r.lastIndex) })"},
		{"regex with a property", "const r = /a/; export default (e) => { r.n = (r.n ?? 0) + 1; return { n: r.n }; }"},
		{"regex with lastIndex", "const r = /a/; export default (e) => { const n = r.lastIndex; r.lastIndex = n + 1; return { n }; }"},
		{"closure", "const next = (() => { let n = 0; return () => ++n; })(); export default (e) => ({ n: next() })"},
		{"generator", "const g = (function* () { let n = 0; while (true) yield ++n; })(); export default (e) => ({ n: g.next().value })"},
		{"class static", "class C { static n = 0; } export default (e) => ({ n: ++C.n })"},
		{"class private static", "class C { static #n = 0; static next() { return ++C.#n; } } export default (e) => ({ n: C.next() })"},
		{"class static added", "class C {} export default (e) => { C.n = (C.n ?? 0) + 1; return { n: C.n }; }"},
		{"instance with private state", "class C { #n = 0; next() { return ++this.#n; } } const c = new C(); export default (e) => ({ n: c.next() })"},
		{"promise that remembers", "const p = Promise.resolve({ n: 0 }); export default async (e) => { const o = await p; o.n++; return { n: o.n }; }"},
		{"bound argument", "const o = { n: 0 }; const f = (o) => ++o.n; const g = f.bind(null, o); export default (e) => ({ n: g() })"},
		{"bound function hidden", "const g = ((o) => ++o.n).bind(null, { n: 0 }); export default (e) => ({ n: g() })"},
		{"memoising library", `const memo = (f) => { const cache = {}; return (k) => cache[k] ??= f(k, Object.keys(cache).length); };
			const get = memo((k, n) => n); export default (e) => ({ n: get(e.k), m: get('x' + e.k) })`},
		{"memo on the function", "const f = (k) => { f.cache ??= {}; return f.cache[k] ??= Object.keys(f.cache).length; }; export default (e) => ({ n: f(e.k) })"},
		{"tagged template", "const tag = (s) => { try { s.n = (s.n ?? 0) + 1; } catch {} return s.n ?? 0; }; export default (e) => ({ n: tag`x` })"},
		{"getter that replaces itself", "const c = { get v() { Object.defineProperty(c, 'v', { value: 2 }); return 1; } }; export default (e) => ({ v: c.v })"},
		{"accessor", "const c = { _n: 0, get n() { return ++this._n; } }; export default (e) => ({ n: c.n })"},
		{"prototype of a module class", "class C {} export default (e) => { C.prototype.n = (C.prototype.n ?? 0) + 1; return { n: new C().n }; }"},
		{"symbol registry", "export default (e) => { const s = Symbol.for('n'); try { s.n = 1; } catch {} return { n: s.n ?? 0 }; }"},
		{"promise left behind", "const log = []; export default (e) => { Promise.resolve().then(() => log.push(1)); return { n: log.length }; }"},
		{"writing through Reflect", "const c = { n: 0 }; export default (e) => { Reflect.set(c, 'n', c.n + 1); return { n: c.n }; }"},
		{"asking whether frozen", "const c = { n: 0 }; export default (e) => ({ f: Object.isFrozen(c), d: Object.getOwnPropertyDescriptor(c, 'n').writable })"},
		{"closure from a getter that is spread", "const o = { get f() { let n = 0; return () => ++n; } }; const p = { ...o }; export default (e) => ({ n: p.f() })"},
		{"closure from an iterator that is spread", "const it = { *[Symbol.iterator]() { let n = 0; yield () => ++n; } }; const l = [...it]; export default (e) => ({ n: l[0]() })"},
		{"closure from a conversion", "const o = { valueOf() { let n = 0; o.f = () => ++n; return 1; } }; const k = +o; export default (e) => ({ n: o.f(), k })"},
		{"closure from a text", "const o = { toString() { let n = 0; o.f = () => ++n; return 'x'; } }; const k = `${o}`; export default (e) => ({ n: o.f(), k })"},
		{"closure from a property", "const o = { get f() { let n = 0; return () => ++n; } }; const g = o.f; export default (e) => ({ n: g() })"},
		{"closure from a computed key", "const o = { toString() { let n = 0; o.f = () => ++n; return 'x'; } }; const k = { [o]: 1 }; export default (e) => ({ n: o.f(), k })"},
		{"sorting a module array", "const c = [3, 1, 2]; export default (e) => { const first = c[0]; c.sort(); return { first }; }"},
		{"Object.assign to a module object", "const c = { n: 0 }; export default (e) => { const { n } = c; Object.assign(c, { n: n + 1 }); return { n }; }"},
		{"deleting from a module object", "const c = { n: 0 }; export default (e) => { const had = 'n' in c; delete c.n; return { had }; }"},
		{"two exports share an object", "export const c = { n: 0 }; export default (e) => ({ n: ++c.n })"},
		{"a caught write", "const c = { n: 0 }; export default (e) => { try { c.n++; } catch { return { n: -1 }; } return { n: c.n }; }"},
		{"a write caught by a promise", "const c = { n: 0 }; export default (e) => Promise.resolve().then(() => ({ n: ++c.n })).catch(() => ({ n: -1 }))"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code := strings.ReplaceAll(strings.ReplaceAll(c.code, "\n", " "), "'", "''")
			p := newTestProcessor(t, fmt.Sprintf("steps: [{name: s, params: {list: [1]}, code: '%s'}]", code))
			events := make([]string, 40)
			for i := range events {
				events[i] = fmt.Sprintf(`{"k":%d}`, i)
			}
			first := ""
			for round := range 2 {
				out := process(t, p, events...)
				if len(out) != len(events) {
					t.Fatalf("%d of %d events came out", len(out), len(events))
				}
				for i, m := range out {
					if err := m.GetError(); err != nil {
						t.Fatalf("event %d failed: %v", i, err)
					}
					got := text(t, m)
					got = strings.ReplaceAll(got, fmt.Sprintf(`"k":%d,`, i), "")
					if first == "" {
						first = got
					}
					if got != first {
						t.Fatalf("round %d, event %d: got %s, the first one gave %s", round, i, got, first)
					}
				}
			}
			t.Logf("%s (%s)", first, p.program.steps[0].fresh)
		})
	}
}

// TestNothingLeavesTheSandbox runs code that reaches for what steps must not have. It may be refused at load, or fail the
// event, or find nothing; it must not get hold of it.
func TestNothingLeavesTheSandbox(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, code string }{
		{"Function", "(e) => new Function('return this')()"},
		{"Function by constructor", "(e) => (() => 1).constructor('return globalThis')()"},
		{"Function by an async function", "(e) => (async () => 1).constructor('return 1')()"},
		{"Function by a generator", "(e) => (function* () {}).constructor('yield 1')().next()"},
		{"Function by a built-in", "(e) => [].map.constructor('return 1')()"},
		{"Function by a bound function", "(e) => ((() => 1).bind()).constructor('return 1')()"},
		{"Function by a class", "(e) => (class {}).constructor('return 1')()"},
		{"Function by ctx", "(e, ctx) => ctx.emit.constructor('return 1')()"},
		{"Function by Reflect", "(e) => Reflect.construct(Object.getPrototypeOf(() => 1).constructor, ['return 1'])()"},
		{"eval", "(e) => eval('1')"},
		{"indirect eval", "(e) => (0, globalThis['ev' + 'al'])('1')"},
		{"import()", "(e) => import('fs')"},
		{"import() of a variable", "(e) => import(e.name)"},
		{"require", "(e) => require('fs').readFileSync('/etc/passwd')"},
		{"require by globalThis", "(e) => globalThis.require('fs')"},
		{"process", "(e) => process.env"},
		{"process by globalThis", "(e) => globalThis['process'].env"},
		{"fetch", "(e) => fetch('http://127.0.0.1')"},
		{"XMLHttpRequest", "(e) => new XMLHttpRequest()"},
		{"setTimeout", "(e) => new Promise((r) => setTimeout(r, 1))"},
		{"WebAssembly", "(e) => WebAssembly.compile(new Uint8Array())"},
		{"this of a function", "function (e) { return (function () { return this.process; })(); }"},
		{"GoError", "(e) => GoError.prototype"},
		{"arguments.callee", "function (e) { return arguments.callee.caller; }"},
		{"caller", "function f(e) { return f.caller; }"},
		{"error's stack trace hook", "(e) => { Error.prepareStackTrace = (x, s) => s; return new Error().stack[0].getThis(); }"},
		{"the seal", "(e) => $seal(1)"},
		{"host", "(e) => host.random(10)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := tryProcessor(fmt.Sprintf("steps: [{name: s, code: '%s'}]", strings.ReplaceAll(c.code, "'", "''")))
			if err != nil {
				t.Logf("refused: %v", err)
				return
			}
			out := process(t, p, `{"name":"fs"}`)
			if len(out) == 0 {
				return
			}
			f := record.FailureOf(out[0])
			if f == nil {
				t.Fatalf("got %s", text(t, out[0]))
			}
			t.Logf("failed: %s", f.Message)
		})
	}
}

func TestModuleBindingsThatFunctionsWriteAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, code, want string }{
		{"let", "let n = 0;\nexport default (e) => { n++; return e; }", "s:2:25: \"n\" is declared outside of the function"},
		{"assignment", "let last;\nexport default (e) => { last = e; return e; }", "\"last\" is declared outside"},
		{"destructuring", "let a, b;\nexport default (e) => { [a, {b}] = e; return e; }", "\"a\" is declared outside"},
		{"loop", "let k;\nexport default (e) => { for (k in e) {} return e; }", "\"k\" is declared outside"},
		{"in a nested function", "let n = 0;\nexport default (e) => e.l.map(() => n += 1)", "\"n\" is declared outside"},
		{"shadowed", "let n = 0;\nexport default (e) => { let n = 1; n++; return {n}; }", ""},
		{"parameter", "const n = 0;\nexport default (e) => ((n) => { n = 2; return {n}; })(1)", ""},
		{"written at load", "let n = 0; n = 5;\nexport default (e) => ({n})", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := tryProcessor(fmt.Sprintf("steps: [{name: s, code: %q}]", c.code))
			if c.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestOverrideMistakeIsMended(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `
steps:
  - name: s
    code: |
      (e) => {
        const o = {};
        o.toString = () => 'mine'; o.constructor = 1; o.hasOwnProperty = 2; o.valueOf = 3;
        const err = new Error('x'); err.name = 'Mine'; err.message = 'y';
        function Old() { this.name = 'n'; }
        Old.prototype.toString = function () { return this.name; };
        class C extends Map { get(k) { return 'C' + k; } }
        const list = []; list.toString = () => 'L';
        const f = () => 1; f.toString = () => 'F';
        return [String(o), Object.keys(o), String(err), String(new Old()), new C().get(1), String(list), String(f), Object.keys(err)];
      }
`)
	out := process(t, p, `{}`)
	want := `["mine",["toString","constructor","hasOwnProperty","valueOf"],"Mine: y","n","C1","L","F",["name"]]`
	if got := text(t, out[0]); got != want || out[0].GetError() != nil {
		t.Errorf("got %s, want %s (%v)", got, want, out[0].GetError())
	}
}

func TestFilesAreRefusedWhereConfigsComeOverTheNetwork(t *testing.T) {
	t.Parallel()
	conf, err := spec().ParseYAML("steps: [{name: s, file: a.ts}]", nil)
	if err != nil {
		t.Fatal(err)
	}
	res := service.MockResources()
	RefuseFiles(res)
	if _, err := newProcessor(conf, res); err == nil || !strings.Contains(err.Error(), "file: is not possible") {
		t.Errorf("got %v", err)
	}
}
