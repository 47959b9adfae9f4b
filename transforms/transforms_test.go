package transforms_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inflect-dev/inflect/transforms"
)

// write lays out a transform directory.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const orders = `import { tax } from './lib/tax';
import rates from './rates.json';
import { half } from 'halves';

/**
 * Keeps orders that were paid.
 * More than that.
 *
 * @filter
 */
export const keepPaid = (order: { paid: boolean }) => order.paid;
export const keepPaidParams = { type: 'object', properties: { min: { type: 'number' } } };

/** Adds the tax. @see nothing */
export default function addTax(order: any) {
  return { ...order, tax: tax(order.amount) * rates.eur + half(2) };
}
`

func directory(t *testing.T) string {
	return write(t, map[string]string{
		"orders.ts":                        orders,
		"lib/tax.ts":                       "export const tax = (n: number) => n * 0.2;\n",
		"rates.json":                       `{"eur": 1}`,
		"node_modules/halves/package.json": `{"name": "halves", "main": "index.js"}`,
		"node_modules/halves/index.js":     "exports.half = (n) => n / 2;\n",
		"types.d.ts":                       "declare const x: number;",
		"orders.test.ts":                   "throw new Error('a test')",
	})
}

func TestBundleHoldsAllItNeeds(t *testing.T) {
	t.Parallel()
	m, err := transforms.Bundle(directory(t), "orders.ts")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"lib/tax.ts", "node_modules/halves/index.js", "orders.ts", "rates.json"}
	if diff := cmp.Diff(want, m.Files); diff != "" {
		t.Error(diff)
	}
	s, err := transforms.Compile("orders.ts", m.Code)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Has("default") {
		t.Errorf("exports %v", s.Exports)
	}
	if !strings.Contains(string(s.Map), "orders.ts") {
		t.Error("the source map has lost the author's file")
	}
}

func TestBundleIsReproducible(t *testing.T) {
	t.Parallel()
	a, err := transforms.Bundle(directory(t), "orders.ts#keepPaid")
	if err != nil {
		t.Fatal(err)
	}
	b, err := transforms.Bundle(directory(t), "./orders.ts#keepPaid")
	if err != nil {
		t.Fatal(err)
	}
	if a.Hash != b.Hash {
		t.Error("the same files in another place gave another bundle")
	}
}

func TestBundleRefuses(t *testing.T) {
	t.Parallel()
	outside := write(t, map[string]string{"secret.ts": "export default () => 'secret';"})
	dir := directory(t)
	for name, text := range map[string]string{
		"up.ts":     "export { default } from '../" + filepath.Base(outside) + "/secret';",
		"broken.ts": "export default (e) => {\n  return e +;\n}",
		"abs.ts":    "import x from '" + filepath.Join(outside, "secret.ts") + "'; export default x;",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(outside, "secret.ts"), filepath.Join(dir, "link.ts")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "via.ts"), []byte("export { default } from './link';"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, ref, code string }{
		{"path upwards", "../x.ts", transforms.CodeOutside},
		{"absolute path", "/etc/passwd", transforms.CodeOutside},
		{"symbolic link", "link.ts", transforms.CodeOutside},
		{"import through a symbolic link", "via.ts", transforms.CodeOutside},
		{"import of an absolute path", "abs.ts", transforms.CodeOutside},
		{"missing file", "nothing.ts", transforms.CodeUnknown},
		{"directory", "lib", transforms.CodeUnknown},
		{"missing export", "orders.ts#nothing", transforms.CodeUnknown},
		{"import upwards", "up.ts", transforms.CodeOutside},
		{"syntax error", "broken.ts", transforms.CodeBad},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := transforms.Bundle(dir, c.ref)
			var e *transforms.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Code != c.code {
				t.Errorf("got code %s, want %s: %v", e.Code, c.code, err)
			}
			if c.ref == "broken.ts" && (e.File != "broken.ts" || e.Line != 2 || e.Column != 13) {
				t.Errorf("got place %s:%d:%d", e.File, e.Line, e.Column)
			}
		})
	}
}

func TestListTellsFunctions(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	if err := os.WriteFile(filepath.Join(dir, "zz.ts"), []byte("while (true) {}"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := transforms.List(dir)
	if err == nil || !strings.Contains(err.Error(), "zz.ts: does not finish loading") {
		t.Errorf("got error %v", err)
	}
	for i := range got {
		got[i].Source = ""
	}
	want := []transforms.Function{
		{ID: "lib/tax.ts#tax", File: "lib/tax.ts", Export: "tax", Line: 1},
		{ID: "orders.ts#keepPaid", File: "orders.ts", Export: "keepPaid", Kind: "filter", Line: 11,
			Doc: "Keeps orders that were paid.\nMore than that.", Params: []byte(`{"type":"object","properties":{"min":{"type":"number"}}}`)},
		{ID: "orders.ts#default", File: "orders.ts", Export: "default", Doc: "Adds the tax. @see nothing", Line: 15},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestListNamesWhatNeedsTheEngine(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"a.ts": "const u = new URL('http://a');\nexport const params = {};\nexport default () => u;"})
	got, err := transforms.List(dir)
	if err != nil || len(got) != 1 || got[0].ID != "a.ts#default" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestCompileInlineCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, code, wantErr string }{
		{"arrow", "(e) => e", ""},
		{"arrow with semicolon", "  (e) => e;\n", ""},
		{"typed arrow", "(e: {n: number}) => e.n", ""},
		{"function", "function f(e) { return e }", ""},
		{"async function", "async (e) => e", ""},
		{"module", "const k = 1; export default (e) => k", ""},
		{"nothing exported", "const f = (e) => e", "exports nothing"},
		{"import", "import x from 'fs'; export default x", "inline code cannot import"},
		{"syntax error", "(e) => {", "unexpected end of the code"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := transforms.Compile("s", c.code)
			if c.wantErr == "" && err != nil {
				t.Fatal(err)
			}
			if c.wantErr != "" && (err == nil || !strings.Contains(err.Error(), c.wantErr)) {
				t.Errorf("got %v, want %q", err, c.wantErr)
			}
		})
	}
}

func TestCompileErrorColumnIsTheAuthors(t *testing.T) {
	t.Parallel()
	_, err := transforms.Compile("s", "(e) => e +* 2")
	var e *transforms.Error
	if !errors.As(err, &e) || e.Line != 1 || e.Column != 11 {
		t.Errorf("got %v", err)
	}
}
