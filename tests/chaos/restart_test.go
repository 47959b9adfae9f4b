package chaos

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/inflect-dev/inflect/tests/parts"
)

// TestKilledEngineTakesItsPlaceAgain kills an engine under load and starts it again, with the session timeout as it is
// by default: the one with the dead one's name does not wait for that.
func TestKilledEngineTakesItsPlaceAgain(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		n, kills := events(t, 60_000), 3
		s := newStream(t, k, delivery)
		fed := feed(t, k.Client(t), s.in, n, n/30)
		engine := s.engine(t, "a")
		s.progress(t, k, time.Minute)
		for range kills {
			rest(t.Context(), 2*time.Second)
			engine.Kill(t)
			killed := time.Now()
			engine.Start(t)
			started := time.Now()
			s.progress(t, k, time.Minute)
			resumed := time.Now()
			t.Logf("resumed %v after the kill, %v after the start", resumed.Sub(killed).Round(10*time.Millisecond), resumed.Sub(started).Round(10*time.Millisecond))
			if took := resumed.Sub(started); took > 10*time.Second {
				t.Errorf("resumed %v after the start: it waited for the dead one's session of 20s", took)
			}
		}
		<-fed
		s.finished(t, k, patience)
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
		fed := feed(t, k.Client(t), s.in, n, n/20)
		first := s.engine(t, "a")
		s.progress(t, k, time.Minute)
		second := s.engine(t, "a")
		<-fed
		s.finished(t, k, patience)
		fights := 0
		for _, engine := range []*parts.Server{first, second} {
			log, err := os.ReadFile(engine.Log())
			if err != nil {
				t.Fatal(err)
			}
			fights += bytes.Count(log, []byte("give each instance a name of its own"))
			engine.Stop(t)
		}
		if fights == 0 || fights > 6 {
			t.Errorf("%d times a process was told that its name is taken; want a few", fights)
		}
		s.left(t, k)
		audit(t, k, s, n, delivery == exactlyOnce)
	})
}

// progress waits until the group has committed more than it had at its first answer.
func (s *stream) progress(t *testing.T, k *parts.Cluster, patience time.Duration) {
	t.Helper()
	admin := k.Admin(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	before := int64(-1)
	for {
		offsets, err := admin.FetchOffsets(ctx, s.group)
		if err == nil {
			var sum int64
			offsets.Each(func(o kadm.OffsetResponse) { sum += max(o.At, 0) })
			if before >= 0 && sum > before {
				return
			}
			if before < 0 {
				before = sum
			}
		}
		if !rest(ctx, 50*time.Millisecond) {
			t.Fatalf("nothing was committed within %v (%v)", patience, err)
		}
	}
}

// left expects a group without members: whoever stops leaves it at once.
func (s *stream) left(t *testing.T, k *parts.Cluster) {
	t.Helper()
	groups, err := k.Admin(t).DescribeGroups(t.Context(), s.group)
	if err != nil {
		t.Fatal(err)
	}
	if members := groups[s.group].Members; len(members) > 0 {
		t.Errorf("%d members are still in the group after a graceful stop: %v", len(members), members)
	}
}
