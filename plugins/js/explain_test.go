package js

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/plugins/record"
	"github.com/inflect-dev/inflect/transforms"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"once.ts":  "const table: Record<string, number> = {a: 1};\nconst known = new Set(['a']);\nconst form = /^a/u;\nexport default (e: any) => ({n: table[e.k], k: known.has(e.k), f: form.test(e.k)});",
		"fresh.ts": "const cache = new WeakMap();\nexport default (e: any) => cache.has(e);",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for ref, want := range map[string]Explanation{
		"once.ts":  {Module: "once"},
		"fresh.ts": {Module: "per_event", Reason: "its module calls functions"},
	} {
		if got, err := Explain(dir, ref); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", ref, got, err)
		}
	}
	if _, err := Explain(dir, "none.ts"); err == nil {
		t.Error("a missing file was explained")
	}
}

func TestLibraryOfReadyMadeStepsLoads(t *testing.T) {
	t.Parallel()
	functions, err := transforms.List("../../transforms")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range functions {
		e, err := Explain("../../transforms", f.ID)
		if err != nil {
			t.Errorf("%s: %v", f.ID, err)
			continue
		}
		t.Logf("%s: %s %s", f.ID, e.Module, e.Reason)
	}
}

// TestPackageInTypeScript runs an npm package within a step and finds the author's line when it throws.
func TestPackageInTypeScript(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"node_modules/counted/package.json": `{"name": "counted", "version": "1.0.0", "main": "index.js"}`,
		"node_modules/counted/index.js": "let calls = 0;\nconst cache = {};\nexports.counted = (k) => { calls++; cache[k] ??= calls; return calls; };\n" +
			"exports.check = (n) => {\n  if (n > 1) throw new RangeError('too large');\n  return n;\n};\n",
		"step.ts": "import { check, counted } from 'counted';\n\ninterface Event { n: number }\n\nexport function run(e: Event) {\n  const n = check(e.n);\n  return { n, calls: counted('k') };\n}\n",
	} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(TransformsVariable, dir)
	p := newTestProcessor(t, "steps: [{name: s, file: step.ts, export: run}]")
	out := process(t, p, `{"n":1}`, `{"n":2}`, `{"n":0}`)
	if text(t, out[0]) != `{"n":1,"calls":1}` || text(t, out[2]) != `{"n":0,"calls":1}` {
		t.Errorf("got %s and %s", text(t, out[0]), text(t, out[2]))
	}
	f := record.FailureOf(out[1])
	if f == nil || f.Message != "RangeError: too large" || f.File != "step.ts" || f.Line != 6 || f.Column != 13 ||
		!strings.Contains(f.Frame, "check(e.n)") || !strings.Contains(f.Stack, "node_modules/counted/index.js:5:") {
		t.Errorf("got %+v at %s:%d\n%s", f, f.File, f.Line, f.Stack)
	}
	t.Logf("%s\n%s\n%s", f.Message, f.Frame, f.Stack)
}
