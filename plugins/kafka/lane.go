package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// quiet is the least time between the end of a transaction and the beginning of the lane's next one. Without it tiny
	// transactions catch up with the markers of those before and are aborted.
	quiet = 5 * time.Millisecond
	// endTimeout bounds the end of a transaction. It belongs to nobody's context: an end that was begun must be known.
	endTimeout = 30 * time.Second
)

// errOvertime says that a batch was not finished within its share of the transaction's time.
var errOvertime = errors.New("the batch took too long for its transaction")

// lane is a group member with one transaction at a time. Its goroutine alone polls, begins, ends and allows rebalances,
// which gives the rules that exactly-once rests on: every polled record belongs to the open transaction, nothing is
// polled while one is open, each one is ended once, and partitions are revoked only between two of them.
type lane struct {
	g       *exactly
	name    string
	session *kgo.GroupTransactSession
	limits  *limits
	hold    *hold
	member  *member
	eats    *appetite
	narrow  *narrow
	ended   time.Time                 // when the last transaction was
	busy    atomic.Pointer[time.Time] // since when the present batch is in the pipeline
}

func newLane(g *exactly, number int) (*lane, error) {
	c := &g.in.conf
	l := &lane{g: g, name: fmt.Sprintf("%s-%d", g.slot.name(), number), limits: newLimits(&c.producer), narrow: &g.in.narrow[number]}
	l.member = newMember(g.in, g.slot, number, &g.mortal)
	l.hold = newHold(g.in, l.member)
	forget := func(_ context.Context, member *kgo.Client, m map[string][]int32) {
		l.hold.forget(places(m))
		g.in.lag.forget(member, places(m))
	}
	opts := append(c.laneOptions(g.in.logger, l.limits, l.name),
		kgo.OnPartitionsAssigned(l.member.assigned(l.hold)), kgo.OnPartitionsRevoked(forget), kgo.OnPartitionsLost(forget))
	opts = append(opts, l.member.options()...)
	session, err := kgo.NewGroupTransactSession(append(opts, l.hold.options()...)...)
	if err != nil {
		return nil, err
	}
	l.session, l.limits.client = session, session.Client()
	l.eats = c.appetite(session.Client())
	l.hold.of(session.Client())
	return l, nil
}

func (l *lane) run() {
	defer l.member.leave(l.session.Client())
	defer l.hold.close()
	ctx, cancel := l.g.alive(context.Background())
	defer cancel()
	// Taking the id ends what a crash has left open under it: whoever reads the target, and our own offsets, wait for that.
	if _, _, err := l.session.Client().ProducerID(ctx); err != nil {
		l.g.die(fmt.Errorf("taking the transactional id %s: %w", l.name, err))
		return
	}
	for {
		if err := l.round(ctx); err != nil {
			l.g.die(err)
			return
		}
	}
}

// round is one transaction. Its error ends the generation.
func (l *lane) round(ctx context.Context) error {
	in := l.g.in
	if err := in.pace.wait(ctx); err != nil {
		return err
	}
	limit, _ := l.narrow.of(in.conf.maxRecords)
	p := poller{in: in, poll: l.session.PollRecords, allow: l.session.AllowRebalance, ready: l.session.Client().BufferedFetchRecords}
	limit = in.pace.limit(in.stride.of(limit))
	h, err := p.haul(ctx, limit)
	if err != nil {
		return err
	}
	l.eats.ate(h, limit, in.pace.soon(in.stride.soon()), in.lag.behind(l.session.Client()))
	in.pace.took(len(h.records))
	if err := pause(ctx, time.Until(l.ended.Add(quiet))); err != nil {
		return err
	}
	if err := l.session.Begin(); err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	b := newBatch(in, h.records, h.offsets)
	b.alone, b.narrow, b.client, b.limits = true, l.narrow, l.session.Client(), l.limits
	b.verdict, b.ended = make(chan error, 1), make(chan struct{})
	defer close(b.ended)
	taken := l.process(ctx, b)
	committed, err := l.end(b)
	switch {
	case committed:
		in.committed([]*batch{b}, h.offsets, l.g.oldest)
	case taken:
		in.aborted(len(b.records))
		switch {
		case errors.Is(b.err(), errLeft) && b.wrote.Load() != nil:
			l.g.left.Add(int64(len(b.records)))
		case err == nil && b.err() == nil:
			in.log.Infof("%s: a transaction of %d records was aborted by the group or the broker; they are read again", l.name, len(b.records))
		}
	}
	if fenced(err) || fenced(b.err()) {
		// A transaction that the broker timed out looks the same, but does not mean that somebody else has our ids.
		if time.Since(b.read) < in.conf.transactionTimeout {
			in.log.Warnf("another process uses the transactional id %s: taking another one; give each instance a name of its own", l.name)
			l.g.slot.fenced()
		}
	}
	if err != nil {
		var narrowed *narrowError
		if errors.As(b.err(), &narrowed) {
			narrowed.shrink() // the broker may have been faster with the end, but it is known what to do
		}
		return fmt.Errorf("ending a transaction: %w", err)
	}
	return l.conclude(ctx, b)
}

// process offers the batch to the pipeline and waits until everything that came of it is delivered, or until it has
// failed. It reports whether the pipeline took it.
func (l *lane) process(ctx context.Context, b *batch) (taken bool) {
	defer b.close()
	if len(b.records) == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, l.g.in.conf.transactionTimeout*4/5)
	defer cancel()
	select {
	case l.g.ready <- b:
	case <-ctx.Done():
		b.fail(l.late(ctx, b))
		return false
	}
	l.busy.Store(&b.read)
	defer l.busy.Store(nil)
	begun := time.Now()
	select {
	case err := <-b.verdict:
		l.g.in.stride.took(len(b.records), time.Since(begun), l.g.in.conf.maxRecords)
		if err != nil {
			b.fail(err)
		}
	case <-ctx.Done():
		b.fail(l.tooMuch(ctx, b))
	}
	b.close()
	if b.err() != nil {
		return true
	}
	if err := l.session.Client().Flush(ctx); err != nil {
		if b.moving() && l.trouble(context.Background(), b.read) == "" {
			b.fail(l.tooMuch(ctx, b))
		}
		b.fail(l.late(ctx, b))
		return true
	}
	<-b.done
	return true
}

// tooMuch is late for a batch that was being worked on: the next one is smaller, be it the steps or a throttled target
// that took so long.
func (l *lane) tooMuch(ctx context.Context, b *batch) error {
	err := l.late(ctx, b)
	if len(b.records) > 1 && errors.Is(err, errOvertime) {
		return b.narrower(err)
	}
	return err
}

// trouble is what is known to be wrong with a target of what was read since then, empty when nothing is.
func (l *lane) trouble(ctx context.Context, since time.Time) string {
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	return l.limits.trouble(ctx, since)
}

// await returns when nothing is known any more to be wrong with the targets, so that the same records are not read and
// written again and again just to time out. Partitions may be revoked meanwhile, and nothing is fetched to lie in memory.
func (l *lane) await(ctx context.Context, since *time.Time) error {
	l.busy.Store(since)
	defer l.busy.Store(nil)
	topics, client := l.g.in.conf.topics, l.session.Client()
	client.PauseFetchTopics(topics...)
	defer client.ResumeFetchTopics(topics...)
	for {
		why := l.trouble(ctx, *since)
		if why == "" || ctx.Err() != nil {
			return ctx.Err()
		}
		l.g.in.health.stuck(*since, why)
		if err := pause(ctx, metadataMinAge); err != nil {
			return err
		}
	}
}

// late is why the batch could not be waited for: its time is over, or the generation has died.
func (l *lane) late(ctx context.Context, b *batch) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errLeft
	}
	return fmt.Errorf("%w (%v): %s", errOvertime, l.g.in.conf.transactionTimeout, cmp.Or(l.g.in.stall(context.Background(), b.read), slowSteps))
}

// end commits the transaction if nothing speaks against it, aborts it otherwise, and lets partitions go.
func (l *lane) end(b *batch) (committed bool, err error) {
	defer func() { l.ended = time.Now() }()
	defer l.session.AllowRebalance()
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	return l.session.End(ctx, kgo.TransactionEndTry(b.err() == nil))
}

// conclude decides how to go on after a transaction was ended. An abort with no reason of the batch's own comes of a
// rebalance: the records are read again by whoever owns them now.
func (l *lane) conclude(ctx context.Context, b *batch) error {
	err := b.err()
	var narrowed *narrowError
	switch {
	case err == nil:
		return nil
	case l.limits.stale.Load():
		return err // a new client knows the new limits, and the new topic
	case errors.As(err, &narrowed):
		narrowed.shrink()
		l.g.in.log.Infof("reading again in smaller batches: %v", err)
		return nil
	case errors.Is(err, errOvertime):
		l.g.in.health.set(stateWaiting, err.Error())
		l.g.in.log.Warnf("reading again: %v", err)
		return l.await(ctx, &b.read)
	}
	return err
}

// fenced reports whether err says that somebody else has taken over the transactional id.
func fenced(err error) bool {
	return errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch) || errors.Is(err, kerr.FencedInstanceID)
}
