package kafka

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"

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

func TestCommitEndsOnlyWhatItIsAbout(t *testing.T) {
	t.Parallel()
	read, here, there := time.Now(), place{"in", 0}, place{"in", 1}
	stuck := func(h *health) { h.stuck(read, "the target is away") }
	stopped := func(h *health) {
		h.stopped(&stopError{source: &record.Source{Topic: "in", Offset: 7}, failure: &record.Failure{}})
	}
	for _, c := range []struct {
		name   string
		before func(*health)
		at     place
		offset int64
		oldest time.Time // zero for nothing in flight
		want   string
	}{
		{"the batch that was stuck", stuck, here, 8, time.Time{}, stateRunning},
		{"a batch before the one that is stuck", stuck, there, 8, read, stateWaiting},
		{"the batch that was stuck, with another one in flight", stuck, here, 8, read.Add(1), stateRunning},
		{"a partition, while another one cannot be read", func(h *health) { h.unread("no leader") }, there, 8, time.Time{}, stateWaiting},
		{"what lies before the record that the pipeline stopped on", stopped, here, 7, time.Time{}, stateFailed},
		{"the record that the pipeline stopped on", stopped, here, 8, time.Time{}, stateRunning},
		{"another partition's records", stopped, there, 8, time.Time{}, stateFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			resources := service.MockResources()
			stats := record.StatsOf(resources)
			h := &health{stats: stats.Pipeline("p"), log: resources.Logger()}
			c.before(h)
			h.moved(map[place]kgo.EpochOffset{c.at: {Offset: c.offset}}, func() (time.Time, bool) { return c.oldest, !c.oldest.IsZero() }, "")
			if b := stats.Boards()[0]; b.State != c.want {
				t.Errorf("the board says %s (%s), want %s", b.State, b.Reason, c.want)
			}
		})
	}
}

// Steps that take their time are no reason to wait: who scales or restarts pipelines looks at the state.
func TestPipelineWithSlowStepsRuns(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out")
		produce(t, c, numbered("in", 1500, 1)...)
		p := start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", delivery), each(func(*service.Message) bool {
			_ = pause(context.Background(), 5*time.Millisecond)
			return true
		}))
		p.board(t, func(b record.Board) string {
			if b.State == stateWaiting && !strings.HasPrefix(b.Reason, joining) {
				t.Fatalf("the board says that the pipeline waits: %s", b.Reason)
			}
			if b.Delivered < 1000 {
				return "the first batch is not done"
			}
			return ""
		})
	})
}
