package chaos

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/tests/parts"
)

// TestKilledEngineTakesItsPlaceAgain kills an engine under load and starts it again, with a session that ends later than
// anybody's patience: the one with the dead one's name does not wait for that.
func TestKilledEngineTakesItsPlaceAgain(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		n, kills := events(t, 60_000), 3
		s := newStream(t, k, delivery, "session_timeout: "+(4*patience).String())
		feeder, share := newFeeder(k.Client(t), s.in), n/(2*kills+1)
		feeder.to(t, share, n/30)
		engine := s.engine(t, "a")
		s.progress(t, k, 0)
		for range kills {
			feeder.to(t, feeder.next+share, n/30)
			rest(t.Context(), 2*time.Second)
			engine.Kill(t)
			killed, before := time.Now(), feeder.next
			feeder.to(t, before+share, n/30)
			engine.Start(t)
			started := time.Now()
			s.progress(t, k, before) // events that the dead one cannot have seen
			resumed := time.Now()
			t.Logf("resumed %v after the kill, %v after the start", resumed.Sub(killed).Round(10*time.Millisecond), resumed.Sub(started).Round(10*time.Millisecond))
		}
		<-feeder.to(t, n, n/30)
		s.finished(t, k)
		engine.Stop(t)
		s.left(t, k)
		audit(t, k, s, n, delivery == exactlyOnce)
	})
}

// TestTwoEnginesWithOneNameComeToRest gives two processes the same name, as a rollout without care does. Each takes what
// the other one has once; then the later loser goes on under a numbered name.
func TestTwoEnginesWithOneNameComeToRest(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		n := events(t, 40_000)
		s := newStream(t, k, delivery)
		feeder := newFeeder(k.Client(t), s.in)
		feeder.to(t, n/2, n/20)
		first := s.engine(t, "a")
		s.progress(t, k, 0)
		second := s.engine(t, "a")
		fights := func() int {
			const told = "give each instance a name of its own"
			return count(t, first, told) + count(t, second, told)
		}
		eventually(t, func(context.Context) string {
			if fights() == 0 {
				return "no process was told that its name is taken"
			}
			return ""
		})
		<-feeder.to(t, n, n/20)
		s.finished(t, k)
		first.Stop(t)
		second.Stop(t)
		if fights := fights(); fights > 6 {
			t.Errorf("%d times a process was told that its name is taken; want a few", fights)
		}
		s.left(t, k)
		audit(t, k, s, n, delivery == exactlyOnce)
	})
}

// left expects a group without members: whoever stops leaves it.
func (s *stream) left(t *testing.T, k *parts.Cluster) {
	t.Helper()
	admin := k.Admin(t)
	eventually(t, func(ctx context.Context) string {
		groups, err := admin.DescribeGroups(ctx, s.group)
		if members := groups[s.group].Members; err != nil || len(members) > 0 {
			return fmt.Sprintf("%d members are still in the group after a graceful stop: %v (%v)", len(members), members, err)
		}
		return ""
	})
}
