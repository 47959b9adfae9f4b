package chaos

import (
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
		const age, hold = 3 * time.Second, 5 * time.Second
		n := events(t, 20_000)
		s := newStream(t, k, delivery, "metadata_max_age: 1s", "hold_new_partitions: "+hold.String(), "rate: 800")
		fed := feed(t, k.Client(t, kgo.MetadataMaxAge(age), kgo.MetadataMinAge(age)), s.in, n, n/10)
		a, b := s.engine(t, "a"), s.engine(t, "b")
		s.progress(t, k, time.Minute)
		rest(t.Context(), 2*time.Second)
		if _, err := k.Admin(t).UpdatePartitions(t.Context(), 12, s.in); err != nil {
			t.Fatal(err)
		}
		s.partitions = 12
		rest(t.Context(), hold*2/3)
		b.Kill(t)
		b.Start(t)
		<-fed
		s.finished(t, k, patience)
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
			t.Errorf("%d events came after a later one with their key", early)
		}
		for i, why := range l.wrong {
			if i < 5 {
				t.Error(why)
			}
		}
	})
}
