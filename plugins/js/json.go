package js

import (
	"errors"
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// codec takes from the fresh runtime what the decoder and the encoder need of it.
func (m *machine) codec() error {
	helper := func(code string) (goja.Callable, error) {
		v, err := m.vm.RunString(code)
		if err != nil {
			return nil, err
		}
		f, ok := goja.AssertFunction(v)
		if !ok {
			return nil, errors.New("a helper is not a function")
		}
		return f, nil
	}
	define, err := helper(`(d => (o, k, v) => d(o, k, {value: v, writable: true, enumerable: true, configurable: true}))(Object.defineProperty)`)
	if err != nil {
		return err
	}
	keys, err := helper(`Object.keys`)
	if err != nil {
		return err
	}
	get, err := helper(`(o, k) => o[k]`)
	if err != nil {
		return err
	}
	isArray, err := helper(`Array.isArray`)
	if err != nil {
		return err
	}
	inherited := map[string]bool{}
	for _, name := range m.vm.NewObject().Prototype().GetOwnPropertyNames() {
		inherited[name] = true
	}
	m.dec = decoder{vm: m.vm, inherited: inherited, define: define}
	m.enc = encoder{vm: m.vm, limit: m.program.maxOutput, ownKeys: keys, get: get, isArray: isArray}
	return nil
}

// jsonParse is JSON.parse.
func (m *machine) jsonParse(c goja.FunctionCall) goja.Value {
	text := c.Argument(0).ToString().(goja.String)
	s := text.String()
	if odd(s) {
		s = m.escapeLone(text)
	}
	d := decoder{vm: m.vm, inherited: m.dec.inherited, define: m.dec.define}
	v, err := d.decode([]byte(s))
	if err != nil {
		panic(m.newError("SyntaxError", err.Error()))
	}
	if reviver, ok := goja.AssertFunction(c.Argument(1)); ok {
		holder := m.vm.NewObject()
		_ = holder.Set("", v)
		return m.revive(reviver, holder, "")
	}
	return v
}

// escapeLone is a JSON text with every surrogate that has no pair written as an escape.
func (m *machine) escapeLone(text goja.String) string {
	b := appendUnits(nil, text)
	var out strings.Builder
	for i := 1; i < len(b)-1; i++ {
		if b[i] != '\\' {
			out.WriteByte(b[i])
			continue
		}
		switch i++; b[i] {
		case '"', '\\':
			out.WriteByte(b[i])
		case 'n':
			out.WriteByte('\n')
		case 't':
			out.WriteByte('\t')
		case 'r':
			out.WriteByte('\r')
		default:
			out.WriteByte('\\')
			out.WriteByte(b[i])
		}
	}
	return out.String()
}

// newError is a new error of a built-in class.
func (m *machine) newError(class, message string) goja.Value {
	o, err := m.vm.New(m.vm.GlobalObject().Get(class), m.vm.ToValue(message))
	if err != nil {
		return m.vm.ToValue(message)
	}
	return o
}

func (m *machine) revive(reviver goja.Callable, holder *goja.Object, name string) goja.Value {
	v := holder.Get(name)
	if o, ok := v.(*goja.Object); ok {
		names := o.Keys()
		if o.ClassName() == "Array" {
			names = nil
			for i := range int(o.Get("length").ToInteger()) {
				names = append(names, strconv.Itoa(i))
			}
		}
		for _, n := range names {
			if w := m.revive(reviver, o, n); goja.IsUndefined(w) {
				_ = o.Delete(n)
			} else {
				_ = o.DefineDataProperty(n, w, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
			}
		}
	}
	if v == nil {
		v = goja.Undefined()
	}
	return m.enc.call(reviver, holder, m.vm.ToValue(name), v)
}

// jsonStringify is JSON.stringify.
func (m *machine) jsonStringify(c goja.FunctionCall) goja.Value {
	e := m.encoder(m.enc.limit)
	if o, ok := c.Argument(1).(*goja.Object); ok {
		if f, ok := goja.AssertFunction(o); ok {
			e.replacer = f
		} else if o.ClassName() == "Array" {
			e.allowed = allowedNames(o)
		}
	}
	e.gap = gap(c.Argument(2))
	text, ok := e.encode(nil, c.Argument(0))
	if !ok {
		return goja.Undefined()
	}
	return m.vm.ToValue(string(text))
}

// encoder is another encoder, for texts that are made while an event is.
func (m *machine) encoder(limit int) *encoder {
	return &encoder{vm: m.vm, limit: limit, ownKeys: m.enc.ownKeys, get: m.enc.get, isArray: m.enc.isArray}
}

func allowedNames(list *goja.Object) []string {
	names := []string{}
	seen := map[string]bool{}
	for i := range int(list.Get("length").ToInteger()) {
		v := list.Get(strconv.Itoa(i))
		if o, ok := v.(*goja.Object); ok && o.ClassName() != "String" && o.ClassName() != "Number" {
			continue
		} else if !ok && (v == nil || !goja.IsString(v) && !goja.IsNumber(v)) {
			continue
		}
		if s := v.String(); !seen[s] {
			seen[s] = true
			names = append(names, s)
		}
	}
	return names
}

// gap is the indentation that JSON.stringify's third argument asks for, ten characters at most.
func gap(v goja.Value) string {
	if o, ok := v.(*goja.Object); ok {
		switch o.ClassName() {
		case "Number":
			v = o.ToNumber()
		case "String":
			v = o.ToString()
		}
	}
	switch {
	case goja.IsNumber(v):
		return strings.Repeat(" ", int(max(0, min(10, v.ToInteger()))))
	case goja.IsString(v):
		s := []rune(v.String())
		return string(s[:min(10, len(s))])
	}
	return ""
}
