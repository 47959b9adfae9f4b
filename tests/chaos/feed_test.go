package chaos

import (
	"context"
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
	const slice = 20 * time.Millisecond
	ended := make(chan struct{})
	ctx := t.Context()
	go func() {
		defer close(ended)
		tick := time.NewTicker(slice)
		defer tick.Stop()
		perSlice := max(1, rate*int(slice)/int(time.Second))
		for id := range n {
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
		if err := client.Flush(context.WithoutCancel(ctx)); err != nil {
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
