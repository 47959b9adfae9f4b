package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/plugins/record"
)

func init() {
	service.MustRegisterBatchInput("inflect_kafka", inputSpec(),
		func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchInput, error) {
			return newInput(conf, mgr)
		})
}

// Pauses between a generation that died and the next one.
const (
	firstPause = 250 * time.Millisecond
	longPause  = 30 * time.Second
)

// input implements service.BatchInput. Benthos calls Connect and ReadBatch from one goroutine, acknowledgements from
// any, and Close once after all acknowledgements that there will be.
type input struct {
	conf     inputConfig
	log      *service.Logger
	logger   *clientLogger
	stats    *record.Pipeline
	lag      *lag
	ages     ages
	pace     *pace
	refusals refusals
	narrow   []narrow // one for each lane
	stride   *stride
	claims   *claims
	health   health
	writing  atomic.Pointer[writing]
	deaths   atomic.Int32    // of generations, in a row
	hurry    bool            // the last death needs no pause: it is known what to do
	heirs    map[string]bool // places in the group that a killed process of our name has left

	uncommitted atomic.Pointer[string] // why the last commit of at_least_once failed

	mu      sync.Mutex
	current generation
	started bool
	closed  bool
}

// writing is who wrote last: whom to ask when the target does not acknowledge.
type writing struct {
	limits *limits
	logger *clientLogger
}

func newInput(conf *service.ParsedConfig, mgr *service.Resources) (*input, error) {
	c, err := parseInput(conf)
	if err != nil {
		return nil, err
	}
	if c.pipeline == "" {
		c.pipeline = mgr.StreamID()
	}
	log := mgr.Logger().With("pipeline", c.pipeline)
	in := &input{conf: c, log: log, logger: newClientLogger(log), pace: newPace(c.rate), narrow: make([]narrow, c.lanes), stride: newStride(c.transactionTimeout), claims: claimsOf(mgr)}
	in.stats = record.StatsOf(mgr).Pipeline(c.pipeline)
	in.lag = newLag(in.stats)
	in.health.stats, in.health.log = in.stats, in.log
	return in, nil
}

// Connect builds a generation, after the previous one has been closed and a pause that grows with each death in a row.
func (in *input) Connect(ctx context.Context) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return service.ErrEndOfInput
	}
	if in.conf.revision > 0 {
		in.stats.SetRevision(in.conf.revision)
	}
	if in.current != nil {
		in.bury(ctx)
		if err := in.rest(ctx); err != nil {
			return err
		}
	} else if !in.started {
		in.health.set(stateWaiting, joining)
	}
	if err := in.begin(ctx); err != nil {
		in.health.set(stateWaiting, err.Error())
		return err
	}
	g, err := in.generation()
	if err != nil {
		err = fmt.Errorf("creating the Kafka client: %w", err)
		in.health.set(stateWaiting, err.Error())
		return err
	}
	in.current = g
	return nil
}

func (in *input) generation() (generation, error) {
	if in.conf.exactly {
		return newExactly(in)
	}
	return newAtLeast(in)
}

// bury closes the generation that died and says of what. The caller holds the lock.
func (in *input) bury(ctx context.Context) {
	cause := in.current.fate()
	if cause == nil {
		cause = errLeft
	}
	ctx, cancel := context.WithTimeout(ctx, in.conf.shutdownTimeout)
	defer cancel()
	in.current.close(ctx, true)
	in.current = nil
	in.died(cause)
}

// died draws the conclusions from the reason of a generation's death.
func (in *input) died(cause error) {
	var stop *stopError
	var narrowed *narrowError
	if in.hurry = errors.As(cause, &narrowed); !in.hurry {
		in.deaths.Add(1)
	}
	switch {
	case in.hurry:
		narrowed.shrink()
		in.log.Infof("reading again in smaller batches: %v", cause)
	case errors.As(cause, &stop):
		in.health.stopped(stop)
	default:
		in.health.set(stateWaiting, cause.Error())
		in.log.Warnf("reading again from the committed offsets: %v", cause)
	}
}

// rest pauses before the next generation.
func (in *input) rest(ctx context.Context) error {
	n := in.deaths.Load()
	if n == 0 || in.hurry {
		return nil
	}
	return pause(ctx, min(firstPause<<min(n-1, 10), longPause))
}

// ReadBatch hands out the next batch. The acknowledgement returns when what came of it is durable.
func (in *input) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	in.mu.Lock()
	g := in.current
	in.mu.Unlock()
	if g == nil {
		return nil, nil, service.ErrNotConnected
	}
	b, err := g.next(ctx)
	if err != nil {
		if g.fate() != nil || errors.Is(err, kgo.ErrClientClosed) {
			return nil, nil, service.ErrNotConnected
		}
		return nil, nil, err
	}
	in.stats.Read(len(b.records))
	return b.messages(), func(ctx context.Context, verdict error) error {
		g.finish(ctx, b, verdict)
		return nil
	}, nil
}

// Close leaves the group. It may be called twice.
func (in *input) Close(ctx context.Context) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	if in.current == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, in.conf.shutdownTimeout)
	defer cancel()
	in.current.close(ctx, false)
	in.current = nil
	return nil
}

// committed counts batches whose offsets are committed. oldest is the generation's.
func (in *input) committed(batches []*batch, offsets map[place]kgo.EpochOffset, oldest func() (time.Time, bool)) {
	for _, b := range batches {
		t, left := b.tally()
		in.stats.Committed(t, b.read)
		in.stats.Aborted(left)
		if n := len(b.records); n > 0 {
			in.stats.EndToEnd(time.Since(b.records[n-1].Timestamp))
			b.narrow.grow(in.conf.maxRecords)
		}
	}
	for p, o := range offsets {
		in.lag.committed(p, o.Offset)
		in.refusals.forget(p, o.Offset)
	}
	if in.health.moved(offsets, oldest, in.slowed()) {
		in.deaths.Store(0)
	}
}

// aborted takes back n records that will be read again.
func (in *input) aborted(n int) {
	if n > 0 {
		in.stats.Aborted(n)
	}
}
