package record

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redpanda-data/benthos/v4/public/service"
)

// keptErrors is how many of a pipeline's last failures the board remembers.
const keptErrors = 10

// Pipeline is one pipeline's counters in this process. Its methods may be called from any goroutine, once per batch, not
// once per record.
type Pipeline struct {
	stats    *Stats
	name     string
	started  time.Time
	events   [outcomes]prometheus.Counter
	read     prometheus.Counter
	duration prometheus.Observer
	endToEnd prometheus.Observer
	batch    prometheus.Observer

	mu    sync.Mutex
	board Board
	lag   map[string]map[int32]int64
	errs  []BoardError
}

// Board is the state of one pipeline in one process as the engine's /status serves it and the control plane reads it.
// Read counts what is new: a record that is read again after an abort counts once, so that
// Read - InFlight = Delivered + Filtered + DeadLettered + Dropped.
type Board struct {
	Pipeline string `json:"pipeline"`
	Revision int64  `json:"revision,omitempty"`
	// State is running, waiting or failed; Reason says why it waits or what it failed of.
	State        string           `json:"state"`
	Reason       string           `json:"reason,omitempty"`
	Read         int64            `json:"read"`
	InFlight     int64            `json:"in_flight"`
	Delivered    int64            `json:"delivered"`
	Filtered     int64            `json:"filtered"`
	DeadLettered int64            `json:"dead_lettered"`
	Dropped      int64            `json:"dropped"`
	Lag          int64            `json:"lag"`
	Partitions   []BoardPartition `json:"partitions"`
	Errors       []BoardError     `json:"errors"`
	Started      time.Time        `json:"started"`
}

// BoardPartition is one partition that the process reads, with its lag in records.
type BoardPartition struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Lag       int64  `json:"lag"`
}

// BoardError is one of the last failures.
type BoardError struct {
	Time    time.Time `json:"time"`
	Stage   string    `json:"stage"`
	Code    string    `json:"code"`
	Message string    `json:"message"`
}

// Read counts n records that an input hands out, again or for the first time. They stay in flight until
// [Pipeline.Committed] or [Pipeline.Aborted].
func (p *Pipeline) Read(n int) {
	p.read.Add(float64(n))
	p.batch.Observe(float64(n))
	p.mu.Lock()
	p.board.Read += int64(n)
	p.board.InFlight += int64(n)
	p.mu.Unlock()
}

// Aborted takes back n records that will be read again.
func (p *Pipeline) Aborted(n int) {
	p.mu.Lock()
	p.board.Read -= int64(n)
	p.board.InFlight -= int64(n)
	p.mu.Unlock()
}

// Tally sums the outcomes of a batch before they are counted.
type Tally [outcomes]int64

// Add counts one record's final outcome.
func (t *Tally) Add(o Outcome) { t[o.Final()]++ }

// Committed counts the outcomes of records whose offsets are committed. Read is when the batch was read.
func (p *Pipeline) Committed(t Tally, read time.Time) {
	now := time.Now()
	var n int64
	for o := Delivered; o < outcomes; o++ {
		if t[o] > 0 {
			p.events[o].Add(float64(t[o]))
		}
		n += t[o]
	}
	if n > 0 {
		p.duration.Observe(now.Sub(read).Seconds())
	}
	p.mu.Lock()
	p.board.InFlight -= n
	p.finish(t)
	p.mu.Unlock()
}

// Settled counts records of a foreign input, which nobody reads or commits in our terms: read and finished in one.
func (p *Pipeline) Settled(t Tally) {
	var n int64
	for o := Delivered; o < outcomes; o++ {
		if t[o] > 0 {
			p.events[o].Add(float64(t[o]))
		}
		n += t[o]
	}
	p.read.Add(float64(n))
	p.mu.Lock()
	p.board.Read += n
	p.finish(t)
	p.mu.Unlock()
}

// Filtered notes the records of which a processor removed a message. Those of which another message is left go on; left may be
// nil where no record has several. Nobody else will count those of foreign inputs.
func (p *Pipeline) Filtered(gone []*Source, left service.MessageBatch) {
	if len(gone) == 0 {
		return
	}
	alive := map[*Source]bool{}
	for _, m := range left {
		if e := From(m); e != nil {
			alive[e.Source] = true
		}
	}
	var t Tally
	n := 0
	for _, s := range gone {
		if s.Outcome != Pending || alive[s] {
			continue
		}
		s.Outcome = Filtered
		if s.Owner == nil {
			t.Add(Filtered)
			n++
		}
	}
	if n > 0 {
		p.Read(n)
		p.Committed(t, time.Now())
	}
}

// finish moves a tally into the board; the caller holds the lock.
func (p *Pipeline) finish(t Tally) {
	p.board.Delivered += t[Delivered]
	p.board.Filtered += t[Filtered]
	p.board.DeadLettered += t[DeadLettered]
	p.board.Dropped += t[Dropped]
}

// EndToEnd observes the age of a record at its commit.
func (p *Pipeline) EndToEnd(age time.Duration) { p.endToEnd.Observe(age.Seconds()) }

// StepTimer is the histogram of one step, to be kept by the processor. Sample it: it is not free.
func (p *Pipeline) StepTimer(step string) prometheus.Observer {
	return p.stats.stepTime.WithLabelValues(p.name, step)
}

// Failed counts one event that failed and remembers it among the last failures.
func (p *Pipeline) Failed(f *Failure) {
	step := strings.TrimPrefix(f.Stage, StageStep)
	p.stats.stepErrors.WithLabelValues(p.name, step, f.Code).Inc()
	e := BoardError{Time: time.Now(), Stage: f.Stage, Code: f.Code, Message: f.Message}
	p.mu.Lock()
	p.errs = append(p.errs, e)
	if len(p.errs) > keptErrors {
		p.errs = slices.Delete(p.errs, 0, len(p.errs)-keptErrors)
	}
	p.mu.Unlock()
}

// SetLag records how far behind a partition is. Drop it with a negative lag when the partition is revoked.
func (p *Pipeline) SetLag(topic string, partition int32, lag int64) {
	label := strconv.Itoa(int(partition))
	p.mu.Lock()
	defer p.mu.Unlock()
	if lag < 0 {
		delete(p.lag[topic], partition)
		p.stats.lag.DeleteLabelValues(p.name, topic, label)
		return
	}
	if p.lag == nil {
		p.lag = map[string]map[int32]int64{}
	}
	if p.lag[topic] == nil {
		p.lag[topic] = map[int32]int64{}
	}
	p.lag[topic][partition] = lag
	p.stats.lag.WithLabelValues(p.name, topic, label).Set(float64(lag))
}

// SetState says what the pipeline is doing: running, waiting or failed, and why.
func (p *Pipeline) SetState(state, reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if state != p.board.State {
		p.stats.state.DeleteLabelValues(p.name, p.board.State)
		p.stats.state.WithLabelValues(p.name, state).Set(1)
	}
	p.board.State, p.board.Reason = state, reason
}

// SetRevision says which revision of the pipeline this process runs.
func (p *Pipeline) SetRevision(n int64) {
	p.mu.Lock()
	p.board.Revision = n
	p.mu.Unlock()
}

// Boards is a snapshot of every pipeline of the process, by name.
func (s *Stats) Boards() []Board {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Board, 0, len(s.pipelines))
	for _, p := range s.pipelines {
		out = append(out, p.snapshot())
	}
	slices.SortFunc(out, func(a, b Board) int { return strings.Compare(a.Pipeline, b.Pipeline) })
	return out
}

func (p *Pipeline) snapshot() Board {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.board
	b.Pipeline, b.Started = p.name, p.started
	b.Errors = slices.Clone(p.errs)
	for topic, parts := range p.lag {
		for n, lag := range parts {
			b.Lag += lag
			b.Partitions = append(b.Partitions, BoardPartition{Topic: topic, Partition: n, Lag: lag})
		}
	}
	slices.SortFunc(b.Partitions, func(x, y BoardPartition) int {
		if c := strings.Compare(x.Topic, y.Topic); c != 0 {
			return c
		}
		return int(x.Partition - y.Partition)
	})
	return b
}
