package js

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
)

func TestWhatTheEngineCannotDoIsRefusedAtLoad(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, code, want string }{
		{"flag d", "(e) => /a/d.exec(e)", "s:1:8: regular expressions with the flag d are not available"},
		{"flag v", "(e) => /[a--b]/v.test(e)", "flag v"},
		{"flag v in a constructor", "const r = new RegExp('a', 'v');\nexport default (e) => r.test(e.s)", "regular expressions with the flag v are not available"},
		{"unknown property class", `(e) => /\p{Emoji}/u.test(e)`, `the character class \p{Emoji} is not available`},
		{"unknown property class in a class", `(e) => /[\p{Emoji}x]/u.test(e)`, `the character class \p{Emoji} is not available`},
		{"Intl", "(e) => new Intl.NumberFormat('de').format(e.n)", "s:1:12: Intl is not available in steps"},
		{"BigInt with **", "(e) => String(2n ** BigInt(e.n))", "BigInt together with ** or <<"},
		{"await at the top", "const x = await 1;\nexport default (e) => x", "steps cannot use this"},
		{"syntax error", "(e) => {\n  return e +;\n}", "s:2:13: Unexpected \";\""},
		{"no function", "export default 5", "is not a function"},
		{"throwing module", "const x = null.y;\nexport default (e) => x", "s:1:16: TypeError"},
		{"endless module", "export const x = 'x'.repeat(1e9);\nexport default (e) => x", "the memory limit of the step"},
		{"missing export", "export const other = (e) => e", "exports nothing called \"default\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := tryProcessor(fmt.Sprintf("steps: [{name: s, code: %q}]", c.code))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestConfigsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, yaml, want string }{
		{"two steps of one name", "steps: [{name: s, code: (e) => e}, {name: s, code: (e) => e}]", "an earlier step has the same name"},
		{"bad name", "steps: [{name: 'a b', code: (e) => e}]", "the name must consist of"},
		{"neither file nor code", "steps: [{name: s}]", "needs either file or code"},
		{"file and code", "steps: [{name: s, code: (e) => e, file: a.ts}]", "needs either file or code"},
		{"params that are no object", "steps: [{name: s, code: (e) => e, params: [1]}]", "params must be an object"},
		{"params that are no JSON", "steps: [{name: s, code: (e) => e, params: '{a'}]", "params"},
		{"file outside", "steps: [{name: s, file: ../a.ts}]", "leaves the transform directory"},
		{"memory limit", "{memory_limit: much, steps: []}", "memory_limit must be a size like 256MiB"},
		{"timeout", "{timeout: 0s, steps: []}", "timeout must be longer than nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := tryProcessor(c.yaml); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestParamsKeepOrderAndDigitsAsText(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `steps: [{name: s, code: "(e, ctx) => ctx.params", params: '{"z":1,"a":{"b":[1.50]}}'}]`)
	if got := text(t, process(t, p, `{}`)[0]); got != `{"z":1,"a":{"b":[1.5]}}` {
		t.Errorf("got %s", got)
	}
}

func TestLogsAreLimited(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	conf, err := spec().ParseYAML(`{pipeline: p, steps: [{name: s, code: "(e, ctx) => { for (let i = 0; i < 100; i++) console.warn('line', i, {a: e.n}); return e; }"}]}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newProcessor(conf, service.MockResources())
	if err != nil {
		t.Fatal(err)
	}
	p.log = newLogLimit(service.NewLoggerFromSlog(slog.New(slog.NewTextHandler(&out, nil))).With("pipeline", "p"))
	process(t, p, `{"n":1}`, `{"n":2}`)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	// A second may end in between.
	if len(lines) < logRate || len(lines) > 2*logRate+1 {
		t.Errorf("%d lines were written", len(lines))
	}
	if !strings.Contains(lines[0], `level=WARN msg="line 0 {\"a\":1}" pipeline=p step=s`) {
		t.Errorf("got %s", lines[0])
	}
}
