package js

import (
	"fmt"

	"github.com/dop251/goja"

	"github.com/inflect-dev/inflect/plugins/record"
)

// newContext makes the ctx object of one step. It is made once per runtime; its properties look at the unit that is
// being worked on.
func (m *machine) newContext(index int) (*goja.Object, error) {
	s := m.program.steps[index]
	o := m.vm.NewObject()
	c := contextBuilder{m: m, o: o}
	text := func(s string) goja.Value { return m.vm.ToValue(s) }

	c.property("key", func() goja.Value {
		if m.unit.item.key == nil {
			return goja.Null()
		}
		return text(string(m.unit.item.key))
	})
	c.property("headers", func() goja.Value { return m.headers(m.unit.item.headers) })
	c.property("topic", func() goja.Value { return text(m.unit.source.Topic) })
	c.property("partition", func() goja.Value { return m.vm.ToValue(m.unit.source.Partition) })
	c.property("offset", func() goja.Value { return m.vm.ToValue(m.unit.source.Offset) })
	c.property("timestamp", func() goja.Value {
		if m.unit.source.Timestamp.IsZero() {
			return goja.Null()
		}
		return m.vm.ToValue(m.unit.source.Timestamp.UnixMilli())
	})
	params := m.vm.NewObject()
	if len(s.params) > 0 {
		v, err := m.dec.decode(s.params)
		if err != nil {
			return nil, fmt.Errorf("params: %w", err)
		}
		params, _ = v.(*goja.Object)
	}
	if err := m.freezeDeep(params); err != nil {
		return nil, err
	}
	c.constant("pipeline", text(m.program.pipeline))
	c.constant("step", text(s.name))
	c.constant("params", params)
	c.method("setKey", m.setKey)
	c.method("setHeader", m.setHeader)
	c.method("emit", m.emit)
	c.method("fail", m.fail)
	c.method("log", m.log("info"))
	c.method("count", m.measure("count"))
	c.method("observe", m.measure("observe"))
	if c.err != nil {
		return nil, c.err
	}
	return o, m.freeze(o)
}

type contextBuilder struct {
	m   *machine
	o   *goja.Object
	err error
}

func (c *contextBuilder) property(name string, get func() goja.Value) {
	getter := c.m.native("get "+name, func(goja.FunctionCall) goja.Value { return get() })
	c.keep(c.o.DefineAccessorProperty(name, getter, nil, goja.FLAG_FALSE, goja.FLAG_TRUE))
}

func (c *contextBuilder) constant(name string, v goja.Value) {
	c.keep(c.o.DefineDataProperty(name, v, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_TRUE))
}

func (c *contextBuilder) method(name string, f func(goja.FunctionCall) goja.Value) {
	c.constant(name, c.m.native(name, f))
}

func (c *contextBuilder) keep(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (m *machine) headers(list []record.Header) goja.Value {
	o := m.vm.NewObject()
	for _, h := range list {
		_ = o.DefineDataProperty(h.Key, m.vm.ToValue(string(h.Value)), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_TRUE)
	}
	_ = m.freeze(o)
	return o
}

func (m *machine) setKey(c goja.FunctionCall) goja.Value {
	m.unit.item.key = m.bytes("setKey", c.Argument(0))
	m.unit.item.addressed = true
	return goja.Undefined()
}

func (m *machine) setHeader(c goja.FunctionCall) goja.Value {
	name := c.Argument(0)
	if !goja.IsString(name) || name.String() == "" {
		panic(m.vm.NewTypeError("ctx.setHeader needs the header's name as a string"))
	}
	it := m.unit.item
	it.headers = record.WithHeader(it.headers, name.String(), m.bytes("setHeader", c.Argument(1)))
	it.addressed = true
	return goja.Undefined()
}

// bytes is a key or a header's value: a string or bytes, nil for null and undefined.
func (m *machine) bytes(method string, v goja.Value) []byte {
	switch {
	case goja.IsNull(v) || goja.IsUndefined(v):
		return nil
	case goja.IsString(v):
		return []byte(v.String())
	case goja.IsNumber(v):
		return []byte(v.String())
	}
	var b []byte
	if o, ok := v.(*goja.Object); ok && m.vm.ExportTo(o, &b) == nil && o.ClassName() != "Array" {
		return append([]byte{}, b...)
	}
	panic(m.vm.NewTypeError("ctx.%s needs a string, a number, bytes or null", method))
}

// emit adds an event, as it is now, to the source record's unit.
func (m *machine) emit(c goja.FunctionCall) goja.Value {
	u := m.unit
	v := c.Argument(0)
	if goja.IsUndefined(v) {
		panic(m.vm.NewTypeError("ctx.emit needs an event"))
	}
	if len(u.emitted)+u.total >= m.program.maxEmits {
		u.failed = m.failure(codeEmits, "ctx.emit was called more than %d times for one event", m.program.maxEmits)
		panic(m.vm.NewTypeError(u.failed.Message))
	}
	it := item{key: u.item.key, headers: u.item.headers, addressed: u.item.addressed, topic: u.item.topic, changed: true}
	if goja.IsNull(v) {
		it.null = true
	} else {
		text, ok := m.encode(v, u.item.wide)
		if !ok {
			panic(m.vm.NewTypeError("ctx.emit needs an event that has a JSON text"))
		}
		it.text = text
	}
	if o, ok := c.Argument(1).(*goja.Object); ok {
		m.address(&it, o)
	}
	u.emitted = append(u.emitted, it)
	return goja.Undefined()
}

// address applies the options of emit.
func (m *machine) address(it *item, o *goja.Object) {
	if v := o.Get("key"); v != nil && !goja.IsUndefined(v) {
		it.key, it.addressed = m.bytes("emit", v), true
	}
	if h, ok := o.Get("headers").(*goja.Object); ok {
		for _, name := range h.Keys() {
			it.headers, it.addressed = record.WithHeader(it.headers, name, m.bytes("emit", h.Get(name))), true
		}
	}
	if v := o.Get("topic"); v != nil && !goja.IsUndefined(v) {
		topic, ok := m.program.outputs[v.String()]
		if !ok {
			panic(m.vm.NewTypeError("ctx.emit: %q is not among the pipeline's outputs %q", v.String(), m.program.outputNames))
		}
		it.topic, it.addressed = topic, true
	}
}

// fail marks the event as failed, whatever the step does with the exception that leaves it.
func (m *machine) fail(c goja.FunctionCall) goja.Value {
	code := codeFailed
	if o, ok := c.Argument(1).(*goja.Object); ok {
		if v := o.Get("code"); v != nil && !goja.IsUndefined(v) {
			code = v.String()
		}
	}
	u := m.unit
	if u.failed == nil {
		u.failed = m.failure(code, "%s", c.Argument(0).String())
		m.locate(u.failed, m.vm.CaptureCallStack(0, nil))
	}
	panic(m.vm.NewGoError(u.failed))
}
