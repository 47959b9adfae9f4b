package js

import (
	"testing"
	"time"
)

// A process that is stopped, throttled or starved for seconds must not fail the events that it was working on.
func TestStallsAreNoStepsFault(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `{pipeline: stall, timeout: 1s, steps: [{name: s, code: "(e) => e"}]}`)
	s := newShift(p.pool, []*job{{}})
	l := &lane{shift: s}
	s.lanes = append(s.lanes, l)
	w := newWatchdog(s)
	at := time.Now()
	look := func(after time.Duration) *watched {
		at = at.Add(after)
		w.look(w.clock.look(at))
		return w.lanes[l]
	}
	look(0)
	for range 5 {
		if look(time.Hour).why != nil {
			t.Fatal("a step was interrupted because nobody ran for an hour")
		}
		look(10 * time.Millisecond)
	}
	for range 100 {
		if why := look(10 * time.Millisecond).why; why != nil {
			if why.code != "step_timeout" {
				t.Errorf("interrupted with %s", why.code)
			}
			return
		}
	}
	t.Error("a step that ran for longer than its time was not interrupted")
}
