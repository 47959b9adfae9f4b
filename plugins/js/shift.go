package js

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

// job is one message of a batch and what becomes of it.
type job struct {
	message  *service.Message
	envelope *record.Envelope
	text     []byte
	// skip leaves the message as it is; gone says that nothing is left of it.
	skip, gone bool
	// sibling says that a neighbour in the batch came of the same record.
	sibling bool
	result
}

// source is the record that the message came of, nil when it is left alone.
func (j *job) source() *record.Source {
	if j.envelope == nil {
		return nil
	}
	return j.envelope.Source
}

// result is what the steps made of one message.
type result struct {
	items   []item
	failure *record.Failure
	trace   []stageTrace
	effects effects
	// suspect says that the event was interrupted because of the heap, which others fill as well.
	suspect bool
}

// shift is the work on one batch: lanes that take jobs in turn, one per core, and one watchdog for all of them.
type shift struct {
	pool *pool
	jobs []*job
	next atomic.Int64

	mu    sync.Mutex
	lanes []*lane
	busy  int
	done  chan struct{}
	// second marks a shift that gives a suspect event another chance.
	second bool
}

// lane is one goroutine's place in a shift. When what it runs does not stop, the lane is abandoned: its job fails, and
// another lane goes on in its place, so that a goroutine is lost but no event waits for it.
type lane struct {
	shift *shift
	// beat changes whenever a step begins, so that the watchdog sees without a clock whether the lane moves.
	beat atomic.Uint64

	mu        sync.Mutex
	machine   *machine
	job       *job
	abandoned bool
}

func newShift(p *pool, jobs []*job) *shift {
	return &shift{pool: p, jobs: jobs, done: make(chan struct{})}
}

// run returns when every job has its result.
func (s *shift) run() {
	if len(s.jobs) == 0 {
		return
	}
	s.mu.Lock()
	for range min(runtime.GOMAXPROCS(0), len(s.jobs)) {
		s.start()
	}
	s.mu.Unlock()
	newWatchdog(s).run()
	s.again()
}

// again runs the events that were interrupted because of the heap once more, each of them alone, since it may have been
// another one that filled it.
func (s *shift) again() {
	if s.second {
		return
	}
	for _, j := range s.jobs {
		if j.suspect {
			alone := newShift(s.pool, []*job{j})
			alone.second = true
			alone.run()
		}
	}
}

// start opens another lane. The caller holds mu.
func (s *shift) start() {
	l := &lane{shift: s}
	s.lanes = append(s.lanes, l)
	s.busy++
	go l.work()
}

// leave counts a lane out; the last one ends the shift.
func (s *shift) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy--; s.busy == 0 {
		close(s.done)
	}
}

// take is the next job, nil when there is none.
func (s *shift) take() *job {
	if i := int(s.next.Add(1)) - 1; i < len(s.jobs) {
		return s.jobs[i]
	}
	return nil
}

func (l *lane) work() {
	pool := l.shift.pool
	var m *machine
	for j := l.shift.take(); j != nil; j = l.shift.take() {
		if reason := pool.reason(); reason != "" {
			j.failure = pool.stopped(reason)
			continue
		}
		if m == nil {
			var err error
			if m, err = pool.take(); err != nil {
				pool.fail(fmt.Sprintf("another runtime cannot be made: %v", err))
				j.failure = pool.stopped(pool.reason())
				continue
			}
			m.beat = &l.beat
		}
		r, state := l.one(m, j)
		if state == machineStale {
			// The interrupt was meant for an earlier step, which ended at the same moment: once more on a fresh runtime.
			if m, r, state = l.retry(j, r); m == nil {
				state = machineBroken
			}
		}
		if !l.commit(j, r) {
			return
		}
		if state != machineGood {
			m = nil
		}
	}
	if m != nil {
		pool.give(m)
	}
	l.shift.leave()
}

// retry runs a job on another machine.
func (l *lane) retry(j *job, was result) (*machine, result, machineState) {
	m, err := l.shift.pool.take()
	if err != nil {
		return nil, was, machineBroken
	}
	m.beat = &l.beat
	r, state := l.one(m, j)
	return m, r, state
}

// commit hands over a job's result; it is false when the lane was abandoned meanwhile and has to end.
func (l *lane) commit(j *job, r result) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.abandoned {
		l.shift.pool.returned()
		return false
	}
	l.job, l.machine = nil, nil
	j.result = r
	if !r.suspect || l.shift.second {
		l.shift.pool.count(r.failure)
	}
	return true
}

// machineState says whether a machine can go on after a job.
type machineState int

const (
	machineGood machineState = iota
	machineBroken
	machineStale
)

// one works on a job.
func (l *lane) one(m *machine, j *job) (r result, state machineState) {
	l.mu.Lock()
	l.machine, l.job = m, j
	l.mu.Unlock()
	u := &unit{source: j.envelope.Source, timed: l.shift.pool.sample()}
	it := item{text: j.text, null: j.envelope.Null, key: j.envelope.Key, headers: j.envelope.Headers, topic: j.envelope.Topic}
	defer func() {
		if p := recover(); p != nil {
			r = result{failure: &record.Failure{Code: codeEngine, Stage: m.program.stage(), Message: fmt.Sprintf("the JavaScript engine broke: %v", p)}}
			state = machineBroken
		}
		l.beat.Add(1)
	}()
	err := m.run(u, it)
	r = result{items: u.done, trace: u.trace, effects: u.effects}
	if err != nil {
		r.items = nil
		errors.As(err, &r.failure)
	}
	switch {
	case u.stale:
		state = machineStale
	case u.interrupted:
		state = machineBroken
		r.suspect = r.failure != nil && r.failure.Code == record.CodeMemory
	}
	return r, state
}

// interrupt stops the step that the lane was in when beat was read, unless it has ended since.
func (l *lane) interrupt(beat uint64, why *interruption) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.machine != nil && !l.abandoned && l.beat.Load() == beat {
		why.beat = beat
		l.machine.interrupt(why)
	}
}

// abandon gives up a lane that was interrupted and did not stop: its job fails, and another lane takes its place.
func (l *lane) abandon(why *interruption) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.job == nil || l.abandoned || l.beat.Load() != why.beat {
		return
	}
	l.abandoned = true
	stage := l.shift.pool.program.stage()
	if s := l.machine.current.Load(); s != nil {
		stage = s.stage
	}
	l.job.result = result{failure: &record.Failure{Code: why.code, Stage: stage, Message: why.message + "; it does not stop and was abandoned"}}
	l.shift.pool.count(l.job.failure)
	l.shift.pool.abandoned(l.job.failure)
	l.shift.mu.Lock()
	l.shift.start()
	l.shift.mu.Unlock()
	l.shift.leave()
}

// interruption is why a watchdog stopped a step.
type interruption struct {
	code, message string
	beat          uint64
}

// tickOf is how often a watchdog looks.
func tickOf(timeout time.Duration) time.Duration {
	return max(time.Millisecond, min(timeout/10, 10*time.Millisecond))
}
