package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
)

// TestDeadLetterIsTheOriginal holds the headers of a dead letter to what the documentation says of them.
func TestDeadLetterIsTheOriginal(t *testing.T) {
	s := start(t, needs{})
	spec := s.simple("")
	s.transform("orders.ts", "export function total(e: {items: number[]}) {\n  return { total: e.items.reduce((a, b) => a + b) };\n}\n")
	spec.Steps = []pipeline.Step{{Name: "total", Kind: pipeline.Transform, Transform: "orders.ts#total"}}
	spec.Source.Schema = s.schema("in", anyID)
	s.create(spec)
	s.phase(spec.Name, pipeline.PhaseRunning)

	sent := []*kgo.Record{
		{Topic: spec.Source.Topic, Key: []byte("k\x00\xff"), Value: []byte(`{ "id": 1,  "items": "no list" }`), Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte("t-1")}, {Key: "trace", Value: []byte("t-2")}}},
		{Topic: spec.Source.Topic, Value: []byte("not JSON \xff\xfe")},
		{Topic: spec.Source.Topic, Key: []byte("x"), Value: []byte(`{"id":"no number","items":[1]}`)},
		{Topic: spec.Source.Topic, Key: []byte("good"), Value: []byte(`{"id":2,"items":[1,2]}`)},
		{Topic: spec.Source.Topic, Key: []byte("tombstone")},
	}
	s.produce(sent...)
	out := s.reader(spec.Target.Topic)
	got := map[string]string{}
	for len(got) < 2 {
		for _, r := range next(t, out) {
			got[string(r.Key)] = string(r.Value)
			if string(r.Key) == "tombstone" && r.Value != nil {
				t.Error("the tombstone is not null any more")
			}
		}
	}
	if got["good"] != `{"total":3}` {
		t.Errorf("the target has %v", got)
	}

	wants := []struct{ stage, code, message string }{
		{"step:total", "step_threw", "orders.ts:2"},
		{"schema_in", "not_json", ""},
		{"schema_in", "schema_violation", "/id"},
	}
	letters := map[string]*kgo.Record{}
	reader := s.reader(spec.DLQ.Topic)
	for len(letters) < len(wants) {
		for _, r := range next(t, reader) {
			letters[header(r, "inflect-source-partition")+"/"+header(r, "inflect-source-offset")] = r
		}
	}
	for i, want := range wants {
		r := letters[fmt.Sprintf("%d/%d", sent[i].Partition, sent[i].Offset)]
		if r == nil {
			t.Errorf("record %d is no dead letter", i)
			continue
		}
		if string(r.Key) != string(sent[i].Key) || (r.Key == nil) != (sent[i].Key == nil) || string(r.Value) != string(sent[i].Value) {
			t.Errorf("dead letter %d has another key or value: %q %q", i, r.Key, r.Value)
		}
		for name, value := range map[string]string{
			"inflect-stage": want.stage, "inflect-error-code": want.code, "inflect-pipeline": spec.Name, "inflect-revision": "1",
			"inflect-source-topic": spec.Source.Topic, "inflect-attempt": "1",
			"inflect-source-timestamp": strconv.FormatInt(sent[i].Timestamp.UnixMilli(), 10),
		} {
			if got := header(r, name); got != value {
				t.Errorf("dead letter %d: %s is %q, want %q", i, name, got, value)
			}
		}
		whole := header(r, "inflect-error") + header(r, "inflect-place")
		for _, h := range r.Headers {
			whole += " " + string(h.Value)
		}
		if header(r, "inflect-error") == "" || !strings.Contains(whole, want.message) {
			t.Errorf("dead letter %d does not say %q: %s", i, want.message, whole)
		}
		if header(r, "inflect-fingerprint") == "" {
			t.Errorf("dead letter %d has no fingerprint", i)
		}
	}
	if r := letters[fmt.Sprintf("%d/%d", sent[0].Partition, sent[0].Offset)]; r != nil {
		var traces []string
		for _, h := range r.Headers {
			if h.Key == "trace" {
				traces = append(traces, string(h.Value))
			}
		}
		if strings.Join(traces, " ") != "t-1 t-2" {
			t.Errorf("the original headers are %q", traces)
		}
	}
	s.caughtUp(spec.Name, spec.Source.Topic)
	s.shows(spec.Name, "the counts add up", func(st pipeline.Status) error {
		c := st.Counts
		if c.Read != 5 || c.Delivered != 2 || c.DeadLettered != 3 || c.Read-c.InFlight != c.Delivered+c.Filtered+c.DeadLettered+c.Dropped {
			return fmt.Errorf("they are %+v", c)
		}
		return nil
	})
}

func TestBadSpecsNameTheField(t *testing.T) {
	s := start(t, needs{})
	good := s.simple("(e) => e")
	outside := filepath.Join(filepath.Dir(s.transforms), "outside.ts")
	if err := os.WriteFile(outside, []byte("export default (e) => e"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(s.transforms, "link.ts")); err != nil {
		t.Fatal(err)
	}
	s.transform("broken.ts", "export const f = (e) => {\n  return e +;\n}")
	s.transform("fine.ts", "export const f = (e: object) => e")
	edit := func(change func(*pipeline.Spec)) string {
		spec := good
		spec.Steps = append([]pipeline.Step(nil), good.Steps...)
		change(&spec)
		b, err := json.Marshal(spec)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	step := func(ref string) string {
		return edit(func(s *pipeline.Spec) { s.Steps[0].Code, s.Steps[0].Transform = "", ref })
	}
	tests := []struct{ name, body, field, says string }{
		{"not JSON", `{"name":`, "", "JSON"},
		{"unknown field", strings.Replace(edit(func(*pipeline.Spec) {}), `"source"`, `"sauce"`, 1), "sauce", ""},
		{"unknown source topic", edit(func(s *pipeline.Spec) { s.Source.Topic = "no-such-topic" }), "source.topic", "no-such-topic"},
		{"unknown schema", edit(func(s *pipeline.Spec) { s.Source.Schema = &pipeline.Schema{Subject: "no-such-subject"} }), "source.schema", "no-such-subject"},
		{"unknown file", step("nowhere.ts#f"), "steps[0].transform", "nowhere.ts"},
		{"unknown export", step("fine.ts#g"), "steps[0].transform", "g"},
		{"file that does not parse", step("broken.ts#f"), "steps[0].transform", "broken.ts"},
		{"code that does not parse", edit(func(s *pipeline.Spec) { s.Steps[0].Code = "(e) => {{" }), "steps[0]", ""},
		{"path that leaves", step("../outside.ts"), "steps[0].transform", ""},
		{"absolute path", step("/etc/passwd"), "steps[0].transform", ""},
		{"link that leaves", step("link.ts"), "steps[0].transform", ""},
		{"two steps of one name", edit(func(s *pipeline.Spec) { s.Steps = append(s.Steps, s.Steps[0]) }), "steps[1].name", ""},
		{"feeds itself", edit(func(s *pipeline.Spec) { s.Target.Topic = s.Source.Topic }), "target.topic", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{"/api/v1/pipelines", "/api/v1/validate"} {
				code, body := s.do(http.MethodPost, path, tt.body)
				if path == "/api/v1/pipelines" && (code < 400 || code >= 500) {
					t.Errorf("%s: %d %s", path, code, body)
				}
				if code >= 500 || !strings.Contains(string(body), `"`+tt.field) || !strings.Contains(string(body), tt.says) {
					t.Errorf("%s: %d %s does not name %s and %q", path, code, body, tt.field, tt.says)
				}
			}
		})
	}
	if code, body := s.do(http.MethodGet, "/api/v1/pipelines/"+good.Name, nil); code != http.StatusNotFound {
		t.Errorf("something was saved: %d %s", code, body)
	}
}

// TestNonsenseInARowStopsNothingElse writes with SQL what the API would refuse.
func TestNonsenseInARowStopsNothingElse(t *testing.T) {
	s := start(t, needs{})
	good := s.simple(`(e) => e`)
	s.create(good)
	s.phase(good.Name, pipeline.PhaseRunning)
	for name, statement := range map[string]string{
		"no-steps-of-sense": `INSERT INTO pipelines (name, source_topic, target_topic, delivery, on_error) VALUES ('no-steps-of-sense', '', 'a/b', 'sometimes', 'shrug')`,
		"Not A Name":        `INSERT INTO pipelines (name, source_topic, target_topic) VALUES ('Not A Name', 'a', 'b')`,
	} {
		s.sql(statement)
		s.until("the nonsense is shown as such", func() error {
			code, _, body, err := request(s.t.Context(), http.MethodGet, s.url+"/api/v1/pipelines?limit=100", nil)
			if err != nil {
				return err
			}
			var list struct {
				Items []struct {
					Name   string
					Status pipeline.Status
				}
			}
			if err := json.Unmarshal(body, &list); code != 200 || err != nil {
				return fmt.Errorf("%d %s", code, body)
			}
			for _, p := range list.Items {
				if p.Name == name && (p.Status.Phase == pipeline.PhaseFailed || p.Status.Phase == pipeline.PhaseRejected) && p.Status.Message != "" {
					return nil
				}
			}
			return fmt.Errorf("%s", body)
		})
	}
	s.produce(&kgo.Record{Topic: good.Source.Topic, Key: []byte("still here"), Value: []byte("{}")})
	for _, r := range next(t, s.reader(good.Target.Topic)) {
		if string(r.Key) != "still here" {
			t.Errorf("got %q", r.Key)
		}
	}
}
