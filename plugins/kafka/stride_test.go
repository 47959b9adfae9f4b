package kafka

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

func TestStrideFollowsTheTimeThatRecordsTake(t *testing.T) {
	t.Parallel()
	const most = 5000
	s := newStride(time.Hour)
	for i, step := range []struct {
		n    int
		took time.Duration
		want int
	}{
		{firstStride, time.Millisecond, 2000}, // quick and full: twice as many
		{999, time.Millisecond, 2000},         // not half full: says nothing of a full one
		{1000, strideTime / 3, 2000},          // half full: a full one would not be quick
		{2000, time.Millisecond, 4000},        //
		{4000, time.Millisecond, most},        // no more than is configured
		{most, strideTime, most},              // in time
		{most, 10 * time.Second, 1000},        // as many as would have been in time
		{1000, strideTime * 3 / 4, 1000},      // in time, and twice as many would not be
		{100, 4 * time.Second, 50},            // a small one that is slow counts
		{50, time.Hour, 1},                    // never none
		{1, time.Hour, 1},                     //
		{1, time.Millisecond, 2},              // what has passed is forgotten
	} {
		s.took(step.n, step.took, most)
		if got := s.of(most); got != step.want {
			t.Fatalf("%d: after %d records in %s it is %d, want %d", i, step.n, step.took, got, step.want)
		}
	}
	if got := s.of(1); got != 1 {
		t.Errorf("%d, more than is configured", got)
	}
}

// A batch of slow records as large as configured may outlast its transaction, again and again, and between two looks of an
// autoscaler nothing is committed.
func TestSlowRecordsAreReadInSmallBatches(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		const n, each, intime = 1000, 4 * time.Millisecond, 62 // of a quarter of the transaction's second
		c := broker(t, 1, "in", "out")
		produce(t, c, numbered("in", n, 1)...)
		var large atomic.Int64
		config := strings.Replace(eachStream, "batch: {linger: 5ms}", "batch: {max_records: 100, linger: 5ms}\n    transaction_timeout: 1s", 1)
		start(t, c, strings.ReplaceAll(config, "DELIVERY", delivery), asEach(wholeBatch(func(b service.MessageBatch) {
			if len(b) > intime {
				large.Add(1)
			}
			_ = pause(t.Context(), time.Duration(len(b))*each)
		})))
		checkOnce(t, consume(t, c, "out", n), n)
		// As many may have been read before the first one was done.
		if got := large.Load(); got > 5 {
			t.Errorf("%d batches had more than %d records", got, intime)
		}
	})
}

// wholeBatch looks at whole batches.
type wholeBatch func(service.MessageBatch)

func (f wholeBatch) ProcessBatch(_ context.Context, b service.MessageBatch) ([]service.MessageBatch, error) {
	f(b)
	return []service.MessageBatch{b}, nil
}

func (wholeBatch) Close(context.Context) error { return nil }
