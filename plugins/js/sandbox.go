package js

import (
	_ "embed"
	"sync"

	"github.com/dop251/goja"
)

// The scripts of every runtime, in the order in which they run.
//
//go:embed library.js
var librarySource string

//go:embed locale.js
var localeSource string

//go:embed sandbox.js
var sandboxSource string

// bootPrograms are compiled once for all runtimes of the process.
var bootPrograms = sync.OnceValues(func() (list []*goja.Program, err error) {
	for _, x := range []struct{ name, source string }{{"library", librarySource}, {"locale", localeSource}, {"sandbox", sandboxSource}} {
		p, err := goja.Compile("inflect:"+x.name, x.source, true)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
})

// sandbox prepares a new runtime for code that nobody has read.
func (m *machine) sandbox() error {
	programs, err := bootPrograms()
	if err != nil {
		return err
	}
	if err := m.codec(); err != nil {
		return err
	}
	g := newGuards(m)
	host, err := m.library(g)
	if err != nil {
		return err
	}
	if err := m.closing(host); err != nil {
		return err
	}
	if err := g.install(); err != nil {
		return err
	}
	var tools goja.Value
	for _, p := range programs {
		v, err := m.vm.RunProgram(p)
		if err != nil {
			return err
		}
		run, _ := goja.AssertFunction(v)
		if tools, err = run(goja.Undefined(), host); err != nil {
			return err
		}
	}
	for name, f := range map[string]*goja.Callable{"freeze": &m.shallow, "freezeDeep": &m.deep} {
		*f, _ = goja.AssertFunction(tools.(*goja.Object).Get(name))
	}
	m.seal = tools.(*goja.Object).Get("seal")
	m.leaveOpen = tools.(*goja.Object).Get("leaveOpen")
	return nil
}

// closing gives the last script what it closes the sandbox with.
func (m *machine) closing(host *goja.Object) error {
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
		host.Set("keepPattern", func(c goja.FunctionCall) goja.Value {
			m.patterns = append(m.patterns, c.Argument(0).(*goja.Object))
			return goja.Undefined()
		}),
		host.Set("keep", func(c goja.FunctionCall) goja.Value {
			if o, ok := c.Argument(0).(*goja.Object); ok {
				m.sealed[o] = true
			}
			return goja.Undefined()
		}),
	} {
		if set != nil {
			return set
		}
	}
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
