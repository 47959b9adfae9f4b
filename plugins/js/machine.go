package js

import (
	"fmt"

	"github.com/dop251/goja"
)

// callDepth is how deep functions may call each other.
const callDepth = 2000

// machine is one runtime with the steps in it. It works on one event at a time.
type machine struct {
	program *program
	vm      *goja.Runtime
	steps   []boundStep
	sources map[string]*source
	dec     decoder
	enc     encoder
	unit    *unit
	// shallow and deep freeze an object, and an object with all that is in it.
	shallow, deep goja.Callable
}

// boundStep is a step within one runtime.
type boundStep struct {
	*step
	module goja.Callable
	ctx    *goja.Object
}

// newMachine makes a runtime, takes from it what steps must not have, and loads the steps into it.
func newMachine(p *program) (*machine, error) {
	m := &machine{program: p, vm: goja.New(), sources: map[string]*source{}}
	m.vm.SetMaxCallStackSize(callDepth)
	if err := m.sandbox(); err != nil {
		return nil, fmt.Errorf("preparing the runtime: %w", err)
	}
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
		m.steps = append(m.steps, boundStep{step: s, module: module, ctx: ctx})
	}
	return m, nil
}

// function evaluates a step's module, which leaves nothing behind of what earlier events did to it, and returns the
// function the step names.
func (m *machine) function(s *boundStep) (goja.Callable, error) {
	v, err := s.module(goja.Undefined())
	if err != nil {
		return nil, err
	}
	f, ok := goja.AssertFunction(v.(*goja.Object).Get(s.export))
	if !ok {
		return nil, fmt.Errorf("the export %q of %s is not a function", s.export, s.origin())
	}
	return f, nil
}
