package catalog

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A scan may wait for a record that does not exist: compaction leaves gaps, even at a partition's end. It gives up after
// idle, if brokers have answered meanwhile that there is nothing. Without anything new they take fetchWait to say so.
const (
	idle      = time.Second
	fetchWait = idle / 4
)

// poll is the next records, or none when there are none for a while. Unserved is why nobody serves a partition at the
// moment, as while its leader changes: that is not to say that there is nothing.
func poll(ctx context.Context, client *kgo.Client) (fetches kgo.Fetches, unserved, err error) {
	waiting, cancel := context.WithTimeout(ctx, idle)
	defer cancel()
	fetches = client.PollFetches(waiting)
	for _, e := range fetches.Errors() {
		switch {
		case errors.Is(e.Err, context.DeadlineExceeded) && ctx.Err() == nil:
		case kerr.IsRetriable(e.Err):
			unserved = e.Err
		default:
			return nil, nil, e.Err
		}
	}
	return fetches, unserved, nil
}

// answers counts each broker's answers to fetches. However long nothing came of it, a broker that did not answer has not
// said that there is nothing: it may be slow, or we are.
type answers struct {
	mu sync.Mutex
	of map[int32]int
}

// OnBrokerRead implements [kgo.HookBrokerRead].
func (a *answers) OnBrokerRead(broker kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	if key != kmsg.Fetch.Int16() || err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of[broker.NodeID]++
}

// newAnswers is ready before its client: that asks as soon as it is made.
func newAnswers() *answers { return &answers{of: map[int32]int{}} }

func (a *answers) clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.of)
}

// nothing reports whether, since the last clear, every broker that leads one of the partitions has answered that there is
// nothing, when nothing was polled since. Of two answers the first one was empty: the client asks for no more from a broker
// before its records have been polled. A partition that cannot be had, because nobody leads it, has nothing to offer; one
// that was not looked for yet may have.
func (a *answers) nothing(client *kgo.Client, topic string, left map[int32]int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for partition := range left {
		leader, _, err := client.PartitionLeader(topic, partition)
		if err == nil && (leader < 0 || a.of[leader] < 2) {
			return false
		}
	}
	return true
}
