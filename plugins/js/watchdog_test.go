package js

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/dop251/goja"
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

func TestAMatchIsTriedAgainWhenNobodyRanForAWhile(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `{pipeline: stall, steps: [{name: s, code: "(e) => e"}]}`)
	for name, c := range map[string]struct {
		stalls, tries int // tries that stall, and all of them
		fails         bool
	}{
		"quick":                {0, 1, false},
		"stalled":              {1, 2, false},
		"slow whenever tried":  {2, 2, true},
		"slower than patience": {3, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, err := newMachine(p.pool.program)
				if err != nil {
					t.Fatal(err)
				}
				m.unit = &unit{}
				m.current.Store(p.pool.program.steps[0])
				v, err := m.vm.RunString("const r = /x/g; r.lastIndex = 3; r")
				if err != nil {
					t.Fatal(err)
				}
				pattern, tries := v.(*goja.Object), 0
				match := newGuards(m).timed(func(goja.FunctionCall) goja.Value {
					tries++
					if at := pattern.Get("lastIndex").ToInteger(); at != 3 {
						t.Errorf("try %d begins at %d, want 3", tries, at)
					}
					if tries <= c.stalls {
						<-time.After(matchSlow)
					}
					if err := pattern.Set("lastIndex", 0); err != nil {
						t.Error(err)
					}
					return m.vm.ToValue(false)
				})
				func() {
					defer func() { _ = recover() }() // what JavaScript catches as an exception
					match(goja.FunctionCall{This: pattern})
				}()
				if tries != c.tries || (m.unit.failed != nil) != c.fails {
					t.Errorf("tried %d times and failed with %v, want %d tries and a failure: %v", tries, m.unit.failed, c.tries, c.fails)
				}
			})
		})
	}
}
