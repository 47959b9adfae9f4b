package js

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"

	"github.com/inflect-dev/inflect/plugins/record"
	"github.com/inflect-dev/inflect/transforms"
)

// callDepth is how deep functions may call each other.
const callDepth = 2000

// loadTimeout is how long the evaluation of a module may take when it is loaded.
const loadTimeout = 10 * time.Second

// machine is one runtime with the steps in it. It works on one event at a time.
type machine struct {
	program *program
	vm      *goja.Runtime
	steps   []boundStep
	sources map[string]*source
	dec     decoder
	enc     encoder
	unit    *unit
	// beat tells the watchdog that another step has begun, current which one; why is set together with an interrupt.
	beat    *atomic.Uint64
	current atomic.Pointer[step]
	why     atomic.Pointer[interruption]
	// shallow and deep freeze an object, and an object with all that is in it.
	shallow, deep goja.Callable
	// seal freezes a module for good, leaveOpen does not; sealed are the maps and sets of sealed modules.
	seal, leaveOpen goja.Value
	sealed          map[*goja.Object]bool
	// patterns are the sealed regular expressions that remember where they were.
	patterns []*goja.Object
	// thawed runs an event on modules of its own, because one that was frozen stood in its way.
	thawed    bool
	loading   bool
	typeError *goja.Object
}

// boundStep is a step within one runtime.
type boundStep struct {
	*step
	module goja.Callable
	// frozen is the function of the module that was evaluated once; nil when there is none.
	frozen goja.Callable
	// patterns are the regular expressions of the frozen module that remember where they were.
	patterns []*goja.Object
	ctx      *goja.Object
}

// newMachine makes a runtime, takes from it what steps must not have, and loads the steps into it.
func newMachine(p *program) (*machine, error) {
	m := &machine{program: p, vm: goja.New(), sources: map[string]*source{}, sealed: map[*goja.Object]bool{}, beat: new(atomic.Uint64)}
	m.vm.SetMaxCallStackSize(callDepth)
	if err := m.sandbox(); err != nil {
		return nil, fmt.Errorf("preparing the runtime: %w", err)
	}
	m.typeError, _ = m.vm.GlobalObject().Get("TypeError").(*goja.Object)
	for i, s := range p.steps {
		v, err := m.vm.RunProgram(s.program)
		if err != nil {
			return nil, fmt.Errorf("loading step %s: %w", s.name, err)
		}
		module, _ := goja.AssertFunction(v)
		ctx, err := m.newContext(i)
		if err != nil {
			return nil, fmt.Errorf("loading step %s: %w", s.name, err)
		}
		m.sources[s.stage] = s.source
		b := boundStep{step: s, module: module, ctx: ctx}
		if b.frozen, err = m.trial(&b); err != nil {
			return nil, fmt.Errorf("loading step %s: %w", s.name, err)
		}
		b.patterns, m.patterns = m.patterns, nil
		m.steps = append(m.steps, b)
	}
	return m, nil
}

// trial evaluates a step's module once, to know that it can be, and returns its function when it may be kept.
func (m *machine) trial(s *boundStep) (goja.Callable, error) {
	m.unit, m.loading = &unit{step: s}, true
	defer func() { m.unit, m.loading = nil, false }()
	timer := time.AfterFunc(loadTimeout, func() {
		m.interrupt(&interruption{code: record.CodeTimeout, message: "evaluating the module took longer than " + loadTimeout.String()})
	})
	f, err := m.evaluate(s)
	if !timer.Stop() && err == nil {
		err = errors.New(m.why.Load().message)
	}
	var invalid *paramsError
	if errors.As(err, &invalid) {
		return nil, err
	}
	if err != nil {
		return nil, m.loadError(err)
	}
	if s.fresh != "" {
		return nil, nil
	}
	return f, nil
}

// interrupt stops the script that runs, or the next one, wherever it can be stopped. Any goroutine may call it.
func (m *machine) interrupt(why *interruption) {
	m.why.Store(why)
	m.vm.Interrupt(why)
}

// loadError is why a module cannot be evaluated, with its place in the author's source.
func (m *machine) loadError(err error) error {
	f := m.thrown(err)
	return &transforms.Error{Code: transforms.CodeBad, File: f.File, Line: f.Line, Column: f.Column, Message: f.Message, Frame: f.Frame}
}

// function is the function that a step names. Unless its module is kept frozen, the module is evaluated anew, which
// leaves nothing behind of what earlier events did to it.
func (m *machine) function(s *boundStep) (goja.Callable, error) {
	if s.frozen != nil && !m.thawed && s.once() {
		for _, p := range s.patterns {
			if err := p.Set("lastIndex", 0); err != nil {
				return nil, err
			}
		}
		return s.frozen, nil
	}
	return m.evaluate(s)
}

func (m *machine) evaluate(s *boundStep) (goja.Callable, error) {
	seal := goja.Undefined()
	switch {
	case s.fresh != "":
	case m.thawed || !s.once():
		seal = m.leaveOpen
	default:
		seal = m.seal
	}
	v, err := s.module(goja.Undefined(), seal)
	if err != nil {
		return nil, err
	}
	exports := v.(*goja.Object)
	f, ok := goja.AssertFunction(exports.Get(s.export))
	if !ok {
		return nil, fmt.Errorf("the export %q is not a function", s.export)
	}
	if m.loading {
		return f, m.checkParams(s.step, exports)
	}
	return f, nil
}
