package chaos

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/tests/parts"
)

// The states of a board.
const (
	running = "running"
	waiting = "waiting"
)

// TestDiskIsFull lets a broker write no more, after which it gives up as Kafka does: alone, so that nothing goes on until
// room was made, and as the leader among three.
func TestDiskIsFull(t *testing.T) {
	t.Parallel()
	small := map[string]string{"log.index.size.max.bytes": "65536", "log.cleaner.dedupe.buffer.size": "2097152"}
	maps.Copy(small, mortal)
	// Half of the events are written once the files are limited: more than there is room for, since nobody compresses them.
	const limit = 100 << 10
	raw := kgo.ProducerBatchCompression(kgo.NoCompression())
	t.Run("of the only broker", func(t *testing.T) {
		k := parts.OwnKafka(t, parts.KafkaConfig{Heap: "256m", Settings: small})
		n := events(t, 20_000)
		var streams []*stream
		for _, delivery := range []string{exactlyOnce, atLeastOnce} {
			s := newStream(t, k, delivery)
			s.config = strings.ReplaceAll(s.config, "topic: "+s.out+",", "topic: "+s.out+", producer: {compression: none},")
			s.config = strings.ReplaceAll(s.config, "pipeline: chaos\n    shutdown", "pipeline: chaos\n    producer: {compression: none}\n    shutdown")
			streams = append(streams, s)
		}
		var engines []*parts.Server
		var feeders []*feeder
		for i, s := range streams {
			feeders = append(feeders, newFeeder(k.Client(t, raw), s.in))
			<-feeders[i].to(t, n/2, 0)
			engines = append(engines, s.engine(t, string(rune('a'+i))))
		}
		k.Broker(1).LimitFiles(t, limit)
		for _, f := range feeders {
			f.to(t, n, 0)
		}
		k.Broker(1).Ended(t, patience)
		for _, s := range streams {
			t.Log(s.state(t, waiting))
		}
		k.Broker(1).Start(t)
		for i, s := range streams {
			<-feeders[i].done
			s.finished(t, k)
			s.state(t, running)
			engines[i].Stop(t)
			audit(t, k, s, n, i == 0)
		}
	})
	t.Run("of one of three", func(t *testing.T) {
		k := parts.OwnKafka(t, parts.KafkaConfig{Brokers: 3, Heap: "256m", Settings: small})
		n := events(t, 20_000)
		s := newStream(t, k, exactlyOnce)
		feeder := newFeeder(k.Client(t, raw), s.in)
		feeder.to(t, n/2, n/20)
		engine := s.engine(t, "a")
		s.progress(t, k, 0)
		k.Broker(2).LimitFiles(t, limit)
		fed := feeder.to(t, n, n/20)
		k.Broker(2).Ended(t, patience)
		<-fed
		s.finished(t, k)
		engine.Stop(t)
		k.Broker(2).Start(t)
		audit(t, k, s, n, true)
	})
}

// TestTooFewReplicas has a target that wants all three replicas in sync, and takes one broker away, then another, which
// is the majority of the controllers as well.
func TestTooFewReplicas(t *testing.T) {
	t.Parallel()
	k := parts.OwnKafka(t, parts.KafkaConfig{Brokers: 3, Heap: "256m", Settings: mortal})
	n := events(t, 10_000)
	streams := map[string]*stream{}
	var engines []*parts.Server
	var feeders []*feeder
	for _, delivery := range []string{exactlyOnce, atLeastOnce} {
		s := newStream(t, k, delivery)
		strict := k.Topic(t, "strict", 6, "retention.ms", "-1", "min.insync.replicas", "3")
		s.config = strings.ReplaceAll(s.config, s.out, strict)
		s.out = strict
		streams[delivery] = s
		f := newFeeder(k.Client(t), s.in)
		f.to(t, n/2, n/30)
		feeders = append(feeders, f)
		engines = append(engines, s.engine(t, delivery))
		s.progress(t, k, 0)
	}
	k.Broker(3).Kill(t)
	for _, f := range feeders {
		f.to(t, n, n/30)
	}
	for delivery, s := range streams {
		t.Logf("%s: %s", delivery, s.state(t, waiting, "2 of 3 replicas are in sync, and min.insync.replicas is 3"))
	}
	k.Broker(2).Kill(t)
	rest(t.Context(), 5*time.Second)
	k.Broker(2).Start(t)
	k.Broker(3).Start(t)
	for _, f := range feeders {
		<-f.done
	}
	for delivery, s := range streams {
		s.finished(t, k)
		s.state(t, running)
		audit(t, k, s, n, delivery == exactlyOnce)
	}
	for _, engine := range engines {
		engine.Stop(t)
	}
}

// TestQuotasSlowDown throttles an engine in what it writes, reads and asks. It goes on slowly, and its members stay.
func TestQuotasSlowDown(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		// Uncompressed that is more than may be written in the time over which brokers look at a quota, ten seconds, and
		// twice as much time suffices to write it.
		const n = 8000
		id := parts.Unique("slow")
		s := newStream(t, k, delivery, "client_id: "+id)
		s.config = strings.ReplaceAll(s.config, "topic: "+s.out+",", "topic: "+s.out+", producer: {compression: none}, client_id: "+id+",")
		s.config = strings.ReplaceAll(s.config, "client_id: "+id+"\n", "client_id: "+id+"\n    producer: {compression: none}\n")
		engine := s.engine(t, "a")
		s.joined(t, k)
		before := s.members(t, k)
		admin := k.Admin(t)
		entity := kadm.ClientQuotaEntity{{Type: "client-id", Name: &id}}
		altered, err := admin.AlterClientQuotas(t.Context(), []kadm.AlterClientQuotaEntry{{Entity: entity, Ops: []kadm.AlterClientQuotaOp{
			{Key: "producer_byte_rate", Value: 100_000}, {Key: "consumer_byte_rate", Value: 200_000}, {Key: "request_percentage", Value: 50},
		}}})
		if err != nil || altered[0].Err != nil {
			t.Fatal(err, altered)
		}
		begun := time.Now()
		fed := feed(t, k.Client(t), s.in, n, 0)
		t.Log(s.state(t, running, "quota")) // it is said until a moment after the last time
		<-fed
		s.finished(t, k)
		t.Logf("%d events took %v", n, time.Since(begun).Round(100*time.Millisecond))
		if after := s.members(t, k); after != before {
			t.Errorf("the group's members were %s and are %s", before, after)
		}
		engine.Stop(t)
		audit(t, k, s, n, true)
	})
}

// members are the ids of the group's members, which a rebalance for the loss of one changes.
func (s *stream) members(t *testing.T, k *parts.Cluster) string {
	t.Helper()
	groups, err := k.Admin(t).DescribeGroups(t.Context(), s.group)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range groups[s.group].Members {
		ids = append(ids, m.MemberID)
	}
	return strings.Join(ids, " ")
}

// TestDeadLetterTopicIsMissing has no topic for dead letters for longer than a transaction may take. They wait for it,
// and so does whatever comes behind them.
func TestDeadLetterTopicIsMissing(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		n := events(t, 20_000)
		s := newStream(t, k, delivery, "transaction_timeout: 10s")
		missing := parts.Unique("buried")
		s.config = strings.ReplaceAll(s.config, s.dead, missing)
		s.dead = missing
		fed := feed(t, k.Client(t, kgo.MaxBufferedRecords(n)), s.in, n, n/10)
		engine := s.engine(t, "a")
		t.Log(s.state(t, waiting, missing))
		rest(t.Context(), 12*time.Second) // more than a transaction's time
		s.state(t, waiting, missing)
		k.CreateTopic(t, missing, 3, "retention.ms", "-1")
		back := time.Now()
		<-fed
		s.finished(t, k)
		t.Logf("caught up %v after the topic came", time.Since(back).Round(10*time.Millisecond))
		s.state(t, running)
		engine.Stop(t)
		audit(t, k, s, n, true)
	})
}
