package js

import (
	_ "embed"
	"errors"
	"sync"

	"github.com/dop251/goja"
)

//go:embed sandbox.js
var sandboxSource string

// sandboxProgram is compiled once for all runtimes of the process.
var sandboxProgram = sync.OnceValues(func() (*goja.Program, error) {
	return goja.Compile("inflect:sandbox", sandboxSource, true)
})

// sandbox prepares a new runtime for code that nobody has read.
func (m *machine) sandbox() error {
	p, err := sandboxProgram()
	if err != nil {
		return err
	}
	if err := m.codec(); err != nil {
		return err
	}
	v, err := m.vm.RunProgram(p)
	if err != nil {
		return err
	}
	run, ok := goja.AssertFunction(v)
	if !ok {
		return errors.New("the sandbox script is not a function")
	}
	host := m.vm.NewObject()
	json := m.vm.NewObject()
	for _, set := range []error{
		json.Set("parse", m.native("parse", m.jsonParse)),
		json.Set("stringify", m.native("stringify", m.jsonStringify)),
		host.Set("json", json),
		host.Set("constant", func(c goja.FunctionCall) goja.Value {
			v := c.Argument(0)
			return m.vm.ToValue(func(goja.FunctionCall) goja.Value { return v })
		}),
		host.Set("setter", m.setter),
	} {
		if set != nil {
			return set
		}
	}
	tools, err := run(goja.Undefined(), host)
	if err != nil {
		return err
	}
	m.shallow, _ = goja.AssertFunction(tools.(*goja.Object).Get("freeze"))
	m.deep, _ = goja.AssertFunction(tools.(*goja.Object).Get("freezeDeep"))
	return nil
}

// setter makes a setter that knows its receiver, out of a function of receiver and value.
func (m *machine) setter(c goja.FunctionCall) goja.Value {
	write, _ := goja.AssertFunction(c.Argument(1))
	return m.vm.ToValue(func(c goja.FunctionCall) goja.Value {
		if _, err := write(goja.Undefined(), c.This, c.Argument(0)); err != nil {
			rethrow(err)
		}
		return goja.Undefined()
	})
}

// native is a Go function under a JavaScript name.
func (m *machine) native(name string, f func(goja.FunctionCall) goja.Value) *goja.Object {
	o := m.vm.ToValue(f).(*goja.Object)
	_ = o.DefineDataProperty("name", m.vm.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	return o
}

// freeze makes o unchangeable.
func (m *machine) freeze(o *goja.Object) error {
	_, err := m.shallow(goja.Undefined(), o)
	return err
}

// freezeDeep makes o and everything in it unchangeable.
func (m *machine) freezeDeep(o *goja.Object) error {
	_, err := m.deep(goja.Undefined(), o)
	return err
}
