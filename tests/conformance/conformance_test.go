// Package conformance runs the idioms of real transforms through inflect_js and through the installed Node, and compares
// what comes out byte for byte.
package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/inflect-dev/inflect/plugins/js"
	"github.com/inflect-dev/inflect/plugins/record"
)

// conformanceCase is one function with the events it is given. A file has one case a line: name ;; code ;; event ;; event.
type conformanceCase struct {
	Name   string   `json:"-"`
	Code   string   `json:"code"`
	Inputs []string `json:"inputs"`
}

// result is what became of one event.
type result struct {
	Outcome string `json:"outcome"`
	Text    string `json:"text"`
	Error   string `json:"error"`
}

func cases(t *testing.T, pattern string) []conformanceCase {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var all []conformanceCase
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			parts := strings.Split(strings.TrimSuffix(line, "\n"), " ;; ")
			if len(parts) < 3 {
				t.Fatalf("%s: not a case: %s", f, line)
			}
			all = append(all, conformanceCase{strings.TrimSuffix(filepath.Base(f), ".txt") + "/" + parts[0], parts[1], parts[2:]})
		}
	}
	return all
}

// node runs all cases in one process.
func node(t *testing.T, all []conformanceCase) [][]result {
	t.Helper()
	in, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "node.cjs")
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C")
	cmd.Stdin = bytes.NewReader(in)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("running node: %v", err)
	}
	var results [][]result
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatal(err)
	}
	return results
}

// build makes one processor for each case, by the case's number.
func build(t *testing.T, all []conformanceCase) *service.Resources {
	t.Helper()
	b := service.NewResourceBuilder()
	for i, c := range all {
		conf, err := json.Marshal(map[string]any{"label": label(i), "inflect_js": map[string]any{"pipeline": "p", "timeout": "20s",
			"steps": []any{map[string]any{"name": "s", "code": c.Code}}}})
		if err != nil {
			t.Fatal(err)
		}
		// Benthos would take ${…} for an environment variable.
		if err := b.AddProcessorYAML(strings.ReplaceAll(string(conf), "${", `\u0024{`)); err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
	}
	res, stop, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stop(context.Background()) })
	return res
}

func label(i int) string { return "c" + strconv.Itoa(i) }

// inflect runs one case's events through its processor.
func inflect(t *testing.T, res *service.Resources, i int, c conformanceCase) []result {
	t.Helper()
	results := make([]result, len(c.Inputs))
	var batch service.MessageBatch
	for j, in := range c.Inputs {
		results[j].Outcome = "filtered"
		m := service.NewMessage([]byte(in))
		m.MetaSetMut("at", j)
		batch = append(batch, m)
	}
	var (
		out []service.MessageBatch
		err error
	)
	if aerr := res.AccessProcessor(t.Context(), label(i), func(p *service.ResourceProcessor) {
		out, err = p.ProcessBatch(t.Context(), batch)
	}); aerr != nil || err != nil {
		t.Fatal(aerr, err)
	}
	for _, b := range out {
		for _, m := range b {
			at, _ := m.MetaGetMut("at")
			results[at.(int)] = outcome(m)
		}
	}
	return results
}

func outcome(m *service.Message) result {
	if f := record.FailureOf(m); f != nil {
		name, _, _ := strings.Cut(f.Message, ":")
		return result{Outcome: "failed", Error: name, Text: f.Message}
	}
	b, err := m.AsBytes()
	if err != nil {
		return result{Outcome: "unreadable", Text: err.Error()}
	}
	return result{Outcome: "ok", Text: string(b)}
}

func TestOutputsEqualNode(t *testing.T) {
	t.Parallel()
	all := cases(t, "cases/*.txt")
	want := node(t, all)
	if len(all) < 300 {
		t.Errorf("%d cases, want at least 300", len(all))
	}
	res := build(t, all)
	for i, c := range all {
		t.Run(c.Name, func(t *testing.T) {
			got := inflect(t, res, i, c)
			for j, in := range c.Inputs {
				if w, g := want[i][j], got[j]; !same(w, g) {
					t.Errorf("%s\non %s\n got %s %s %s\nwant %s %s %s", c.Code, in, g.Outcome, g.Error, g.Text, w.Outcome, w.Error, w.Text)
				}
			}
		})
	}
}

func same(w, g result) bool {
	return w.Outcome == g.Outcome && (w.Outcome != "ok" || w.Text == g.Text) && (w.Outcome != "failed" || w.Error == g.Error)
}

// TestDifferencesAreThoseOfTheReference holds the list of differences true: each of them is one, and the reference page
// names each of them and no other.
func TestDifferencesAreThoseOfTheReference(t *testing.T) {
	t.Parallel()
	all := cases(t, "differences.txt")
	want := node(t, all)
	res := build(t, all)
	page, err := os.ReadFile("../../docs/reference/differences-to-node.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range all {
		got := inflect(t, res, i, c)
		name := strings.TrimPrefix(c.Name, "differences/")
		if same(want[i][0], got[0]) {
			t.Errorf("%s is no difference any more: both give %+v", name, got[0])
		}
		if !bytes.Contains(page, []byte("\n### "+name+"\n")) {
			t.Errorf("docs/reference/differences-to-node.md has no section %q", name)
		}
		t.Logf("%s: Node %+v, Inflect %+v", name, want[i][0], got[0])
	}
	if n := bytes.Count(page, []byte("\n### ")); n != len(all) {
		t.Errorf("the reference page has %d differences, the list %d", n, len(all))
	}
}
