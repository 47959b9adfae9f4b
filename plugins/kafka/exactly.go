package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// exactly is a generation of exactly_once: lanes that share nothing but the channel on which they offer batches.
type exactly struct {
	mortal
	in    *input
	slot  *slot
	ready chan *batch
	lanes []*lane
	left  atomic.Int64 // records that were in the pipeline when the generation was closed
	wg    sync.WaitGroup
}

func newExactly(in *input) (*exactly, error) {
	g := &exactly{mortal: newMortal(), in: in, slot: in.claims.claim(in.conf.group, in.conf.instance), ready: make(chan *batch)}
	for i := range in.conf.lanes {
		l, err := newLane(g, i)
		if err != nil {
			for _, l := range g.lanes {
				l.session.Close()
			}
			g.slot.release()
			return nil, fmt.Errorf("creating lane %d: %w", i, err)
		}
		g.lanes = append(g.lanes, l)
	}
	for _, l := range g.lanes {
		g.wg.Go(l.run)
		g.wg.Go(func() { l.member.settle(l.session.Client()) })
	}
	g.wg.Go(func() { in.watch(&g.mortal, g.lanes[0].session.Client(), g.oldest) })
	return g, nil
}

func (g *exactly) next(ctx context.Context) (*batch, error) {
	select {
	case b := <-g.ready:
		return b, nil
	case <-g.died:
		return nil, g.cause
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (g *exactly) finish(ctx context.Context, b *batch, verdict error) {
	b.verdict <- verdict
	select {
	case <-b.ended:
	case <-ctx.Done():
	}
}

func (g *exactly) close(ctx context.Context, _ bool) {
	g.die(errLeft)
	gone := make(chan struct{})
	go func() {
		g.wg.Wait()
		g.slot.release()
		close(gone)
	}()
	if n := g.left.Load(); g.in.leaving(ctx, gone) && n > 0 && errors.Is(g.fate(), errLeft) {
		g.in.log.Warnf("left the group with %d records in flight: they will be read again", n)
	}
}

// oldest is when the batch was read that has been in the pipeline for the longest time.
func (g *exactly) oldest() (oldest time.Time, ok bool) {
	for _, l := range g.lanes {
		if at := l.busy.Load(); at != nil && (!ok || at.Before(oldest)) {
			oldest, ok = *at, true
		}
	}
	return oldest, ok
}

// options are those of one lane's client.
func (c *inputConfig) laneOptions(logger *clientLogger, l *limits, transactionalID string) []kgo.Opt {
	opts := append(c.options(logger), c.producer.options(l)...)
	return append(opts, kgo.TransactionalID(transactionalID), kgo.TransactionTimeout(c.transactionTimeout))
}
