package chaos

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/tests/parts"
)

// TestKeysStayInOrderAcrossGrowth adds partitions under load while two engines read, kills one of them in the middle of
// the hold and starts it again. The producer learns of the growth later than the engines do.
func TestKeysStayInOrderAcrossGrowth(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		// The hold is for the time until the producer writes nothing to old partitions any more, which on a busy machine is a
		// good deal later than its metadata are refreshed.
		const age, hold = 2 * time.Second, 10 * time.Second
		n := events(t, 20_000)
		s := newStream(t, k, delivery, "metadata_max_age: 1s", "hold_new_partitions: "+hold.String(), "rate: 800")
		a, b := s.engine(t, "a"), s.engine(t, "b")
		var learned learned
		fed := feed(t, k.Client(t, kgo.MetadataMaxAge(age), kgo.MetadataMinAge(age), kgo.WithHooks(&learned)), s.in, n, n/10)
		s.progress(t, k, 0)
		rest(t.Context(), 2*time.Second)
		grown := time.Now()
		if added, err := k.Admin(t).UpdatePartitions(t.Context(), 12, s.in); err != nil || added.Error() != nil {
			t.Fatal(err, added.Error())
		}
		s.partitions = 12
		rest(t.Context(), hold*2/3)
		b.Kill(t)
		b.Start(t)
		<-fed
		s.finished(t, k)
		a.Stop(t)
		b.Stop(t)
		l := newLedger(n)
		last, early := map[string]int{}, 0
		l.read(t, k, s.out, func(r *kgo.Record) {
			id, _, ok := l.id(r)
			if !ok {
				return
			}
			if l.out[id]++; l.out[id] > 1 {
				return
			}
			if before, ok := last[string(r.Key)]; ok && id < before {
				early++
			}
			last[string(r.Key)] = id
		})
		for id := range n {
			if out, _ := fate(id); l.out[id] < out || delivery == exactlyOnce && l.out[id] > out {
				t.Fatalf("event %d is %d times in the target, want %d", id, l.out[id], out)
			}
		}
		if early > 0 {
			t.Errorf("%d events came after a later one with their key; partitions were held for %v, and the producer wrote to new ones %v after they were there",
				early, hold, learned.since(grown))
		}
		for i, why := range l.wrong {
			if i < 5 {
				t.Error(why)
			}
		}
	})
}

// learned is when a producer first wrote to a partition that was not there at first.
type learned struct{ at atomic.Int64 }

// OnProduceRecordPartitioned implements kgo.HookProduceRecordPartitioned.
func (l *learned) OnProduceRecordPartitioned(r *kgo.Record, _ int32) {
	if r.Partition >= 6 {
		l.at.CompareAndSwap(0, time.Now().UnixMilli())
	}
}

func (l *learned) since(t time.Time) time.Duration { return time.UnixMilli(l.at.Load()).Sub(t) }
