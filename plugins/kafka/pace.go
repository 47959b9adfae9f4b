package kafka

import (
	"context"
	"sync"
	"time"
)

// paceSlice is the time whose records a batch may have at most under a rate limit, so that the limit is smooth.
const paceSlice = 100 * time.Millisecond

// pace holds reading back to a number of records per second. It is shared by an input's lanes.
type pace struct {
	rate float64 // 0 for no limit

	mu   sync.Mutex
	next time.Time
}

func newPace(rate float64) *pace { return &pace{rate: rate} }

// limit is the most records of the next batch.
func (p *pace) limit(n int) int {
	if p.rate == 0 {
		return n
	}
	return max(1, min(n, int(p.rate*paceSlice.Seconds())))
}

// soon is how many of the n records that the pipeline does in the time of a batch the limit lets it do.
func (p *pace) soon(n int) int {
	if p.rate == 0 {
		return n
	}
	return min(n, max(1, int(p.rate*strideTime.Seconds())))
}

// wait blocks until something may be read.
func (p *pace) wait(ctx context.Context) error {
	if p.rate == 0 {
		return nil
	}
	p.mu.Lock()
	d := time.Until(p.next)
	p.mu.Unlock()
	if d <= 0 {
		return nil
	}
	return pause(ctx, d)
}

// took notes that n records were read.
func (p *pace) took(n int) {
	if p.rate == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(float64(n) / p.rate * float64(time.Second)))
}

// pause waits for d, or for the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
