package kafka

import (
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

func TestCalmEndsWhatIsNoLongerSo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, state, reason, slowed, wantState, wantReason string }{
		{"a wait", stateWaiting, "the target is away", "", stateRunning, ""},
		{"a wait for the group, which only an assignment ends", stateWaiting, joining, "", stateWaiting, joining},
		{"a quota that is no longer used up", stateRunning, "slowed down", "", stateRunning, ""},
		{"a quota that still is", stateRunning, "slowed down", "slowed down", stateRunning, "slowed down"},
		{"a failure, which only a commit ends", stateFailed, "poison", "", stateFailed, "poison"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			resources := service.MockResources()
			stats := record.StatsOf(resources)
			h := &health{stats: stats.Pipeline("p"), log: resources.Logger()}
			h.set(c.state, c.reason)
			h.calm(c.slowed)
			if b := stats.Boards()[0]; b.State != c.wantState || b.Reason != c.wantReason {
				t.Errorf("the board says %s (%s), want %s (%s)", b.State, b.Reason, c.wantState, c.wantReason)
			}
		})
	}
}
