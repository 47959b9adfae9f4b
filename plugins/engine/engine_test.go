package engine

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redpanda-data/benthos/v4/public/service"
	_ "github.com/redpanda-data/connect/v4/public/components/io"
	_ "github.com/redpanda-data/connect/v4/public/components/pure"

	"github.com/inflect-dev/inflect/plugins/record"
	"github.com/inflect-dev/inflect/tests/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

func TestStreamsReachNothingOutside(t *testing.T) {
	t.Parallel()
	stream := func(input, processor string) string {
		return "input: " + input + "\npipeline: {processors: [" + processor + "]}\noutput: {stdout: {}}"
	}
	const stdin, noop = "{stdin: {}}", "{noop: {}}"
	tests := []struct {
		name, config string
		allow        []string
		ok           bool
	}{
		{name: "stdio", config: stream(stdin, noop), ok: true},
		{name: "mapping", config: stream(stdin, `{mapping: 'root = this'}`), ok: true},
		{name: "broker over generate", config: stream(`{broker: {inputs: [{generate: {mapping: 'root = 1'}}]}}`, noop), ok: true},
		{name: "file input", config: stream("{file: {paths: [/etc/passwd]}}", noop)},
		{name: "http client", config: stream("{http_client: {url: 'http://169.254.169.254/'}}", noop)},
		{name: "http server", config: stream("{http_server: {}}", noop)},
		{name: "socket", config: stream("{socket: {network: tcp, address: 'a:1'}}", noop)},
		{name: "subprocess input", config: stream("{subprocess: {name: sh}}", noop)},
		{name: "command processor", config: stream(stdin, "{command: {name: sh}}")},
		{name: "subprocess processor", config: stream(stdin, "{subprocess: {name: sh}}")},
		{name: "http processor", config: stream(stdin, "{http: {url: 'http://a'}}")},
		{name: "crash", config: stream(stdin, "{crash: now}")},
		{name: "schema from a file", config: stream(stdin, "{json_schema: {schema_path: 'file:///etc/passwd'}}")},
		{name: "patterns from files", config: stream(stdin, "{grok: {expressions: ['a'], pattern_paths: [/etc/passwd]}}")},
		{name: "file output", config: "input: {stdin: {}}\noutput: {file: {path: /tmp/x}}"},
		{name: "file cache", config: stream(stdin, noop) + "\ncache_resources: [{label: c, file: {directory: /tmp}}]"},
		{name: "nested in a processor", config: stream(stdin, "{try: [{command: {name: sh}}]}")},
		{name: "environment", config: stream(stdin, `{mapping: 'root = env("PATH")'}`)},
		{name: "environment in an interpolation", config: stream(stdin, `{log: {message: '${! env("PATH") }'}}`)},
		{name: "file function", config: stream(stdin, `{mapping: 'root = file("/etc/passwd")'}`)},
		{name: "relative file function", config: stream(stdin, `{mapping: 'root = file_rel("passwd")'}`)},
		{name: "import", config: stream(stdin, `{mapping: 'import "/etc/passwd"'}`)},
		{name: "schema with a reference to a URL", config: stream(stdin, `{mapping: 'root = this.json_schema("{}")'}`)},
		{name: "mapping out of the event", config: stream(stdin, `{mapping: 'root = this.string().bloblang()'}`)},
		{name: "named by the operator", config: stream("{file: {paths: [/etc/hostname]}}", noop), allow: []string{"file"}, ok: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env, err := restricted(tt.allow)
			if err != nil {
				t.Fatal(err)
			}
			b := env.NewStreamBuilder()
			err = b.SetYAML(tt.config)
			if (err == nil) != tt.ok {
				t.Errorf("got %v, want allowed: %v", err, tt.ok)
			}
		})
	}
}

func TestUnknownAllowedComponentIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := restricted([]string{"fil"}); err == nil || !strings.Contains(err.Error(), "--allow-components") {
		t.Errorf("got %v", err)
	}
}

func TestEveryAllowedComponentExists(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, names := range service.GlobalEnvironment().GenerateSchema("", "").XFlattened() {
		for _, n := range names {
			have[n] = true
		}
	}
	for _, n := range allowed {
		if !have[n] {
			t.Errorf("there is no component %s", n)
		}
	}
}

func TestStreamsSeeOnlyOurVariables(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"INFLECT_REGISTRY": true, "PATH": false, "AWS_SECRET_ACCESS_KEY": false, "INFLECT_STREAMS_PASSWORD": false, "INFLECT_STREAMS_PASSWORD_FILE": false,
	} {
		if got := visible(name); got != want {
			t.Errorf("%s: visible is %v, want %v", name, got, want)
		}
	}
}

func TestPasswordIsGeneratedOnceAndKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "password")
	first, err := password("", file)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) < 20 {
		t.Errorf("the password %q is short", first)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != fs.FileMode(0o600) {
		t.Errorf("others may read the file: %v, %v", info, err)
	}
	if again, err := password("", file); err != nil || again != first {
		t.Errorf("got %q (%v), want %q", again, err, first)
	}
	if given, err := password("given", file); err != nil || given != "given" {
		t.Errorf("got %q (%v)", given, err)
	}
	if err := os.WriteFile(file, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := password("", file); err == nil {
		t.Error("an empty password is taken")
	}
}

func serve(t *testing.T, d *doors) func(path string) (int, string) {
	t.Helper()
	h := d.handler()
	return func(path string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
}

func TestReadyTellsTheTruth(t *testing.T) {
	t.Parallel()
	d := &doors{stats: record.NewStats(), benthos: prometheus.NewRegistry()}
	get := serve(t, d)
	want := func(code int, when string) {
		t.Helper()
		if got, body := get("/readyz"); got != code {
			t.Errorf("%s: %d %s, want %d", when, got, body, code)
		}
	}
	want(503, "before it started")
	d.started.Store(true)
	want(200, "without pipelines")
	d.stats.Pipeline("a").SetState("failed", "too many timeouts")
	want(503, "when its only pipeline failed")
	d.stats.Pipeline("b").SetState("running", "")
	want(200, "when another one runs")
	d.stopping.Store(true)
	want(503, "when it is told to end")
	if code, _ := get("/livez"); code != 200 {
		t.Error("a stopping process is taken for dead")
	}
}

func TestStatusAndMetricsShowWhatWasCounted(t *testing.T) {
	t.Parallel()
	e := newExporter()
	d := &doors{instance: "i", version: "v", stats: record.NewStats(), benthos: e.registry}
	p := d.stats.Pipeline("orders")
	p.Read(3)
	p.SetState("running", "")
	p.SetState("waiting", "the topic does not exist")
	var tally record.Tally
	tally.Add(record.Delivered)
	tally.Add(record.Filtered)
	p.Committed(tally, time.Now())
	e.NewCounterCtor("input_received", "stream")("orders").Incr(3)
	get := serve(t, d)

	_, body := get("/status")
	var s Status
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		t.Fatal(err)
	}
	if s.Instance != "i" || len(s.Pipelines) != 1 || s.Pipelines[0].Delivered != 1 || s.Pipelines[0].InFlight != 1 {
		t.Errorf("got %s", body)
	}
	_, text := get("/metrics")
	for _, line := range []string{`inflect_events_total{outcome="delivered",pipeline="orders"} 1`, `input_received{stream="orders"} 3`, `inflect_build_info{version="v"} 1`,
		`inflect_pipeline_state{pipeline="orders",state="waiting"} 1`} {
		if !strings.Contains(text, line) {
			t.Errorf("%s is missing", line)
		}
	}
	if strings.Contains(text, `state="running"`) {
		t.Error("a pipeline is in two states")
	}
	if code, _ := get("/streams"); code != 404 {
		t.Error("the open listener serves more than it should")
	}
}

func TestMetricsSurviveWhateverStreamsName(t *testing.T) {
	t.Parallel()
	e := newExporter()
	e.NewCounterCtor("a", "x")("1").Incr(1)
	e.NewCounterCtor("a", "x")("1").Incr(1)
	e.NewCounterCtor("a", "y")("1").Incr(1) // other labels
	e.NewGaugeCtor("a", "x")("1").Set(1)    // another kind
	e.NewTimerCtor("not a name!", "x")("1").Timing(1)
	e.NewCounterCtor("b")().Incr(-1) // a counter cannot go back
	got, err := e.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if got[0].GetName() != "a" || got[0].GetMetric()[0].GetCounter().GetValue() != 2 {
		t.Errorf("got %v", got)
	}
}

func TestSeriesOfDeletedStreamsGo(t *testing.T) {
	t.Parallel()
	e := newExporter()
	e.NewCounterCtor("a", "stream")("gone").Incr(1)
	e.NewCounterCtor("a", "stream")("here").Incr(1)
	j := &janitor{forget: e.forget}
	now := time.Now()
	j.sweep(now, []string{"gone", "here"})
	j.sweep(now.Add(forgetAfter-time.Second), []string{"here"})
	if n := len(series(t, e)); n != 2 {
		t.Errorf("%d series during the grace of an update, want 2", n)
	}
	j.sweep(now.Add(forgetAfter), []string{"here"})
	if n := len(series(t, e)); n != 1 {
		t.Errorf("%d series are left, want 1", n)
	}
}

func series(t *testing.T, e *exporter) []string {
	t.Helper()
	got, err := e.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range got[0].GetMetric() {
		out = append(out, m.GetLabel()[0].GetValue())
	}
	return out
}

func TestContainerMemory(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"1073741824\n": 1 << 30, "max\n": 0, "": 0, "-1": 0} {
		file := filepath.Join(t.TempDir(), "memory.max")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := containerMemory(file); ok != (want > 0) || ok && got != want {
			t.Errorf("%q: got %d, %v", text, got, ok)
		}
	}
}
