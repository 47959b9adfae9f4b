package js

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/inflect-dev/inflect/plugins/record"
)

const (
	// maxAbandoned is how many runtimes that would not stop a pipeline may have before it is stopped itself.
	maxAbandoned = 2
	// maxTimeouts is how many events in a row may run out of time before the pipeline is stopped.
	maxTimeouts = 20
	// sampled is of how many events one has its steps timed.
	sampled = 64
)

// pool keeps idle machines and knows when to give up. A machine that was interrupted or broke never comes back.
type pool struct {
	program *program
	stats   *record.Pipeline
	mu      sync.Mutex
	idle    []*machine
	// lost is how many abandoned lanes have not ended yet, why the reason for which the pipeline was stopped.
	lost     int
	why      atomic.Pointer[string]
	timeouts atomic.Int64
	events   atomic.Uint64
}

// newPool makes the first machine, so that a step that cannot be loaded is known at once.
func newPool(p *program, stats *record.Pipeline) (*pool, error) {
	m, err := newMachine(p)
	if err != nil {
		return nil, err
	}
	return &pool{program: p, stats: stats, idle: []*machine{m}}, nil
}

func (p *pool) take() (*machine, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		m := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return m, nil
	}
	p.mu.Unlock()
	return newMachine(p.program)
}

// sample reports whether the next event is one whose steps are timed.
func (p *pool) sample() bool { return p.events.Add(1)%sampled == 1 }

func (p *pool) give(m *machine) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) < runtime.GOMAXPROCS(0) {
		p.idle = append(p.idle, m)
	}
}

// abandoned notes a lane that was given up.
func (p *pool) abandoned(f *record.Failure) {
	p.mu.Lock()
	p.lost++
	lost := p.lost
	p.mu.Unlock()
	if lost > maxAbandoned {
		p.fail(fmt.Sprintf("%d runtimes do not stop any more, the last one in %s: %s", lost, f.Stage, f.Message))
	}
}

// returned notes that an abandoned lane has ended after all.
func (p *pool) returned() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost--
}

// count notes an event's result, to find steps that time out again and again.
func (p *pool) count(f *record.Failure) {
	switch {
	case f == nil || f.Code != record.CodeTimeout:
		if p.timeouts.Load() != 0 {
			p.timeouts.Store(0)
		}
	case p.timeouts.Add(1) >= maxTimeouts:
		p.fail(fmt.Sprintf("%d events in a row ran out of time, the last one in %s: %s", maxTimeouts, f.Stage, f.Message))
	}
}

// fail stops the pipeline for good: events are no longer touched and go back unread.
func (p *pool) fail(reason string) {
	if p.why.CompareAndSwap(nil, &reason) {
		p.stats.SetState("failed", reason)
	}
}

// reason is why the pipeline was stopped, empty as long as it runs.
func (p *pool) reason() string {
	if r := p.why.Load(); r != nil {
		return *r
	}
	return ""
}

// stopped is the failure of an event that was not tried because the pipeline was stopped.
func (p *pool) stopped(reason string) *record.Failure {
	return &record.Failure{Code: record.CodePipeline, Stage: p.program.stage(), Message: "the pipeline has failed: " + reason}
}
