package kafka

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/plugins/record"
)

var (
	// errClosed is what a late writer gets: its batch was given up and its records will be read again.
	errClosed = errors.New("the batch was given up in the meantime: its records will be read again")
	// errLeft is why batches fail that were in flight when the input closed.
	errLeft = errors.New("the input was closed before the batch was finished")
)

// place is one source partition.
type place struct {
	topic     string
	partition int32
}

// origin is the Owner of a source record: how the output finds the batch.
type origin struct {
	batch  *batch
	record *kgo.Record
}

// batch is what one read hands out; in exactly_once it is one transaction. It is open until close, and what was
// produced for it is delivered when done is closed.
type batch struct {
	records []*kgo.Record
	sources []record.Source
	offsets map[place]kgo.EpochOffset // where to go on after the batch, markers included
	read    time.Time
	input   *input
	narrow  *narrow // of who read the batch
	alone   bool    // no record of another batch can be in a request with one of this
	// client writes the batch's records in exactly_once, where they belong to the lane's transaction. It is nil in
	// at_least_once, where the output's own client does. limits are the client's.
	client *kgo.Client
	limits *limits
	wrote  atomic.Pointer[limits] // of the client that wrote last

	ctx    context.Context // ends when the batch fails, so that nothing more of it is sent
	cancel context.CancelFunc

	mu     sync.RWMutex // writers hold it for reading, close for writing
	closed bool

	enqueued atomic.Int64 // records that were enqueued
	pending  atomic.Int64 // those not delivered yet, and one for being open
	done     chan struct{}
	failure  atomic.Pointer[error]

	// Of exactly_once: what the pipeline says, and that the transaction is over.
	verdict chan error
	ended   chan struct{}

	// Of at_least_once, the last two guarded by the generation.
	generation *atLeast
	finished   bool
	lost       map[place]bool // partitions that were given up while the batch was in flight
}

func newBatch(in *input, records []*kgo.Record, offsets map[place]kgo.EpochOffset) *batch {
	b := &batch{records: records, offsets: offsets, read: time.Now(), input: in, done: make(chan struct{})}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.pending.Store(1)
	return b
}

// open begins a piece of writing. It fails when the batch is closed or has failed, or another one that it may be behind;
// otherwise the writer calls b.written.
func (b *batch) open() error {
	b.mu.RLock()
	if b.closed || b.failure.Load() != nil || b.generation != nil && b.generation.spoilt.Load() {
		b.mu.RUnlock()
		if err := b.err(); err != nil {
			return err
		}
		return errClosed
	}
	return nil
}

func (b *batch) written() { b.mu.RUnlock() }

// produce enqueues a record. It waits only while the client's buffer is full.
func (b *batch) produce(client *kgo.Client, l *limits, r *kgo.Record) {
	b.wrote.Store(l)
	b.enqueued.Add(1)
	b.pending.Add(1)
	client.Produce(b.ctx, r, b.delivered)
}

// delivered is called once for every produced record.
func (b *batch) delivered(r *kgo.Record, err error) {
	if err != nil {
		l := b.wrote.Load()
		if errors.Is(err, kerr.UnknownTopicID) || errors.Is(err, kerr.MessageTooLarge) && l.fixed == 0 {
			// The topic was deleted and made anew. Or, since single records are checked before, its limit is another one than
			// the client was told.
			l.stale.Store(true)
		}
		b.fail(b.judge(r, &writeError{topic: r.Topic, err: err}))
	}
	b.release()
}

// judge turns a failed delivery into what has to follow of it.
func (b *batch) judge(r *kgo.Record, err *writeError) error {
	if b.input == nil || !permanent(err) {
		return err
	}
	if len(b.records) > 1 || !b.alone || errors.Is(err, kerr.MessageTooLarge) && b.wrote.Load().outgrown(r.Topic) {
		return b.narrower(err)
	}
	s, f := &b.sources[0], refusalOf(r.Topic, err.err)
	if s.Refused == nil || s.Outcome == record.DeadLettered {
		return &stopError{source: s, failure: f, why: "there is no other place for it"}
	}
	b.input.refusals.add(s, f)
	return b.narrower(err)
}

// narrower is err for a batch that has to be taken apart.
func (b *batch) narrower(err error) error {
	return &narrowError{narrow: b.narrow, size: len(b.records), err: err}
}

// wait closes the batch and waits until everything of it is delivered.
func (b *batch) wait(ctx context.Context) error {
	b.close()
	select {
	case <-b.done:
		return b.err()
	case <-ctx.Done():
		b.fail(errLeft)
		return ctx.Err()
	}
}

func (b *batch) release() {
	if b.pending.Add(-1) == 0 {
		close(b.done)
	}
}

// close ends writing. It waits for a writer at work.
func (b *batch) close() {
	b.mu.Lock()
	was := b.closed
	b.closed = true
	b.mu.Unlock()
	if !was {
		b.release()
	}
}

// moving reports whether some of what was written is delivered: the target takes records, however slowly.
func (b *batch) moving() bool { return b.pending.Load() < b.enqueued.Load() }

// fail makes sure that the batch is never committed. The first reason counts.
func (b *batch) fail(err error) {
	if b.failure.CompareAndSwap(nil, &err) {
		b.cancel()
		if b.generation != nil {
			b.generation.spoil(err)
		}
	}
}

// err is why the batch failed, nil while it has not.
func (b *batch) err() error {
	if p := b.failure.Load(); p != nil {
		return *p
	}
	return nil
}

// tally sums the outcomes of the batch's records, those of lost partitions excepted, and says how many are left out.
// It may be called once nobody writes to the sources any more.
func (b *batch) tally() (t record.Tally, left int) {
	for i := range b.sources {
		s := &b.sources[i]
		if b.lost != nil && b.lost[place{s.Topic, s.Partition}] {
			left++
			continue
		}
		t.Add(s.Outcome)
	}
	return t, left
}

// payload is the size of a record as far as memory is concerned.
func payload(r *kgo.Record) int {
	n := len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return n
}

// writeError is a failed delivery.
type writeError struct {
	topic string
	err   error
}

func (e *writeError) Error() string { return "writing to " + e.topic + ": " + e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }

// holds reports whether the batch has records of one of the partitions.
func (b *batch) holds(parts map[place]bool) bool {
	for p := range b.offsets {
		if parts[p] {
			return true
		}
	}
	return false
}

func places(m map[string][]int32) map[place]bool {
	out := map[place]bool{}
	for topic, partitions := range m {
		for _, p := range partitions {
			out[place{topic, p}] = true
		}
	}
	return out
}

// lose notes that the partitions are somebody else's now, so that the batch's records of them do not count. It returns how
// many those are.
func (b *batch) lose(parts map[place]bool) (n int) {
	for _, r := range b.records {
		if at := (place{r.Topic, r.Partition}); parts[at] && !b.lost[at] {
			n++
		}
	}
	if b.lost == nil {
		b.lost = map[place]bool{}
	}
	maps.Copy(b.lost, parts)
	return n
}
