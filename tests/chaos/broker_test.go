package chaos

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/tests/parts"
)

// Settings of brokers. Half of its session is also the time that a broker has for registering, for which the three
// seconds of [parts] are too short when a machine that is busy starts several. A broker that nobody kills is alive however
// seldom it says so.
var (
	mortal   = map[string]string{"broker.session.timeout.ms": "6000", "controller.quorum.fetch.timeout.ms": "4000"}
	immortal = map[string]string{"broker.session.timeout.ms": "600000"}
)

// TestBrokersAreKilled takes one of three brokers away at a time, by kill -9 and by SIGSTOP, so that leaders and
// coordinators move in the middle of transactions. Both guarantees share the brokers and the disasters.
func TestBrokersAreKilled(t *testing.T) {
	t.Parallel()
	k := parts.OwnKafka(t, parts.KafkaConfig{Brokers: 3, Heap: "256m", Settings: mortal})
	n, disasters := events(t, 20_000), 2
	if n >= fullSize {
		disasters = 10
	}
	random := dice(t)
	client := k.Client(t)
	streams := map[string]*stream{}
	var fed []<-chan struct{}
	var engines []*parts.Server
	for _, delivery := range []string{exactlyOnce, atLeastOnce} {
		s := newStream(t, k, delivery, impatient...)
		streams[delivery] = s
		fed = append(fed, feed(t, client, s.in, n, n/(disasters*6)))
		engines = append(engines, s.engine(t, delivery))
	}
	for range disasters {
		rest(t.Context(), 2*time.Second)
		b := k.Broker(1 + random.IntN(3))
		if random.IntN(3) == 0 {
			t.Logf("pause broker %d", b.ID())
			b.Pause(t)
			rest(t.Context(), 4*time.Second)
			b.Resume(t)
			continue
		}
		t.Logf("kill broker %d", b.ID())
		b.Kill(t)
		rest(t.Context(), 4*time.Second)
		b.Start(t)
	}
	for _, done := range fed {
		<-done
	}
	for delivery, s := range streams {
		s.finished(t, k)
		audit(t, k, s, n, delivery == exactlyOnce)
	}
	for _, engine := range engines {
		engine.Stop(t)
	}
}

// TestNetworkIsCut breaks the connections of the engine, and of it alone, in every way a network has.
func TestNetworkIsCut(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.OwnKafka(t, parts.KafkaConfig{Proxied: true, Settings: immortal})
		n := events(t, 40_000)
		s := newStream(t, k, delivery, impatient...)
		fed := feed(t, k.Client(t, kgo.SeedBrokers(k.DirectAddrs()...)), s.in, n, n/16)
		engine := s.engine(t, "a")
		link := k.Broker(1).Link()
		for _, disaster := range []struct {
			name  string
			begin func()
			lasts time.Duration
		}{
			{"cut for a moment", link.Cut, 100 * time.Millisecond},
			{"cut for longer than the session", link.Cut, 5 * time.Second},
			{"delay", func() { link.Delay(50 * time.Millisecond) }, 2 * time.Second},
			{"swallow", link.Blackhole, 2 * time.Second},
		} {
			rest(t.Context(), 1500*time.Millisecond)
			t.Log(disaster.name)
			disaster.begin()
			rest(t.Context(), disaster.lasts)
			link.Heal()
		}
		<-fed
		s.finished(t, k)
		engine.Stop(t)
		audit(t, k, s, n, delivery == exactlyOnce)
	})
}

// TestEngineIsPausedPastItsSession stops an engine in its tracks (SIGSTOP) until the group has given its partitions to
// another one, and wakes it: what it still believes to own must not be committed or written.
func TestEngineIsPausedPastItsSession(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		n := events(t, 40_000)
		s := newStream(t, k, delivery, impatient...)
		fed := feed(t, k.Client(t), s.in, n, n/16)
		a, b := s.engine(t, "a"), s.engine(t, "b")
		for _, engine := range []*parts.Server{a, b, a} {
			rest(t.Context(), 1500*time.Millisecond)
			engine.Pause(t)
			rest(t.Context(), 4*time.Second)
			engine.Resume(t)
		}
		<-fed
		s.finished(t, k)
		a.Stop(t)
		b.Stop(t)
		audit(t, k, s, n, delivery == exactlyOnce)
	})
}

// TestPartitionsAreAddedUnderLoad grows the source. Records of new partitions are read from their beginning although the
// group starts at the end.
func TestPartitionsAreAddedUnderLoad(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		const n = 5000
		s := newStream(t, k, delivery, "start: latest", "metadata_max_age: 1s")
		engine := s.engine(t, "a")
		s.joined(t, k)
		old := k.Client(t)
		<-feed(t, old, s.in, n, n)
		if added, err := k.Admin(t).CreatePartitions(t.Context(), 3, s.in); err != nil || added.Error() != nil {
			t.Fatal(err, added.Error())
		}
		s.grown(t, k, 9)
		fresh := k.Client(t, kgo.RecordPartitioner(kgo.ManualPartitioner()))
		var records []*kgo.Record
		for id := range n {
			r := event(s.in, id)
			r.Partition = int32(6 + id%3)
			records = append(records, r)
		}
		if err := fresh.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		s.partitions = 9
		s.finished(t, k)
		engine.Stop(t)
		l := newLedger(n)
		l.unordered = true
		l.read(t, k, s.out, l.delivered)
		for id := range n {
			if out, _ := fate(id); l.out[id] != 2*out {
				t.Fatalf("event %d is %d times in the target, want %d", id, l.out[id], 2*out)
			}
		}
	})
}

// grown waits until the brokers tell clients of that many partitions of the source.
func (s *stream) grown(t *testing.T, k *parts.Cluster, partitions int) {
	t.Helper()
	admin := k.Admin(t)
	eventually(t, func(ctx context.Context) string {
		topics, err := admin.ListTopics(ctx, s.in)
		if err == nil && len(topics[s.in].Partitions) == partitions {
			return ""
		}
		return fmt.Sprintf("%s has %d partitions, want %d (%v)", s.in, len(topics[s.in].Partitions), partitions, err)
	})
}

// TestRetentionOvertakesAStoppedEngine deletes records that were never read: the pipeline goes on with the oldest that
// there are.
func TestRetentionOvertakesAStoppedEngine(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		const n = 6000
		s := newStream(t, k, delivery)
		client, admin := k.Client(t), k.Admin(t)
		<-feed(t, client, s.in, n, 0)
		engine := s.engine(t, "a")
		s.finished(t, k)
		engine.Stop(t)
		<-feed(t, client, s.in, n, 0)
		ends, err := admin.ListEndOffsets(t.Context(), s.in)
		if err != nil {
			t.Fatal(err)
		}
		if deleted, err := admin.DeleteRecords(t.Context(), ends.Offsets()); err != nil || deleted.Error() != nil {
			t.Fatal(err, deleted.Error())
		}
		<-feed(t, client, s.in, n, 0)
		engine.Start(t)
		s.finished(t, k)
		engine.Stop(t)
		l := newLedger(n)
		l.unordered = true
		l.read(t, k, s.out, l.delivered)
		for id := range n {
			if out, _ := fate(id); l.out[id] != 2*out {
				t.Fatalf("event %d is %d times in the target, want %d: of the three times it was fed, once was deleted", id, l.out[id], 2*out)
			}
		}
	})
}
