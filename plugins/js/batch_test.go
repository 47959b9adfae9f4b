package js

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

const sevenBad = `
pipeline: bad
timeout: 500ms
memory_limit: 64MiB
steps:
  - name: first
    code: |
      (e, ctx) => {
        switch (e.bad) {
          case 'loop': for (;;) { try { for (;;) {} } catch {} }
          case 'recursion': return (function f() { return f() + 1; })();
          case 'string': return 'x'.repeat(1e9);
          case 'array': return new Array(5e7).fill(0).map((x) => x);
          case 'regex': return { r: /^(a+)+$(?=b)/.test('a'.repeat(50) + '!') };
          case 'throw': throw new Error('no');
        }
        return { ...e, seen: true };
      }
  - {name: second, kind: filter, code: "(e) => e.seen"}
`

// TestBadEventsFailAlone runs a batch of a thousand events, seven of which misbehave in six ways, beside a neighbour
// pipeline whose latency is measured before, during and after.
func TestBadEventsFailAlone(t *testing.T) {
	p := newTestProcessor(t, sevenBad)
	neighbour := newTestProcessor(t, `{pipeline: good, steps: [{name: s, code: "(e) => ({...e, n: e.n + 1})"}]}`)
	bad := map[int]string{13: "loop", 14: "throw", 200: "recursion", 333: "string", 500: "array", 777: "regex", 999: "loop"}
	events := make([]string, 1000)
	for i := range events {
		events[i] = fmt.Sprintf(`{"id":%d,"bad":%q}`, i, bad[i])
	}
	before := latency(t, neighbour, time.After(200*time.Millisecond))
	done := make(chan time.Time)
	var out service.MessageBatch
	start := time.Now()
	go func() {
		defer close(done)
		out = process(t, p, events...)
	}()
	during := latency(t, neighbour, done)
	took := time.Since(start)
	after := latency(t, neighbour, time.After(200*time.Millisecond))
	t.Logf("the batch took %v; the neighbour's p99: before %v, during %v, after %v", took, before, during, after)
	if len(out) != len(events) {
		t.Fatalf("%d of %d messages came out", len(out), len(events))
	}
	failed := 0
	for i, m := range out {
		f := record.FailureOf(m)
		want := fmt.Sprintf(`{"id":%d,"bad":%q,"seen":true}`, i, bad[i])
		switch {
		case f != nil:
			failed++
			if bad[i] == "" || text(t, m) != events[i] || f.Stage != "step:first" {
				t.Errorf("event %d (%q): %s in %s: %s", i, bad[i], f.Code, f.Stage, f.Message)
			}
		case text(t, m) != want:
			t.Errorf("event %d: got %s, want %s", i, text(t, m), want)
		}
	}
	if failed != len(bad) {
		t.Errorf("%d events failed, want %d", failed, len(bad))
	}
	if p.pool.reason() != "" {
		t.Errorf("the pipeline was stopped: %s", p.pool.reason())
	}
}

// latency is the 99th percentile of a processor's time for one event until the end is signalled.
func latency(t *testing.T, p *processor, end <-chan time.Time) time.Duration {
	t.Helper()
	var all []time.Duration
	for {
		start := time.Now()
		if out := process(t, p, `{"n":1}`); text(t, out[0]) != `{"n":2}` {
			t.Fatalf("got %s", text(t, out[0]))
		}
		all = append(all, time.Since(start))
		select {
		case <-end:
			slices.Sort(all)
			return all[len(all)*99/100]
		default:
		}
	}
}

func TestOrderIsKept(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `{steps: [{name: s, code: "(e, ctx) => { if (e.n % 3 === 0) ctx.emit({n: e.n, more: true}); return e.n % 5 && e; }"}]}`)
	var events, want []string
	for i := range 3000 {
		events = append(events, fmt.Sprintf(`{"n":%d}`, i))
		if i%3 == 0 {
			want = append(want, fmt.Sprintf(`{"n":%d,"more":true}`, i))
		}
		if i%5 != 0 {
			want = append(want, fmt.Sprintf(`{"n":%d}`, i))
		}
	}
	out := process(t, p, events...)
	if len(out) != len(want) {
		t.Fatalf("got %d messages, want %d", len(out), len(want))
	}
	for i := range want {
		if got := text(t, out[i]); got != want[i] {
			t.Fatalf("message %d: got %s, want %s", i, got, want[i])
		}
	}
}

func TestTimeoutsInARowStopThePipeline(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `{pipeline: slow, timeout: 20ms, steps: [{name: s, code: "(e) => { for (;;) {} }"}]}`)
	events := make([]string, 60)
	for i := range events {
		events[i] = `{}`
	}
	stopped := 0
	for _, m := range process(t, p, events...) {
		if f := record.FailureOf(m); f.Code == record.CodePipeline {
			stopped++
		} else if f.Code != record.CodeTimeout {
			t.Errorf("got %s", f.Code)
		}
	}
	if stopped < 30 || stopped > 40 {
		t.Errorf("%d events were not tried any more, want about 40", stopped)
	}
	for _, m := range process(t, p, `{}`) {
		var f *record.Failure
		if !errors.As(m.GetError(), &f) || f.Code != record.CodePipeline {
			t.Errorf("got %v", m.GetError())
		}
	}
}

func TestBatchThatTakesTooLongStopsThePipeline(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `{pipeline: slow, batch_timeout: 100ms, steps: [{name: s, code: "(e) => { const end = Date.now() + 20; while (Date.now() < end); return e; }"}]}`)
	events := make([]string, 200)
	for i := range events {
		events[i] = `{"n":1}`
	}
	stopped := 0
	for _, m := range process(t, p, events...) {
		if f := record.FailureOf(m); f != nil && f.Code == record.CodePipeline {
			stopped++
		}
	}
	if want := "a batch of 200 events took longer than 100ms"; stopped < 100 || !strings.Contains(p.pool.reason(), want) {
		t.Errorf("%d events were not tried any more, reason %q", stopped, p.pool.reason())
	}
}

func TestAbandonedRuntimesStopThePipeline(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `{pipeline: stuck, timeout: 300ms, steps: [{name: s, code: "(e) => e"}]}`)
	release := make(chan struct{})
	defer close(release)
	// Nothing that a step can do is known to hang for good, so one that does is put in its place.
	p.pool.idle = nil
	for range 12 {
		m, err := newMachine(p.program)
		if err != nil {
			t.Fatal(err)
		}
		hang := m.native("hang", func(c goja.FunctionCall) goja.Value {
			if v := c.Argument(0).(*goja.Object).Get("hang"); v != nil {
				<-release
			}
			return c.Argument(0)
		})
		m.steps[0].frozen, _ = goja.AssertFunction(hang)
		p.pool.idle = append(p.pool.idle, m)
	}
	for i := range maxAbandoned + 1 {
		out := process(t, p, `{"n":1}`, `{"hang":true}`, `{"n":2}`)
		if f := record.FailureOf(out[1]); f == nil || f.Code != record.CodeTimeout {
			t.Fatalf("round %d: got %v", i, f)
		}
		if i < maxAbandoned && (out[0].GetError() != nil || out[2].GetError() != nil) {
			t.Fatalf("round %d: a neighbour failed", i)
		}
	}
	if f := record.FailureOf(process(t, p, `{}`)[0]); f == nil || f.Code != record.CodePipeline {
		t.Errorf("got %v", f)
	}
	if err := p.Close(context.Background()); err != nil {
		t.Error(err)
	}
}
