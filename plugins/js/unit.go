package js

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/dop251/goja"

	"github.com/inflect-dev/inflect/plugins/record"
)

// The codes of failures that only this plugin gives.
const (
	codeFailed  = "step_failed"
	codeEmits   = "step_emits"
	codeOutput  = "step_output"
	codePromise = "step_promise"
	codeResult  = "step_result"
	codeEngine  = "step_engine"
)

// item is one event on its way through the steps.
type item struct {
	// text is the event's JSON as long as no step has seen it, value what the steps have made of it.
	text  []byte
	value goja.Value
	wide  wideTable
	// null marks a tombstone.
	null    bool
	key     []byte
	headers []record.Header
	topic   string
	// touched says that a transform returned the value, so that text is out of date; addressed that key, headers or
	// topic are not the source's; changed that the bytes differ from the message's.
	touched, addressed, changed bool
}

// unit is one source record being worked on, with all that comes of it.
type unit struct {
	source  *record.Source
	item    *item
	step    *boundStep
	emitted []item
	total   int
	done    []item
	failed  *record.Failure
	trace   []stageTrace
	effects effects
	// timed asks for the duration of each step.
	timed bool
	// interrupted says that the watchdog stopped a step, stale that it meant an earlier one.
	interrupted, stale bool
	// typeError says that a TypeError left a step, as it does when a frozen module was to be changed.
	typeError bool
}

// stageTrace is one step of a trial.
type stageTrace struct {
	outcome  string
	output   []byte
	failure  *record.Failure
	duration time.Duration
}

// run takes an event through the steps. What comes of it is u.done, in order; the error is nil or a *record.Failure.
func (m *machine) run(u *unit, it item) error {
	m.unit = u
	defer func() { m.unit, m.thawed = nil, false }()
	err := m.runFrom(it, 0)
	if !u.typeError || u.interrupted || !m.hasFrozen() {
		return err
	}
	// The module may have been in the way: once more with modules that belong to this event alone.
	failed := u.step
	*u = unit{source: u.source, timed: u.timed}
	m.thawed = true
	if err = m.runFrom(it, 0); err == nil && failed != nil {
		failed.writes.Add(1)
	}
	return err
}

func (m *machine) hasFrozen() bool {
	for i := range m.steps {
		if m.steps[i].frozen != nil && m.steps[i].once() {
			return true
		}
	}
	return false
}

func (m *machine) runFrom(it item, from int) error {
	u := m.unit
	for i := from; i < len(m.steps); i++ {
		if it.null && m.program.tombstones != tombstoneSteps {
			break
		}
		s := &m.steps[i]
		if err := m.load(&it, s); err != nil {
			return err
		}
		u.item, u.emitted = &it, nil
		var start time.Time
		if u.timed || m.program.trace {
			start = time.Now()
		}
		keep, err := m.apply(&it, s)
		if u.timed {
			m.program.timers[i].Observe(time.Since(start).Seconds())
		}
		if m.program.trace {
			m.record(i, &it, keep, err, time.Since(start))
		}
		if err != nil {
			return err
		}
		emitted := u.emitted
		u.total += len(emitted)
		for _, e := range emitted {
			if err := m.runFrom(e, i+1); err != nil {
				return err
			}
		}
		if !keep {
			return nil
		}
	}
	if it.touched {
		m.beat.Add(1)
		text, ok := m.tryEncode(&it)
		if !ok {
			return u.failed
		}
		it.text, it.changed = text, true
	}
	it.value, it.wide = nil, nil
	u.done = append(u.done, it)
	return nil
}

// load makes the event's value for the first step that sees it.
func (m *machine) load(it *item, s *boundStep) error {
	m.unit.step = s
	m.current.Store(s.step)
	m.beat.Add(1)
	if it.value != nil {
		return nil
	}
	if it.null {
		it.value = goja.Null()
		return nil
	}
	v, err := m.dec.decode(it.text)
	if err != nil {
		return &record.Failure{Code: record.CodeNotJSON, Stage: s.stage, Message: notJSON(it.text, err)}
	}
	it.value = v
	if m.dec.wide {
		it.wide = collectWide(string(it.text))
	}
	return nil
}

// frameHeader is how many bytes a registry's frame puts in front of a payload: a zero and the schema's id.
const frameHeader = 5

// notJSON says what is wrong with an event that does not parse.
func notJSON(text []byte, err error) string {
	if len(text) > frameHeader && text[0] == 0 {
		return "the event is not JSON but begins like a record with a schema id: name the schema of the source, and it is decoded before the steps"
	}
	return "the event is not JSON: " + err.Error()
}

// apply runs one step on the event and reports whether the event goes on.
func (m *machine) apply(it *item, s *boundStep) (keep bool, err error) {
	f, err := m.function(s)
	if err == nil {
		var result goja.Value
		result, err = f(goja.Undefined(), it.value, s.ctx)
		if err == nil {
			result, err = m.await(result)
		}
		if err == nil && m.unit.failed == nil {
			keep = result.ToBoolean()
			if keep && !s.filter() {
				it.value, it.touched, it.null = result, true, false
			}
			return keep, nil
		}
	}
	if f := m.interrupted(err); f != nil {
		return false, f
	}
	if m.unit.failed != nil {
		return false, m.unit.failed
	}
	return false, m.thrown(err)
}

var (
	promiseType = reflect.TypeFor[*goja.Promise]()
	proxyType   = reflect.TypeFor[goja.Proxy]()
)

var errPending = errors.New("the step returned a promise that never settles: there are no timers and nothing to wait for")

// await is the value of a settled promise. The job queue has run dry when a call from Go returns.
func (m *machine) await(v goja.Value) (goja.Value, error) {
	o, ok := v.(*goja.Object)
	if !ok || o.ExportType() != promiseType {
		return v, nil
	}
	p, ok := o.Export().(*goja.Promise)
	if !ok {
		return v, nil
	}
	switch p.State() {
	case goja.PromiseStateFulfilled:
		return p.Result(), nil
	case goja.PromiseStateRejected:
		return nil, rejection{p.Result()}
	}
	return nil, errPending
}

// rejection is the error of a promise that was rejected.
type rejection struct{ reason goja.Value }

func (r rejection) Error() string { return "promise rejected" }

// encode is the JSON text of a value, from within the runtime.
func (m *machine) encode(v goja.Value, wide wideTable) ([]byte, bool) {
	m.enc.wide = wide
	text, ok := m.enc.encode(nil, v)
	m.enc.wide = nil
	return text, ok
}

// tryEncode is the text of a finished event; when there is none the unit has failed.
func (m *machine) tryEncode(it *item) (text []byte, ok bool) {
	err := m.try(func() { text, ok = m.encode(it.value, it.wide) })
	switch {
	case err != nil:
		var large tooLarge
		if errors.As(err, &large) {
			m.unit.failed = m.failure(codeOutput, "%s", large.Error())
		} else {
			m.unit.failed = m.thrown(err)
		}
		return nil, false
	case !ok:
		m.unit.failed = m.failure(codeResult, "the step returned a %s, which has no JSON text", kindOf(it.value))
	}
	return text, ok
}

// try runs f as native code would run within the runtime.
func (m *machine) try(f func()) (err error) {
	call, _ := goja.AssertFunction(m.vm.ToValue(func(goja.FunctionCall) goja.Value {
		f()
		return goja.Undefined()
	}))
	_, err = call(goja.Undefined())
	return err
}

func kindOf(v goja.Value) string {
	if _, ok := goja.AssertFunction(v); ok {
		return "function"
	}
	if _, ok := v.(*goja.Symbol); ok {
		return "symbol"
	}
	return "value"
}

// failure is a failure of the step that is at work.
func (m *machine) failure(code, format string, args ...any) *record.Failure {
	f := &record.Failure{Code: code, Message: fmt.Sprintf(format, args...)}
	if m.unit != nil && m.unit.step != nil {
		f.Stage = m.unit.step.stage
	}
	return f
}

// thrown is the failure for what left a step.
func (m *machine) thrown(err error) *record.Failure {
	var (
		overflow  *goja.StackOverflowError
		exception *goja.Exception
		rejected  rejection
		f         *record.Failure
	)
	if f := m.interrupted(err); f != nil {
		return f
	}
	switch {
	case errors.As(err, &overflow):
		f = m.failure(record.CodeRecursion, "functions called each other more than %d deep", callDepth)
		m.locate(f, overflow.Stack()[:min(20, len(overflow.Stack()))])
	case errors.As(err, &exception):
		f = m.failure(record.CodeThrown, "%s", m.describe(exception.Value()))
		m.unit.typeError = m.unit.typeError || m.isTypeError(exception.Value())
		m.locate(f, exception.Stack())
	case errors.As(err, &rejected):
		f = m.failure(record.CodeThrown, "%s", m.describe(rejected.reason))
		m.locateError(f, rejected.reason)
	case errors.Is(err, errPending):
		f = m.failure(codePromise, "%s", err.Error())
	default:
		f = m.failure(record.CodeThrown, "%s", err.Error())
	}
	return f
}

// interrupted is the failure of a step that the watchdog stopped, nil when err is something else.
func (m *machine) interrupted(err error) *record.Failure {
	var (
		e *goja.InterruptedError
		s *stopped
	)
	if !errors.As(err, &e) && !errors.As(err, &s) {
		return nil
	}
	why := m.why.Load()
	if why == nil {
		why = &interruption{code: record.CodeTimeout, message: "was interrupted"}
	}
	m.unit.interrupted = true
	m.unit.stale = why.beat != m.beat.Load()
	f := m.failure(why.code, "the step %s", why.message)
	if e != nil {
		m.locate(f, e.Stack())
	}
	return f
}

func (m *machine) isTypeError(v goja.Value) bool {
	o, ok := v.(*goja.Object)
	return ok && o.ClassName() == "Error" && m.typeError != nil && m.vm.InstanceOf(o, m.typeError)
}

// maxMessage bounds what of a thrown value ends up in headers and logs.
const maxMessage = 1000

// describe is a thrown value in one line: an error's name and message, anything else as text.
func (m *machine) describe(v goja.Value) string {
	var s string
	err := m.try(func() {
		if o, ok := v.(*goja.Object); ok && o.ClassName() != "Error" {
			if text, ok := m.encode(o, nil); ok {
				s = string(text)
				return
			}
		}
		s = v.String()
	})
	if err != nil || s == "" {
		s = "the step threw a value without a text"
	}
	if len(s) > maxMessage {
		s = s[:maxMessage] + "…"
	}
	return s
}

func (m *machine) locateError(f *record.Failure, v goja.Value) {
	o, ok := v.(*goja.Object)
	if !ok {
		return
	}
	_ = m.try(func() {
		if stack := o.Get("stack"); stack != nil && goja.IsString(stack) {
			m.locateText(f, stack.String())
		}
	})
}
