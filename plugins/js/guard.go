package js

import (
	"fmt"
	"time"

	"github.com/dop251/goja"

	"github.com/inflect-dev/inflect/plugins/record"
)

// Built-ins run to their end: nothing can interrupt a loop inside one. So those that can be asked for very much are
// wrapped in a check of what they are asked for. The limits follow from the memory limit.

const (
	// bytesPerElement is what an array element costs the engine, and bytesPerPart a string made of a part of another.
	bytesPerElement = 16
	bytesPerPart    = 64
	// maxArguments bounds calls whose arguments come from an array, since they lie on the stack.
	maxArguments = 1 << 16
	// maxPattern bounds the text of a regular expression made at run time.
	maxPattern = 1 << 15
	// maxNested bounds built-ins that call themselves on nested values.
	maxNested = 500
)

// check looks at a call of a built-in before it runs; it throws when too much is asked for.
type check func(c goja.FunctionCall)

func newGuards(m *machine) *guardBuilder {
	return &guardBuilder{m: m, texts: int64(m.program.memory / 2), elements: int64(m.program.memory / bytesPerElement)}
}

// install wraps the built-ins of a fresh runtime.
func (g *guardBuilder) install() error {
	m := g.m
	array := g.prototype("Array")
	for _, name := range []string{"copyWithin", "every", "fill", "filter", "find", "findIndex", "findLast", "findLastIndex", "flatMap",
		"forEach", "includes", "indexOf", "lastIndexOf", "map", "reduce", "reduceRight", "reverse", "shift", "slice", "some",
		"sort", "splice", "unshift", "toReversed", "toSorted", "toSpliced", "with"} {
		g.wrap(array, name, g.length)
	}
	g.wrap(array, "concat", g.concat)
	for _, name := range []string{"join", "toString", "toLocaleString"} {
		g.nest(array, name, g.join)
	}
	text := g.prototype("String")
	g.wrap(text, "repeat", g.repeat)
	g.wrap(text, "padStart", g.pad)
	g.wrap(text, "padEnd", g.pad)
	g.wrap(text, "replace", g.replace)
	g.wrap(text, "replaceAll", g.replace)
	g.wrap(text, "split", g.split)
	global := m.vm.GlobalObject()
	g.wrap(g.object(global, "Array"), "from", func(c goja.FunctionCall) { g.length(goja.FunctionCall{This: c.Argument(0)}) })
	g.wrap(g.object(global, "Reflect"), "apply", func(c goja.FunctionCall) { g.arguments(c.Argument(2)) })
	g.wrap(g.object(global, "Reflect"), "construct", func(c goja.FunctionCall) { g.arguments(c.Argument(1)) })
	g.wrap(g.prototype("Function"), "apply", func(c goja.FunctionCall) { g.arguments(c.Argument(1)) })
	for class, methods := range map[string][]string{"Map": {"set", "delete", "clear"}, "Set": {"add", "delete", "clear"}} {
		for _, name := range methods {
			g.wrap(g.prototype(class), name, g.unsealed)
		}
	}
	g.rewrap(g.prototype("RegExp"), "exec", g.timed)
	g.rewrap(g.prototype("RegExp"), "test", g.timed)
	g.repairs()
	for _, iterator := range []string{`[][Symbol.iterator]()`, `''[Symbol.iterator]()`} {
		v, err := m.vm.RunString("Object.getPrototypeOf(" + iterator + ")")
		if err != nil {
			return err
		}
		g.wrap(v.(*goja.Object), "next", g.stop)
	}
	return g.err
}

type guardBuilder struct {
	m *machine
	// texts and elements are how many UTF-16 units a string and how many elements an array may have.
	texts, elements int64
	nested          int
	err             error
}

func (g *guardBuilder) object(o *goja.Object, name string) *goja.Object {
	v, ok := o.Get(name).(*goja.Object)
	if !ok && g.err == nil {
		g.err = fmt.Errorf("the engine has no %s", name)
	}
	return v
}

func (g *guardBuilder) prototype(class string) *goja.Object {
	return g.object(g.object(g.m.vm.GlobalObject(), class), "prototype")
}

func (g *guardBuilder) wrap(o *goja.Object, name string, ask check) {
	g.rewrap(o, name, func(f func(goja.FunctionCall) goja.Value) func(goja.FunctionCall) goja.Value {
		return func(c goja.FunctionCall) goja.Value {
			ask(c)
			return f(c)
		}
	})
}

// nest wraps a built-in that may end up in itself.
func (g *guardBuilder) nest(o *goja.Object, name string, ask check) {
	g.rewrap(o, name, func(f func(goja.FunctionCall) goja.Value) func(goja.FunctionCall) goja.Value {
		return func(c goja.FunctionCall) goja.Value {
			if g.nested >= maxNested {
				g.tooMuch("%s of values nested deeper than %d levels", name, maxNested)
			}
			g.nested++
			defer func() { g.nested-- }()
			ask(c)
			return f(c)
		}
	})
}

func (g *guardBuilder) rewrap(o *goja.Object, name string, with func(func(goja.FunctionCall) goja.Value) func(goja.FunctionCall) goja.Value) {
	if g.err != nil || o == nil {
		return
	}
	v, ok := o.Get(name).(*goja.Object)
	if !ok {
		return
	}
	f, ok := v.Export().(func(goja.FunctionCall) goja.Value)
	if !ok {
		g.err = fmt.Errorf("the engine's %s is not a native function", name)
		return
	}
	wrapped := g.m.native(name, with(f))
	if err := wrapped.DefineDataProperty("length", v.Get("length"), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
		g.err = err
		return
	}
	g.err = o.DefineDataProperty(name, wrapped, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// tooMuch throws a RangeError and lets the event fail even if the step catches it: what it goes on with would not be
// what the author meant.
func (g *guardBuilder) tooMuch(format string, args ...any) {
	message := fmt.Sprintf(format, args...) + ": the memory limit of the step"
	if u := g.m.unit; u != nil && u.failed == nil {
		u.failed = g.m.failure(record.CodeMemory, "%s", message)
		g.m.locate(u.failed, g.m.vm.CaptureCallStack(0, nil))
	}
	panic(g.m.newError("RangeError", message))
}

func lengthOf(v goja.Value) int64 {
	switch x := v.(type) {
	case goja.String:
		return int64(x.Length())
	case *goja.Object:
		if n := x.Get("length"); n != nil && goja.IsNumber(n) {
			return n.ToInteger()
		}
	}
	return 0
}

func (g *guardBuilder) length(c goja.FunctionCall) {
	if o, ok := c.This.(*goja.Object); ok {
		if n := lengthOf(o); n > g.elements {
			g.tooMuch("an array of %d elements", n)
		}
	}
}

func (g *guardBuilder) concat(c goja.FunctionCall) {
	n := lengthOf(c.This)
	for _, a := range c.Arguments {
		if _, ok := a.(*goja.Object); ok {
			n += lengthOf(a)
		}
	}
	if n > g.elements {
		g.tooMuch("an array of %d elements", n)
	}
}

func (g *guardBuilder) join(c goja.FunctionCall) {
	g.length(c)
	if s, ok := c.Argument(0).(goja.String); ok {
		if n := lengthOf(c.This) * int64(s.Length()); n > g.texts {
			g.tooMuch("a string of %d characters", n)
		}
	}
}

func (g *guardBuilder) text(n int64) {
	if n > g.texts {
		g.tooMuch("a string of %d characters", n)
	}
}

func (g *guardBuilder) repeat(c goja.FunctionCall) {
	if s, ok := c.This.(goja.String); ok && goja.IsNumber(c.Argument(0)) {
		if n := c.Argument(0).ToFloat(); n > 1 && n*float64(s.Length()) > float64(g.texts) {
			g.text(int64(min(n*float64(s.Length()), 1e15)))
		}
	}
}

func (g *guardBuilder) pad(c goja.FunctionCall) {
	if goja.IsNumber(c.Argument(0)) {
		g.text(c.Argument(0).ToInteger())
	}
}

// replace bounds what a replacement could at most make of a string.
func (g *guardBuilder) replace(c goja.FunctionCall) {
	s, ok := c.This.(goja.String)
	by, okBy := c.Argument(1).(goja.String)
	if ok && okBy && by.Length() > 1 {
		matches := int64(s.Length()) + 1
		if what, ok := c.Argument(0).(goja.String); ok && what.Length() > 0 {
			matches = int64(s.Length()/what.Length()) + 1
		}
		g.text(matches * int64(by.Length()))
	}
}

func (g *guardBuilder) split(c goja.FunctionCall) {
	if n := lengthOf(c.This); n > g.elements*bytesPerElement/bytesPerPart {
		g.tooMuch("the parts of a string of %d characters", n)
	}
}

func (g *guardBuilder) arguments(v goja.Value) {
	if n := lengthOf(v); n > maxArguments {
		g.tooMuch("a call with %d arguments", n)
	}
}

// stop makes built-ins that consume an iterator interruptible.
func (g *guardBuilder) stop(goja.FunctionCall) {
	if g.m.why.Load() != nil {
		panic(&stopped{})
	}
}

// stopped unwinds a built-in after an interrupt. JavaScript cannot catch it.
type stopped struct{ goja.InterruptedError }

// timed makes a match that ran out of time an error. The engine itself would take it for no match. A process that stood
// still in the middle of a match looks the same, so that a match is tried twice before it costs the event.
func (g *guardBuilder) timed(exec func(goja.FunctionCall) goja.Value) func(goja.FunctionCall) goja.Value {
	return func(c goja.FunctionCall) goja.Value {
		pattern, _ := c.This.(*goja.Object)
		if pattern == nil || pattern.ClassName() != "RegExp" {
			return exec(c) // which throws
		}
		from := pattern.Get("lastIndex")
		v, short := cutShort(exec, c)
		if short && (pattern.Get("lastIndex").SameAs(from) || pattern.Set("lastIndex", from) == nil) {
			v, short = cutShort(exec, c)
		}
		if u := g.m.unit; short && u != nil && u.failed == nil {
			u.failed = g.m.failure(record.CodeTimeout, "one match of a regular expression took longer than %s", matchSlow)
			g.m.locate(u.failed, g.m.vm.CaptureCallStack(0, nil))
			panic(g.m.newError("RangeError", u.failed.Message))
		}
		return v
	}
}

// cutShort matches and reports whether it may have ended for lack of time.
func cutShort(exec func(goja.FunctionCall) goja.Value, c goja.FunctionCall) (goja.Value, bool) {
	start := time.Now()
	v := exec(c)
	return v, !v.ToBoolean() && time.Since(start) >= matchSlow
}

// unsealed throws when a map or set of a sealed module is about to change.
func (g *guardBuilder) unsealed(c goja.FunctionCall) {
	if o, ok := c.This.(*goja.Object); ok && len(g.m.sealed) > 0 && g.m.sealed[o] {
		panic(g.m.vm.NewTypeError("Cannot change a collection of a frozen module"))
	}
}
