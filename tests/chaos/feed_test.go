package chaos

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// pad gives events a size that is usual.
var pad = strings.Repeat("lorem ipsum ", 12)

// event is the source record with an id. Its key decides the partition.
func event(topic string, id int) *kgo.Record {
	return &kgo.Record{
		Topic:     topic,
		Key:       fmt.Appendf(nil, "customer-%d", id%997),
		Value:     fmt.Appendf(nil, `{"id":%d,"pad":"%s"}`, id, pad),
		Headers:   []kgo.RecordHeader{{Key: "trace", Value: fmt.Append(nil, id)}},
		Timestamp: time.UnixMilli(1_700_000_000_000 + int64(id)),
	}
}

// feed writes n events, at most rate in a second (0: as fast as it goes), in the order of their ids.
func feed(t *testing.T, client *kgo.Client, topic string, n, rate int) (done <-chan struct{}) {
	t.Helper()
	return newFeeder(client, topic).to(t, n, rate)
}

// feeder writes events in the order of their ids, as far as it is told to. Tests that need something to be under way
// when they break something feed it afterwards: however slow they are, it cannot be done by then.
type feeder struct {
	client *kgo.Client
	topic  string
	next   int
	done   <-chan struct{} // closed when all that was asked for is written
}

func newFeeder(client *kgo.Client, topic string) *feeder {
	done := make(chan struct{})
	close(done)
	return &feeder{client: client, topic: topic, done: done}
}

// to has the events before id n written as well, at most rate in a second (0: as fast as it goes).
func (f *feeder) to(t *testing.T, n, rate int) (done <-chan struct{}) {
	t.Helper()
	const slice = 20 * time.Millisecond
	ctx, client, topic := t.Context(), f.client, f.topic
	from, before, ended := f.next, f.done, make(chan struct{})
	f.next, f.done = n, ended
	go func() {
		defer close(ended)
		<-before
		tick := time.NewTicker(slice)
		defer tick.Stop()
		perSlice := max(1, rate*int(slice)/int(time.Second))
		for id := from; id < n; id++ {
			if rate > 0 && id%perSlice == 0 {
				select {
				case <-tick.C:
				case <-ctx.Done():
					return
				}
			}
			client.Produce(ctx, event(topic, id), func(_ *kgo.Record, err error) {
				if err != nil && ctx.Err() == nil {
					t.Errorf("feeding event %d: %v", id, err)
				}
			})
		}
		if err := client.Flush(ctx); err != nil && ctx.Err() == nil {
			t.Errorf("feeding: %v", err)
		}
	}()
	t.Cleanup(func() { <-ended })
	return ended
}

// The rules of the pipeline: one event in twenty is filtered, one in a hundred fails, one in fifty becomes two.
const steps = `
      - {name: keep, kind: filter, code: "(e) => e.id % 20 !== 0"}
      - {name: risky, kind: transform, code: "(e) => { if (e.id % 100 === 1) throw new Error('bad event'); return e }"}
      - {name: split, kind: transform, code: "(e, ctx) => { if (e.id % 50 !== 3) return e; ctx.emit({...e, part: 1}); return {...e, part: 2} }"}
`

// fate is how often an event must be in the target and in the dead-letter topic.
func fate(id int) (out, dead uint8) {
	switch {
	case id%20 == 0:
		return 0, 0
	case id%100 == 1:
		return 0, 1
	case id%50 == 3:
		return 2, 0
	}
	return 1, 0
}
