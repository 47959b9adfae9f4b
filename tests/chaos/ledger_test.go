package chaos

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/tests/parts"
)

// ledger is what came out.
type ledger struct {
	out, dead []uint8 // per id
	wrong     []string
	first     map[int32]int // per target partition, the last id that was seen for the first time
	records   int
	unordered bool // the order of ids says nothing
}

func newLedger(n int) *ledger {
	return &ledger{out: make([]uint8, n), dead: make([]uint8, n), first: map[int32]int{}}
}

// audit reads the target and the dead-letter topic to their ends as a read_committed consumer and compares them with the
// fates of n events. With exactly false, an event may have come more often, but in order of first occurrence. It returns how
// often events were repeated, of those that appear at all.
func audit(t *testing.T, k *parts.Cluster, s *stream, n int, exactly bool) (again int) {
	t.Helper()
	l := newLedger(n)
	l.read(t, k, s.out, l.delivered)
	l.read(t, k, s.dead, l.buried)
	lost, twice, extra := 0, 0, 0
	for id := range n {
		out, dead := fate(id)
		switch {
		case l.out[id] < out || l.dead[id] < dead:
			lost++
			l.complain("event %d is %d times in the target and %d times among the dead letters, want %d and %d", id, l.out[id], l.dead[id], out, dead)
		case l.out[id] > out || l.dead[id] > dead:
			twice++
			again += max(int(l.out[id])/max(1, int(out)), int(l.dead[id])/max(1, int(dead))) - 1
			extra += int(l.out[id] - out + l.dead[id] - dead)
			if exactly || out == 0 && l.out[id] > 0 || dead == 0 && l.dead[id] > 0 {
				l.complain("event %d is %d times in the target and %d times among the dead letters, want %d and %d", id, l.out[id], l.dead[id], out, dead)
			}
		}
	}
	t.Logf("%d events, %d records: %d lost, %d doubled (%d records too many), %d complaints", n, l.records, lost, twice, extra, len(l.wrong))
	for i, why := range l.wrong {
		if i == 20 {
			t.Errorf("… and %d more", len(l.wrong)-i)
			break
		}
		t.Error(why)
	}
	return again
}

func (l *ledger) complain(format string, args ...any) {
	l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
}

// read calls each for the records of a topic up to its present end.
func (l *ledger) read(t *testing.T, k *parts.Cluster, topic string, each func(*kgo.Record)) {
	t.Helper()
	admin := k.Admin(t)
	var ends kadm.ListedOffsets
	eventually(t, func(ctx context.Context) string {
		var err error
		if ends, err = admin.ListEndOffsets(ctx, topic); err == nil {
			err = ends.Error()
		}
		if err != nil {
			return fmt.Sprintf("listing the ends of %s: %v", topic, err)
		}
		return ""
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	client := k.Client(t, kgo.SeedBrokers(k.DirectAddrs()...), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(), kgo.FetchMaxWait(100*time.Millisecond))
	defer client.Close()
	left := map[int32]bool{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition] = true
		}
	})
	var last error
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("after %v partitions %v of %s are not read to their ends: %v", patience, slices.Sorted(maps.Keys(left)), topic, last)
		}
		if err := fetches.Err(); err != nil {
			last = err // the client tries again
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if end, _ := ends.Lookup(topic, r.Partition); r.Offset >= end.Offset-1 {
				delete(left, r.Partition)
			}
			if !r.Attrs.IsControl() {
				l.records++
				each(r)
			}
		})
	}
}

// id is the event that a record came of, and whether it is as the event was.
func (l *ledger) id(r *kgo.Record) (id int, rest []byte, ok bool) {
	if _, err := fmt.Sscanf(string(r.Value), `{"id":%d,`, &id); err != nil || id < 0 || id >= len(l.out) {
		l.complain("%s/%d offset %d is no event: %.80q", r.Topic, r.Partition, r.Offset, r.Value)
		return 0, nil, false
	}
	want := event("", id)
	rest, same := bytes.CutPrefix(r.Value, want.Value[:len(want.Value)-1])
	if !same || !bytes.Equal(r.Key, want.Key) || !r.Timestamp.Equal(want.Timestamp) || len(r.Headers) == 0 || string(r.Headers[0].Value) != fmt.Sprint(id) {
		l.complain("event %d has changed: key %q, headers %v, timestamp %v, value %.80q", id, r.Key, r.Headers, r.Timestamp, r.Value)
	}
	return id, rest, true
}

func (l *ledger) delivered(r *kgo.Record) {
	id, rest, ok := l.id(r)
	if !ok {
		return
	}
	out, _ := fate(id)
	if want := "}"; out != 2 && string(rest) != want {
		l.complain("event %d ends in %q, want %q", id, rest, want)
	}
	if l.out[id] == 0 && !l.unordered {
		if last, ok := l.first[r.Partition]; ok && id < last {
			l.complain("partition %d: event %d came after %d", r.Partition, id, last)
		}
		l.first[r.Partition] = id
	}
	l.out[id]++
}

func (l *ledger) buried(r *kgo.Record) {
	id, rest, ok := l.id(r)
	if !ok {
		return
	}
	if string(rest) != "}" {
		l.complain("the dead letter of event %d is not its original: it ends in %q", id, rest)
	}
	l.dead[id]++
}
