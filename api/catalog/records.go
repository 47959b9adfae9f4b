package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
)

// maxShown is how large a value may be to be shown, maxHeld how much of a topic is held at a time to choose from, and
// so the most that is shown at once; in bytes.
const (
	maxShown = 1 << 20
	maxHeld  = 32 << 20
)

// Span is the part of one partition from Start up to, and not including, End.
type Span struct{ Start, End int64 }

// Spans is what there is of a topic, by partition, up to the first transaction that is still open.
func (k *Kafka) Spans(ctx context.Context, topic string) (map[int32]Span, error) {
	return k.spans(ctx, topic, k.admin.ListCommittedOffsets)
}

// OpenSpans is what there is of a topic, open transactions included. A scan of it waits for them to end.
func (k *Kafka) OpenSpans(ctx context.Context, topic string) (map[int32]Span, error) {
	return k.spans(ctx, topic, k.admin.ListEndOffsets)
}

func (k *Kafka) spans(ctx context.Context, topic string, list func(context.Context, ...string) (kadm.ListedOffsets, error)) (map[int32]Span, error) {
	ctx, cancel := context.WithTimeout(ctx, k.options.Timeout)
	defer cancel()
	starts, err := k.offsets(ctx, topic, k.admin.ListStartOffsets)
	if err != nil {
		return nil, err
	}
	ends, err := k.offsets(ctx, topic, list)
	if err != nil {
		return nil, err
	}
	out := map[int32]Span{}
	ends.Each(func(end kadm.ListedOffset) {
		start, _ := starts.Lookup(topic, end.Partition)
		out[end.Partition] = Span{start.Offset, end.Offset}
	})
	return out, nil
}

// offsets is what list says of every partition of a topic that exists. A broker begins to serve a partition a moment after
// it has told who leads it: one that knows nothing of it is asked again, for as long as ctx lets it.
func (k *Kafka) offsets(ctx context.Context, topic string, list func(context.Context, ...string) (kadm.ListedOffsets, error)) (kadm.ListedOffsets, error) {
	for {
		if _, err := k.detail(ctx, topic); err != nil {
			return nil, err
		}
		listed, err := list(ctx, topic)
		if err == nil {
			err = listed.Error()
		}
		if !kerr.IsRetriable(err) {
			return listed, k.Explain(topic, err)
		}
		select {
		case <-time.After(lookAgain / 4):
		case <-ctx.Done():
			return nil, k.Explain(topic, err)
		}
	}
}

// Scan visits the committed records of the spans, each partition's in order, until visit returns false. It never joins a
// consumer group. Seen is false when the end of some span was not seen, because its last records are gone.
func (k *Kafka) Scan(ctx context.Context, topic string, spans map[int32]Span, visit func(*kgo.Record) bool) (seen bool, err error) {
	offsets, left := map[int32]kgo.Offset{}, map[int32]int64{}
	for p, s := range spans {
		if s.Start < s.End {
			offsets[p], left[p] = kgo.NewOffset().At(s.Start), s.End
		}
	}
	if len(left) == 0 {
		return true, nil
	}
	said := newAnswers()
	client, err := k.Connect(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(), kgo.KeepRetryableFetchErrors(),
		kgo.FetchMaxWait(fetchWait), kgo.WithHooks(said))
	if err != nil {
		return false, err
	}
	defer client.CloseAllowingRebalance()
	var since time.Time // nothing was read, and something is not served
	for len(left) > 0 {
		said.clear()
		fetches, unserved, err := poll(ctx, client)
		if err != nil {
			return false, k.Explain(topic, err)
		}
		if fetches.Empty() {
			if err := k.Ping(ctx); err != nil {
				return false, err
			}
			if unserved == nil {
				if said.nothing(client, topic, left) {
					return false, nil
				}
				continue
			}
			if since.IsZero() {
				since = time.Now()
			}
			if time.Since(since) > k.options.Timeout {
				return false, k.Explain(topic, unserved)
			}
			select {
			case <-time.After(lookAgain / 4):
			case <-ctx.Done():
				return false, k.Explain(topic, ctx.Err())
			}
			continue
		}
		since = time.Time{}
		more := true
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			for _, r := range p.Records {
				end, wanted := left[r.Partition]
				if !more || !wanted {
					return
				}
				if r.Offset < end && !r.Attrs.IsControl() {
					more = visit(r)
				}
				if r.Offset+1 >= end {
					delete(left, r.Partition)
				}
			}
		})
		if !more {
			return true, nil
		}
	}
	return true, nil
}

// Records reads from an offset, from a time, or the newest records, by partition and offset.
func (k *Kafka) Records(ctx context.Context, topic string, q pipeline.RecordQuery) ([]pipeline.Record, error) {
	spans, err := k.Spans(ctx, topic)
	if err != nil {
		return nil, err
	}
	if q.Partition != nil {
		span, ok := spans[*q.Partition]
		if !ok {
			return nil, pipeline.Errorf(pipeline.CodeInvalid, "partition", "topic %s has no partition %d", topic, *q.Partition)
		}
		spans = map[int32]Span{*q.Partition: span}
	}
	limit := cmp.Or(q.Limit, 100)
	var found []*kgo.Record
	switch {
	case q.Offset != nil:
		for p, s := range spans {
			spans[p] = Span{max(s.Start, *q.Offset), s.End}
		}
		found, err = k.collect(ctx, topic, spans, limit)
	case q.Time != nil:
		if err := k.after(ctx, topic, *q.Time, spans); err != nil {
			return nil, err
		}
		found, err = k.collect(ctx, topic, spans, limit)
	default:
		found, err = k.newest(ctx, topic, spans, limit)
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(x, y *kgo.Record) int {
		return cmp.Or(cmp.Compare(x.Partition, y.Partition), cmp.Compare(x.Offset, y.Offset))
	})
	out := make([]pipeline.Record, len(found))
	for i, r := range found {
		out[i] = Shown(r)
	}
	return out, nil
}

// collect is the first records of the spans, some limit of them.
func (k *Kafka) collect(ctx context.Context, topic string, spans map[int32]Span, limit int) ([]*kgo.Record, error) {
	var found []*kgo.Record
	held := 0
	_, err := k.Scan(ctx, topic, spans, func(r *kgo.Record) bool {
		found, held = append(found, r), held+Weight(r)
		return len(found) < limit && held < maxHeld
	})
	return found, err
}

// newest is the last records of the spans by their timestamps. Offsets need not hold records, since transactions end in
// markers and leave aborted records behind, so it looks further back until there are enough.
func (k *Kafka) newest(ctx context.Context, topic string, spans map[int32]Span, limit int) ([]*kgo.Record, error) {
	const looks, further = 4, 16
	var found []*kgo.Record
	for look, back := 0, int64(max(limit, 16)); look < looks && len(found) < limit; look, back = look+1, back*further {
		tails, all := map[int32]Span{}, true
		for p, s := range spans {
			tails[p] = Span{max(s.Start, s.End-back), s.End}
			all = all && s.Start >= s.End-back
		}
		found = nil
		held, full := 0, false
		_, err := k.Scan(ctx, topic, tails, func(r *kgo.Record) bool {
			found, held = append(found, r), held+Weight(r)
			if len(found) >= 2*limit || held >= 2*maxHeld {
				full = held >= maxHeld
				found, held = latest(found, limit)
			}
			return true
		})
		if err != nil {
			return nil, err
		}
		if all || full {
			break
		}
	}
	found, _ = latest(found, limit)
	return found, nil
}

// latest is the newest of the records, some limit and not more than maxHeld of them, and their weight.
func latest(records []*kgo.Record, limit int) (kept []*kgo.Record, held int) {
	slices.SortStableFunc(records, func(x, y *kgo.Record) int {
		return cmp.Or(y.Timestamp.Compare(x.Timestamp), cmp.Compare(y.Offset, x.Offset))
	})
	for _, r := range records {
		if len(kept) == limit || held+Weight(r) > maxHeld && len(kept) > 0 {
			break
		}
		kept, held = append(kept, r), held+Weight(r)
	}
	return kept, held
}

// Weight is about what a record takes in memory, in bytes.
func Weight(r *kgo.Record) int {
	n := 256 + len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		n += 64 + len(h.Key) + len(h.Value)
	}
	return n
}

// after moves the spans' starts to the first record that is not older than t.
func (k *Kafka) after(ctx context.Context, topic string, t time.Time, spans map[int32]Span) error {
	ctx, cancel := context.WithTimeout(ctx, k.options.Timeout)
	defer cancel()
	listed, err := k.offsets(ctx, topic, func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
		return k.admin.ListOffsetsAfterMilli(ctx, t.UnixMilli(), topics...)
	})
	if err != nil {
		return err
	}
	for p, s := range spans {
		o, _ := listed.Lookup(topic, p)
		spans[p] = Span{max(s.Start, o.Offset), s.End}
	}
	return nil
}

// Shown is a record as people see it. The frame of a JSON value (a zero byte and a schema id) is taken off.
func Shown(r *kgo.Record) pipeline.Record {
	out := pipeline.Record{Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp, Key: r.Key, Value: r.Value, Size: len(r.Key) + len(r.Value)}
	for _, h := range r.Headers {
		out.Headers = append(out.Headers, pipeline.RecordHeader{Name: h.Key, Value: h.Value})
	}
	if len(r.Value) > 5 && r.Value[0] == 0 {
		id := int32(r.Value[1])<<24 | int32(r.Value[2])<<16 | int32(r.Value[3])<<8 | int32(r.Value[4])
		if id > 0 {
			out.SchemaID = &id
		}
		if json.Valid(r.Value[5:]) {
			out.Value = r.Value[5:]
		}
	}
	if len(r.Value) > maxShown {
		out.Value, out.Truncated = nil, true
	}
	return out
}
