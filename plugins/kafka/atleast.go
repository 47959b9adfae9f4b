package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// commitTimeout bounds one commit of offsets.
const commitTimeout = 10 * time.Second

// atLeast is a generation of at_least_once: one group member, a few batches in flight in the order in which they were
// read, and a goroutine that commits the offsets of the finished prefix.
type atLeast struct {
	mortal
	in     *input
	client *kgo.Client
	hold   *hold
	slot   *slot
	member *member
	eats   *appetite
	slots  chan struct{} // one taken for each batch in flight
	spoilt atomic.Bool   // a batch has failed: what is written now comes again, and before what failed

	mu      sync.Mutex
	flight  []*batch                  // in the order of reading
	ready   []*batch                  // finished, not committed
	waiting int                       // records of ready
	offsets map[place]kgo.EpochOffset // of ready
	changed chan struct{}             // closed and replaced whenever a batch leaves flight or ready
	free    time.Time                 // when the pipeline was done with a batch last

	commitMu sync.Mutex // one commit at a time, in order
	wake     chan struct{}
	full     chan struct{} // many records wait for a commit
	wg       sync.WaitGroup
}

func newAtLeast(in *input) (*atLeast, error) {
	g := &atLeast{
		mortal:  newMortal(),
		in:      in,
		slots:   make(chan struct{}, in.conf.inFlight),
		offsets: map[place]kgo.EpochOffset{},
		changed: make(chan struct{}),
		wake:    make(chan struct{}, 1),
		full:    make(chan struct{}, 1),
	}
	in.uncommitted.Store(nil) // what the one before could not commit is read again
	g.slot = in.claims.claim(in.conf.group, in.conf.instance)
	g.member = newMember(in, g.slot, 0, &g.mortal)
	g.hold = newHold(in, g.member)
	opts := append(in.conf.options(in.logger),
		kgo.OnPartitionsAssigned(g.member.assigned(g.hold)), kgo.OnPartitionsRevoked(g.revoked), kgo.OnPartitionsLost(g.partitionsLost))
	opts = append(opts, g.member.options()...)
	client, err := kgo.NewClient(append(opts, g.hold.options()...)...)
	if err != nil {
		g.slot.release()
		return nil, err
	}
	g.client = client
	g.eats = in.conf.appetite(client)
	g.hold.of(client)
	g.wg.Go(g.commitLoop)
	g.wg.Go(func() { in.watch(&g.mortal, client, g.oldest) })
	g.wg.Go(func() { g.member.settle(client) })
	return g, nil
}

func (g *atLeast) next(ctx context.Context) (*batch, error) {
	ctx, cancel := g.alive(ctx)
	defer cancel()
	for {
		limit, narrowed := g.in.narrow[0].of(g.in.conf.maxRecords)
		if err := g.room(ctx, narrowed); err != nil {
			return nil, err
		}
		if err := g.in.pace.wait(ctx); err != nil {
			<-g.slots
			return nil, err
		}
		b, err := g.fetch(ctx, g.in.pace.limit(g.in.stride.of(limit)), narrowed)
		if err != nil {
			<-g.slots
			return nil, err
		}
		if n := len(b.records); n > 0 {
			g.in.pace.took(n)
			return b, nil
		}
		g.done(b) // nothing but markers
	}
}

// window is how many records may be in flight, and how many finished ones may wait for a commit. Twice as many are what
// a crash brings again at most.
func (g *atLeast) window() int { return g.in.conf.inFlight * g.in.conf.maxRecords }

// room waits until one more batch may be in flight; a narrowed one goes alone, whatever the limit has become meanwhile.
func (g *atLeast) room(ctx context.Context, alone bool) error {
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		g.mu.Lock()
		last := len(g.flight) - 1
		free, changed := (last < 0 || !alone && !g.flight[last].alone) && g.waiting < g.window(), g.changed
		g.mu.Unlock()
		if free {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			<-g.slots
			return ctx.Err()
		}
	}
}

// fetch polls a batch and puts it into flight. From the poll until then no partition can be revoked, so that a
// revocation either comes before the poll or waits for the batch.
func (g *atLeast) fetch(ctx context.Context, limit int, alone bool) (*batch, error) {
	defer g.client.AllowRebalance()
	p := poller{in: g.in, poll: g.client.PollRecords, allow: g.client.AllowRebalance, ready: g.client.BufferedFetchRecords}
	h, err := p.haul(ctx, limit)
	if err != nil {
		// What was polled is dropped: the client's position is beyond it, so this generation cannot go on.
		if len(h.offsets) > 0 || !transient(err) {
			g.die(err)
		}
		return nil, err
	}
	g.eats.ate(h, limit, g.in.pace.soon(g.in.stride.soon()), g.in.lag.behind(g.client))
	b := newBatch(g.in, h.records, h.offsets)
	b.alone, b.narrow, b.generation = alone, &g.in.narrow[0], g
	g.mu.Lock()
	g.flight = append(g.flight, b)
	g.mu.Unlock()
	return b, nil
}

func (g *atLeast) finish(ctx context.Context, b *batch, verdict error) {
	b.close()
	g.worked(b)
	if verdict != nil {
		b.fail(verdict)
	}
	select {
	case <-b.done:
	case <-ctx.Done(): // Benthos has given up; nobody may wait longer
		b.fail(errLeft)
	}
	if b.err() == nil {
		g.done(b)
	}
}

// spoil ends the generation with the failure of a batch, at once: the pipeline has the next ones, and their records may not
// get ahead of those that are read again.
func (g *atLeast) spoil(err error) {
	g.die(err)
	g.spoilt.Store(true)
}

// worked notes how long the pipeline was at a batch. It takes them one after the other: the time before it was done with
// the one before is not this one's.
func (g *atLeast) worked(b *batch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, begun := time.Now(), b.read
	if g.free.After(begun) {
		begun = g.free
	}
	g.free = now
	g.in.stride.took(len(b.records), now.Sub(begun), g.in.conf.maxRecords)
}

// done marks b as finished and hands the finished prefix to the commits.
func (g *atLeast) done(b *batch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b.finished = true
	for len(g.flight) > 0 && g.flight[0].finished {
		first := g.flight[0]
		g.flight[0] = nil
		g.flight = g.flight[1:]
		g.ready = append(g.ready, first)
		g.waiting += len(first.records)
		for p, o := range first.offsets {
			if !first.lost[p] {
				g.offsets[p] = o
			}
		}
		<-g.slots
	}
	g.hasChanged()
	signal(g.wake)
	if g.waiting >= g.window()/2 {
		signal(g.full)
	}
}

// hasChanged wakes those who wait for flight or ready. The caller holds the lock.
func (g *atLeast) hasChanged() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// signal says something to a goroutine that will look, now or later.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (g *atLeast) commitLoop() {
	alive, cancel := g.alive(context.Background())
	defer cancel()
	var gone time.Time // since when a topic is not known by the id that it was read under
	for {
		select {
		case <-g.died:
			return
		case <-g.wake:
		}
		ctx, cancel := context.WithTimeout(alive, commitTimeout)
		err := g.commit(ctx)
		cancel()
		full := g.full
		switch {
		case !errors.Is(err, kerr.UnknownTopicID):
			gone = time.Time{}
		case gone.IsZero():
			gone = time.Now() // of a new topic brokers hear one after the other
		case time.Since(gone) > calmTime:
			g.die(fmt.Errorf("committing offsets of a topic that was deleted: %w", err)) // reading may wait for this commit
			return
		}
		if alive.Err() != nil {
			return
		}
		if err != nil {
			why := "committing offsets: " + err.Error()
			g.in.uncommitted.Store(&why)
			g.in.health.set(stateWaiting, why)
			signal(g.wake) // what could not be committed is tried again
			full = nil
		} else {
			g.in.uncommitted.Store(nil)
		}
		select {
		case <-g.died:
			return
		case <-full:
		case <-time.After(g.in.conf.commitInterval):
		}
	}
}

// commit commits what is finished and counts it (invariants 1 and 2).
func (g *atLeast) commit(ctx context.Context) error {
	g.commitMu.Lock()
	defer g.commitMu.Unlock()
	g.mu.Lock()
	ready, offsets := g.ready, maps.Clone(g.offsets)
	g.mu.Unlock()
	if len(ready) == 0 {
		return nil
	}
	if len(offsets) > 0 {
		if err := commitOffsets(ctx, g.client, offsets); err != nil {
			return err
		}
	}
	g.mu.Lock()
	g.ready = g.ready[len(ready):]
	for _, b := range ready {
		g.waiting -= len(b.records)
	}
	for p, o := range offsets {
		if g.offsets[p] == o {
			delete(g.offsets, p)
		}
	}
	g.hasChanged()
	g.mu.Unlock()
	g.in.committed(ready, offsets, g.oldest)
	return nil
}

// revoked lets what is in flight finish before partitions are given up: that is what keeps another instance from doing
// it again. What takes longer than half the rebalance timeout is left to the other one.
func (g *atLeast) revoked(ctx context.Context, member *kgo.Client, revoked map[string][]int32) {
	parts := places(revoked)
	draining, cancel := context.WithTimeout(ctx, g.in.conf.rebalanceTimeout/2)
	g.drain(draining, parts)
	cancel()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout) // whatever was spent before
	defer cancel()
	if err := g.commitLast(ending); err != nil {
		g.in.log.Warnf("committing offsets of partitions that are given up: %v", err)
	}
	if n := g.forget(member, parts); n > 0 {
		g.in.log.Warnf("gave up partitions %v before %d of their records were committed: they are read again by whoever has them now", revoked, n)
	}
}

// commitLast commits when there will be no other time to do it. What is not committed now appears twice, so it waits for
// a rebalance that is on its way.
func (g *atLeast) commitLast(ctx context.Context) error {
	err := g.commit(ctx)
	for errors.Is(err, kerr.RebalanceInProgress) && pause(ctx, firstPause) == nil {
		err = g.commit(ctx) // the client rejoins meanwhile, with the same partitions or after a revocation
	}
	return err
}

// partitionsLost is called when the group has given the partitions to others already.
func (g *atLeast) partitionsLost(_ context.Context, member *kgo.Client, lost map[string][]int32) {
	if n := g.forget(member, places(lost)); n > 0 {
		g.in.log.Warnf("lost partitions %v before %d of their records were committed: they are read again by whoever has them now", lost, n)
	}
}

// drain waits until no batch in flight holds records of the partitions.
func (g *atLeast) drain(ctx context.Context, parts map[place]bool) {
	for {
		g.mu.Lock()
		busy, changed := false, g.changed
		for _, b := range g.flight {
			busy = busy || b.holds(parts)
		}
		g.mu.Unlock()
		if !busy {
			return
		}
		select {
		case <-changed:
		case <-g.died:
			return
		case <-ctx.Done():
			return
		}
	}
}

// forget takes the partitions out of everything that is still to be committed: they are somebody else's now. It returns
// how many records of them were not committed.
func (g *atLeast) forget(member *kgo.Client, parts map[place]bool) (left int) {
	g.hold.forget(parts)
	g.mu.Lock()
	for _, batches := range [][]*batch{g.flight, g.ready} {
		for _, b := range batches {
			if b.holds(parts) {
				left += b.lose(parts)
			}
		}
	}
	for p := range parts {
		delete(g.offsets, p)
	}
	g.mu.Unlock()
	g.in.lag.forget(member, parts)
	return left
}

// oldest is when the batch was read that has been waiting for the longest time for its delivery or, where commits fail,
// for its commit.
func (g *atLeast) oldest() (time.Time, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case len(g.ready) > 0:
		return g.ready[0].read, true
	case len(g.flight) > 0:
		return g.flight[0].read, true
	}
	return time.Time{}, false
}

func (g *atLeast) close(ctx context.Context, drain bool) {
	cause := g.fate()
	if cause != nil {
		// Batches behind the one that failed would only be written twice. Those before it may finish.
		g.abandon()
	}
	g.die(errLeft)
	g.wg.Wait()
	if drain {
		settling, cancel := context.WithTimeout(ctx, g.in.conf.shutdownTimeout*3/4) // the rest is for the commit
		g.settle(settling)
		cancel()
	}
	if err := g.commitLast(ctx); err != nil {
		g.in.log.Warnf("committing offsets before leaving the group: %v", err)
	}
	g.commitMu.Lock() // a revocation may be committing
	g.mu.Lock()
	left := slices.Concat(g.ready, g.flight)
	g.ready, g.flight, g.waiting = nil, nil, 0
	g.mu.Unlock()
	g.commitMu.Unlock()
	read, begun := 0, 0
	for _, b := range left {
		b.fail(errLeft)
		read += len(b.records)
		if b.wrote.Load() != nil { // others were only read, as ever when Benthos stops
			begun += len(b.records)
		}
	}
	g.in.aborted(read)
	if begun > 0 && cause == nil {
		g.in.log.Warnf("left the group with %d records in flight: they will be read again", begun)
	}
	g.hold.close()
	gone := make(chan struct{})
	go func() {
		g.member.leave(g.client)
		g.slot.release()
		close(gone)
	}()
	g.in.leaving(ctx, gone)
}

// abandon fails the batches behind the first failed one.
func (g *atLeast) abandon() {
	g.mu.Lock()
	defer g.mu.Unlock()
	failed := false
	for _, b := range g.flight {
		if failed = failed || b.err() != nil; failed {
			b.fail(errLeft)
		}
	}
}

// settle waits for deliveries that are on their way, as long as the batches before them are fine.
func (g *atLeast) settle(ctx context.Context) {
	for {
		g.mu.Lock()
		var first *batch
		if len(g.flight) > 0 {
			first = g.flight[0]
		}
		changed := g.changed
		g.mu.Unlock()
		if first == nil || first.err() != nil {
			return
		}
		select {
		case <-changed:
		case <-first.ctx.Done():
		case <-ctx.Done():
			return
		}
	}
}
