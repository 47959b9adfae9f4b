package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// generation is one membership in the group with all that hangs on it.
type generation interface {
	// next waits for the next batch. Its error is that of ctx, or the reason of the generation's death.
	next(ctx context.Context) (*batch, error)
	// finish takes the pipeline's verdict on a batch and returns when the batch is committed, or as good as, or given up.
	finish(ctx context.Context, b *batch, verdict error)
	// close commits what is finished, says what is left, and leaves the group. With drain it first waits for what can
	// still be finished; without, no batch will be finished any more.
	close(ctx context.Context, drain bool)
	// fate is the reason of the generation's death, nil while it lives.
	fate() error
}

// mortal is what both kinds of generation share: they die once, for one reason.
type mortal struct {
	once  sync.Once
	died  chan struct{}
	cause error
}

func newMortal() mortal { return mortal{died: make(chan struct{})} }

// die ends the generation; the first reason counts.
func (m *mortal) die(cause error) {
	m.once.Do(func() {
		m.cause = cause
		close(m.died)
	})
}

func (m *mortal) fate() error {
	select {
	case <-m.died:
		return m.cause
	default:
		return nil
	}
}

// alive is ctx until the generation dies. The caller calls cancel.
func (m *mortal) alive(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := make(chan struct{})
	go func() {
		select {
		case <-m.died:
			cancel()
		case <-stop:
		}
	}()
	return ctx, sync.OnceFunc(func() { close(stop); cancel() })
}

// haul is what one round of polling brings.
type haul struct {
	records []*kgo.Record
	offsets map[place]kgo.EpochOffset
	bytes   int
}

// poller reads records from a group member.
type poller struct {
	in    *input
	poll  func(context.Context, int) kgo.Fetches
	allow func()       // lets partitions be revoked
	ready func() int64 // how many records are there already
}

// haul polls until it has something, then for the linger more, up to the limits in records and bytes, or half the records
// when there are no more yet: a full batch that had to be waited for is no quicker than two halves. What it returns
// may have no records but only offsets: those of markers that transactions leave behind. Errors of single partitions do
// not end it, since the client goes on trying and the other partitions' records must not be lost. A topic that was deleted
// and made anew does: the client knows it by the old one's id and would ask for that for ever.
func (p *poller) haul(ctx context.Context, limit int) (h haul, err error) {
	var deadline time.Time
	for {
		pollCtx, cancel := ctx, context.CancelFunc(func() {})
		if h.offsets != nil {
			pollCtx, cancel = context.WithDeadline(ctx, deadline)
		}
		fetches := p.poll(pollCtx, limit-len(h.records))
		cancel()
		if fetches.IsClientClosed() {
			return h, kgo.ErrClientClosed
		}
		var gone error
		fetches.EachError(func(topic string, partition int32, err error) {
			p.in.fetchFailed(topic, partition, err)
			if errors.Is(err, kerr.UnknownTopicID) {
				gone = fmt.Errorf("topic %s was deleted: %w", topic, err)
			}
		})
		if gone != nil {
			return h, gone
		}
		p.in.lag.fetched(fetches)
		if h.take(fetches) && deadline.IsZero() {
			deadline = time.Now().Add(p.in.conf.linger)
		}
		switch {
		case ctx.Err() != nil:
			return h, ctx.Err()
		case h.offsets == nil:
			// The client holds rebalances back after each poll that returned something, errors included. An error of the
			// group's session is such a one, and the way out of it is a rebalance.
			p.allow()
		case len(h.records) >= limit, h.bytes >= p.in.conf.maxBytes, !time.Now().Before(deadline):
			return h, nil
		case len(h.records) >= (limit+1)/2 && p.ready() == 0:
			return h, nil // the next answer comes while the pipeline works
		}
	}
}

// take adds what was fetched and reports whether there was anything.
func (h *haul) take(fetches kgo.Fetches) bool {
	n := fetches.NumRecords()
	if n == 0 {
		return false
	}
	if h.offsets == nil {
		h.offsets = map[place]kgo.EpochOffset{}
		h.records = make([]*kgo.Record, 0, n)
	}
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) == 0 {
			return
		}
		last := p.Records[len(p.Records)-1]
		h.offsets[place{p.Topic, p.Partition}] = kgo.EpochOffset{Epoch: last.LeaderEpoch, Offset: last.Offset + 1}
		for _, r := range p.Records {
			if r.Attrs.IsControl() {
				continue
			}
			h.records = append(h.records, r)
			h.bytes += payload(r)
		}
	})
	return true
}

// transient are the errors of a poll that say nothing about the cluster.
func transient(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, kgo.ErrClientClosed)
}
