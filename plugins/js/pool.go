package js

import (
	"runtime"
	"sync"
)

// pool keeps idle machines. A machine that was interrupted or broke never comes back.
type pool struct {
	program *program
	mu      sync.Mutex
	idle    []*machine
}

// newPool makes the first machine, so that a step that cannot be loaded is known at once.
func newPool(p *program) (*pool, error) {
	m, err := newMachine(p)
	if err != nil {
		return nil, err
	}
	return &pool{program: p, idle: []*machine{m}}, nil
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

func (p *pool) give(m *machine) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) < runtime.GOMAXPROCS(0) {
		p.idle = append(p.idle, m)
	}
}
