package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inflect-dev/inflect/pipeline"
)

// fake is a control plane that knows as much of the API's contract as the commands use.
type fake struct {
	*httptest.Server

	mu        sync.Mutex
	pipelines map[string]pipeline.Pipeline
	// asked are the requests that change something, "POST /api/v1/…".
	asked []string
	// failing is what a trial fails with.
	failing string
	records string
	trial   string
	// touched says that the files of steps have changed since revisions were built.
	touched bool
}

func server(t *testing.T) *fake {
	t.Helper()
	f := &fake{pipelines: map[string]pipeline.Pipeline{}}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, code int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	problem := func(w http.ResponseWriter, code int, p any) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(code)
		if err := json.NewEncoder(w).Encode(p); err != nil {
			t.Error(err)
		}
	}
	save := func(w http.ResponseWriter, r *http.Request, code int) {
		var s pipeline.Spec
		if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
			t.Error(err)
		}
		if s.Source.Topic == "refused" {
			problem(w, http.StatusUnprocessableEntity, map[string]any{"title": "refused", "status": 422, "code": "unknown_topic",
				"errors": []map[string]string{{"code": "unknown_topic", "field": "source.topic", "message": "there is no topic refused"}}})
			return
		}
		p := f.pipelines[s.Name]
		if !same(p.Spec, s) || f.touched {
			p = pipeline.Pipeline{Spec: s, Revision: p.Revision + 1}
		}
		f.pipelines[s.Name] = p
		w.Header().Set("ETag", fmt.Sprintf("%q", fmt.Sprint(p.Revision)))
		answer(w, code, p)
	}
	mux.HandleFunc("GET /api/v1/pipelines", func(w http.ResponseWriter, _ *http.Request) {
		items := []pipeline.Pipeline{}
		for _, p := range f.pipelines {
			items = append(items, p)
		}
		slices.SortFunc(items, func(a, b pipeline.Pipeline) int { return strings.Compare(a.Name, b.Name) })
		answer(w, 200, map[string]any{"items": items})
	})
	mux.HandleFunc("POST /api/v1/pipelines", func(w http.ResponseWriter, r *http.Request) { save(w, r, 201) })
	mux.HandleFunc("/api/v1/pipelines/{name}", func(w http.ResponseWriter, r *http.Request) {
		p, ok := f.pipelines[r.PathValue("name")]
		switch {
		case !ok:
			problem(w, 404, map[string]any{"title": "not found", "status": 404, "code": "not_found", "detail": "there is no such pipeline"})
		case r.Method == http.MethodPut:
			save(w, r, 200)
		case r.Method == http.MethodDelete:
			delete(f.pipelines, p.Name)
			w.WriteHeader(http.StatusNoContent)
		default:
			answer(w, 200, p)
		}
	})
	mux.HandleFunc("GET /api/v1/pipelines/{name}/config", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		fmt.Fprint(w, "input: {}\n")
	})
	mux.HandleFunc("GET /api/v1/pipelines/{name}/revisions/{revision}", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{"revision": 1, "bundle_hash": "aaa"})
	})
	mux.HandleFunc("POST /api/v1/validate", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{"valid": true, "errors": []any{}, "code_hash": map[bool]string{false: "aaa", true: "bbb"}[f.touched]})
	})
	mux.HandleFunc("POST /api/v1/test-runs", func(w http.ResponseWriter, r *http.Request) {
		var in json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		f.trial = string(in)
		stage := pipeline.StageResult{Stage: "step:a", Outcome: "ok", Output: json.RawMessage(`{"id":9007199254740993}`)}
		if f.failing != "" {
			stage = pipeline.StageResult{Stage: "step:a", Outcome: "failed", Error: &pipeline.StageError{Message: f.failing, File: "a.ts", Line: 3, Column: 7}}
		}
		answer(w, 200, map[string]any{"results": []pipeline.TestResult{{Outcome: "delivered", Stages: []pipeline.StageResult{stage}, Records: []pipeline.TestRecord{}}}})
	})
	mux.HandleFunc("GET /api/v1/topics/{topic}/records", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, f.records)
	})
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if r.Method != http.MethodGet {
			f.asked = append(f.asked, r.Method+" "+r.URL.Path)
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// on runs a command line against the server, with flags wherever they stand.
func (f *fake) on(t *testing.T, a *App, args ...string) (string, int, error) {
	t.Helper()
	line := a.Arrange(slices.Concat([]string{"inflect"}, args, []string{"--server", f.URL}))
	return run(t, a, line[1:]...)
}

const orders = `# a comment
name: orders
source: {topic: in}
steps:
  - {name: a, kind: transform, code: "(e) => e", params: {id: 9007199254740993}}
target: {topic: out}
`

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestApplyMakesChangesAndLeavesAlone(t *testing.T) {
	t.Parallel()
	f := server(t)
	path := file(t, "orders.yaml", orders)
	for _, want := range []string{"orders created", "orders is unchanged"} {
		out, code, err := f.on(t, &App{}, "pipelines", "apply", "-f", path)
		if code != ExitOK || !strings.Contains(out, want) {
			t.Errorf("exit code %d (%v), got %q, want %q", code, err, out, want)
		}
	}
	if got := string(f.pipelines["orders"].Steps[0].Params); got != `{"id":9007199254740993}` {
		t.Errorf("params arrived as %s", got)
	}
	// Spelling a default out changes nothing.
	spelled := file(t, "spelled.yaml", orders+"delivery: exactly_once\n")
	if out, _, err := f.on(t, &App{}, "pipelines", "apply", "-f", spelled); !strings.Contains(out, "unchanged") {
		t.Errorf("got %q (%v)", out, err)
	}
	changed := file(t, "changed.yaml", strings.Replace(orders, "topic: out", "topic: elsewhere", 1))
	out, code, err := f.on(t, &App{}, "pipelines", "diff", "-f", changed)
	if code != ExitDifferent || !strings.Contains(out, "-  topic: out\n+  topic: elsewhere") {
		t.Errorf("exit code %d (%v), got\n%s", code, err, out)
	}
	if out, _, err := f.on(t, &App{}, "pipelines", "apply", "-f", changed); !strings.Contains(out, "changed (revision 2)") {
		t.Errorf("got %q (%v)", out, err)
	}
	if _, code, err := f.on(t, &App{}, "pipelines", "diff", "-f", changed); code != ExitOK {
		t.Errorf("exit code %d (%v) where nothing differs", code, err)
	}
}

func TestApplyTakesNewCode(t *testing.T) {
	t.Parallel()
	f := server(t)
	path := file(t, "orders.yaml", orders)
	if _, code, err := f.on(t, &App{}, "pipelines", "apply", "-f", path); code != ExitOK {
		t.Fatal(err)
	}
	f.touched = true
	if out, code, err := f.on(t, &App{}, "pipelines", "diff", "-f", path); code != ExitDifferent || !strings.Contains(out, "+code of its files: bbb") {
		t.Errorf("exit code %d (%v), got %q", code, err, out)
	}
	if out, _, err := f.on(t, &App{}, "pipelines", "apply", "-f", path); !strings.Contains(out, "orders has new code (revision 2)") {
		t.Errorf("got %q (%v)", out, err)
	}
}

func TestExportIsWhatApplyTakes(t *testing.T) {
	t.Parallel()
	f := server(t)
	two := orders + "---\n" + strings.Replace(orders, "name: orders", "name: more", 1)
	if _, code, err := f.on(t, &App{Stdin: strings.NewReader(two)}, "pipelines", "apply", "-f", "-"); code != ExitOK {
		t.Fatal(err)
	}
	out, _, err := f.on(t, &App{}, "pipelines", "export")
	if err != nil {
		t.Fatal(err)
	}
	again, code, err := f.on(t, &App{Stdin: strings.NewReader(out)}, "pipelines", "apply", "-f", "-")
	if code != ExitOK || strings.Count(again, "is unchanged") != 2 {
		t.Errorf("exit code %d (%v), got %q", code, err, again)
	}
	if out, _, err := f.on(t, &App{}, "pipelines", "export", "orders", "--run"); !strings.Contains(out, "input: {}\nerror_handling:\n  strict: false\n") {
		t.Errorf("got %q (%v)", out, err)
	}
}

func TestApplyRefusesWhatNoServerHasToSee(t *testing.T) {
	t.Parallel()
	f := server(t)
	tests := []struct{ name, text, want string }{
		{"unknown field", orders + "sauce: {}\n", "sauce"},
		{"invalid", strings.Replace(orders, "name: orders", "name: Orders", 1), "name"},
		{"twice in one file", orders + "---\n" + orders, "already"},
		{"empty", "", "empty"},
		{"no YAML", "{", "reading"},
	}
	for _, tt := range tests {
		_, code, err := f.on(t, &App{}, "pipelines", "apply", "-f", file(t, "bad.yaml", tt.text))
		if code != ExitFailed || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: exit code %d: %v", tt.name, code, err)
		}
	}
	if len(f.asked) > 0 {
		t.Errorf("the server was asked to %v", f.asked)
	}
}

func TestOneRefusedSpecDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	f := server(t)
	two := strings.Replace(strings.Replace(orders, "topic: in", "topic: refused", 1), "name: orders", "name: first", 1) + "---\n" + orders
	out, code, _ := f.on(t, &App{}, "pipelines", "apply", "-f", file(t, "two.yaml", two))
	if code != ExitFailed || !strings.Contains(out, "orders created") {
		t.Errorf("exit code %d, got %q", code, out)
	}
}

func TestTrialShowsWhereAndExitsWithOne(t *testing.T) {
	t.Parallel()
	f := server(t)
	path := file(t, "orders.yaml", orders)
	out, code, err := f.on(t, &App{Stdin: strings.NewReader("{\"id\":9007199254740993}\n\n1\n")}, "pipelines", "test", "-f", path)
	if code != ExitOK || !strings.Contains(out, "step:a  ok") || !strings.Contains(f.trial, `"value":{"id":9007199254740993}`) {
		t.Errorf("exit code %d (%v), got %q for %s", code, err, out, f.trial)
	}
	f.failing = "e.x is not a function"
	out, code, _ = f.on(t, &App{Stdin: strings.NewReader("{}")}, "pipelines", "test", "-f", path)
	if code != ExitFailed || !strings.Contains(out, "a.ts:3:7: e.x is not a function") {
		t.Errorf("exit code %d, got %q", code, out)
	}
	for _, in := range []string{"", "nope\n"} {
		if _, code, err := f.on(t, &App{Stdin: strings.NewReader(in)}, "pipelines", "test", "-f", path); code != ExitFailed {
			t.Errorf("%q: exit code %d (%v)", in, code, err)
		}
	}
}

func TestTrialOfFramedRecordsIsAsInProduction(t *testing.T) {
	t.Parallel()
	f := server(t)
	f.records = `{"items":[{"partition":0,"offset":1,"timestamp":"2026-01-01T00:00:00Z","key":null,"headers":[],"value":{},"schema_id":7,"size":7}]}`
	if _, _, err := f.on(t, &App{}, "pipelines", "test", "-f", file(t, "bare.yaml", orders), "--newest", "1"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(f.trial, `"value_base64":"AAAAAAd7fQ=="`) {
		t.Errorf("without a schema: %s", f.trial)
	}
	f.records = `{"items":[{"partition":0,"offset":1,"timestamp":"2026-01-01T00:00:00Z","key":null,"headers":[],"value_base64":"AAAAAAcB","schema_id":7,"size":6}]}`
	if _, _, err := f.on(t, &App{}, "pipelines", "test", "-f", file(t, "bare.yaml", orders), "--newest", "1"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(f.trial, `"value_base64":"AAAAAAcB"`) {
		t.Errorf("without a schema, not JSON: %s", f.trial)
	}
	f.records = `{"items":[{"partition":0,"offset":1,"timestamp":"2026-01-01T00:00:00Z","key":null,"headers":[],"value":{},"schema_id":7,"size":7}]}`
	with := strings.Replace(orders, "{topic: in}", "{topic: in, schema: {subject: s}}", 1)
	if _, _, err := f.on(t, &App{}, "pipelines", "test", "-f", file(t, "with.yaml", with), "--newest", "1"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(f.trial, `"value":{}`) {
		t.Errorf("with a schema: %s", f.trial)
	}
}

func TestUnreachableServerIsNamed(t *testing.T) {
	t.Parallel()
	f := server(t)
	f.Close()
	_, code, err := f.on(t, &App{}, "pipelines", "list")
	if code != ExitFailed || err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(f.URL, "http://")) {
		t.Errorf("exit code %d: %v", code, err)
	}
}

func TestDeleteGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	f := server(t)
	f.pipelines["b"] = pipeline.Pipeline{Spec: pipeline.Spec{Name: "b"}, Revision: 1}
	out, code, _ := f.on(t, &App{}, "pipelines", "delete", "a", "b")
	if code != ExitFailed || !strings.Contains(out, "b deleted") {
		t.Errorf("exit code %d, got %q", code, out)
	}
}

func TestFlagsMayStandBehindArguments(t *testing.T) {
	t.Parallel()
	a := &App{}
	tests := []struct{ line, want string }{
		{"inflect pipelines rollback orders --to 3", "inflect pipelines rollback --to 3 orders"},
		{"inflect pipelines test orders --newest=3 -o json", "inflect pipelines test --newest=3 -o json orders"},
		{"inflect pipelines status orders -w", "inflect pipelines status -w orders"},
		{"inflect pipelines delete a -- -b", "inflect pipelines delete a -- -b"},
		{"inflect run a.yaml --chilled", "inflect run a.yaml --chilled"},
		{"inflect pipelines", "inflect pipelines"},
	}
	for _, tt := range tests {
		if got := strings.Join(a.Arrange(strings.Fields(tt.line)), " "); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.line, got, tt.want)
		}
	}
}

func TestHelpIsForThoseWhoNeedIt(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{"inflect": ExitOK, "inflect help": ExitOK, "inflect nope": ExitUsage} {
		var out strings.Builder
		a := &App{Stdout: &out}
		done, err := a.Help(strings.Fields(line))
		if code, _ := ExitCode(err); !done || code != want {
			t.Errorf("%s: %v, %v", line, done, err)
		}
	}
	for _, line := range []string{"inflect run x", "inflect version", "inflect -c x", "inflect help run"} {
		if done, _ := (&App{}).Help(strings.Fields(line)); done {
			t.Errorf("%s is not carried out", line)
		}
	}
}
