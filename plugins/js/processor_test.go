package js

import (
	"context"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

// newTestProcessor builds a processor from YAML, as a config would.
func newTestProcessor(t testing.TB, yaml string) *processor {
	t.Helper()
	p, err := tryProcessor(yaml)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(context.Background()) })
	return p
}

func tryProcessor(yaml string) (*processor, error) {
	conf, err := spec().ParseYAML(yaml, nil)
	if err != nil {
		return nil, err
	}
	return newProcessor(conf, service.MockResources())
}

// process runs events through p and returns what leaves.
func process(t testing.TB, p *processor, events ...string) service.MessageBatch {
	t.Helper()
	var batch service.MessageBatch
	for _, e := range events {
		batch = append(batch, service.NewMessage([]byte(e)))
	}
	out, err := p.ProcessBatch(context.Background(), batch)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		return nil
	}
	return out[0]
}

func text(t testing.TB, m *service.Message) string {
	t.Helper()
	b, err := m.AsBytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestStepsRunInOrderOnOneObject(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `
pipeline: test
steps:
  - {name: keep, kind: filter, code: "(e) => { e.seen = true; return e.n > 1; }"}
  - {name: add, code: "(e, ctx) => ({...e, n: e.n + ctx.params.by})", params: {by: 10}}
`)
	out := process(t, p, `{"n":1}`, `{"n":5}`, `{"n":7,"id":12345678901234567890,"x":1.0}`)
	want := []string{`{"n":15,"seen":true}`, `{"n":17,"id":12345678901234567890,"x":1,"seen":true}`}
	if len(out) != len(want) {
		t.Fatalf("got %d messages, want %d", len(out), len(want))
	}
	for i := range want {
		if got := text(t, out[i]); got != want[i] {
			t.Errorf("event %d: got %s, want %s", i, got, want[i])
		}
	}
}

func TestFailureNamesPlaceInSource(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `
pipeline: test
steps:
  - name: boom
    code: |
      export default function boom(e: {n: number}) {
        if (e.n === 2) {
          throw new RangeError("two is bad");
        }
        return e;
      }
`)
	out := process(t, p, `{"n":1}`, `{"n":2}`, `{"n":3}`)
	if len(out) != 3 {
		t.Fatalf("got %d messages, want 3", len(out))
	}
	f := record.FailureOf(out[1])
	if f == nil {
		t.Fatal("the second event did not fail")
	}
	t.Logf("%+v", f)
	if f.Code != record.CodeThrown || f.Stage != "step:boom" || f.Message != "RangeError: two is bad" || f.Line != 3 || f.Column != 11 {
		t.Errorf("got %+v", f)
	}
	if text(t, out[1]) != `{"n":2}` {
		t.Errorf("the failed event changed: %s", text(t, out[1]))
	}
	if out[0].GetError() != nil || out[2].GetError() != nil {
		t.Error("a neighbour failed")
	}
}

func TestEventThatIsNotJSONIsExplained(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `{steps: [{name: s, code: "(e) => e"}]}`)
	for event, want := range map[string]string{
		"\x00\x00\x00\x00\x07{}": "name the schema of the source",
		"\x00":                   "byte 0",
		"{":                      "the event is not JSON",
	} {
		f := record.FailureOf(process(t, p, event)[0])
		if f == nil || f.Code != record.CodeNotJSON || !strings.Contains(f.Message, want) {
			t.Errorf("%q: %+v, want something about %q", event, f, want)
		}
	}
}
