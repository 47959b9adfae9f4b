package js

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/inflect-dev/inflect/plugins/record"
)

// encoder writes values of one runtime as JSON.stringify does. Beyond that it refuses texts longer than limit, since the
// length of a sparse array alone can ask for gigabytes, and writes wide numbers with their digits.
//
// Its methods throw JavaScript exceptions and must run within the runtime, or within its Try.
type encoder struct {
	vm    *goja.Runtime
	limit int
	wide  wideTable
	// ownKeys lists the names of an object when some of them are no Go strings; get reads such a property.
	ownKeys, get goja.Callable
	// isArray knows a proxy of an array.
	isArray goja.Callable

	replacer goja.Callable
	allowed  []string
	gap      string

	out    []byte
	indent string
	path   []string
	stack  []*goja.Object
}

// tooLarge is thrown as a RangeError.
type tooLarge struct{ limit int }

func (e tooLarge) Error() string {
	return fmt.Sprintf("the JSON text is larger than %d bytes, the most that one event may write", e.limit)
}

// encode appends the text of v to out; ok is false when v has none, like undefined or a function.
func (e *encoder) encode(out []byte, v goja.Value) (text []byte, ok bool) {
	e.out, e.indent, e.path, e.stack = out, "", e.path[:0], e.stack[:0]
	e.limit += len(out)
	defer func() { e.limit -= len(out) }()
	var holder *goja.Object
	if e.replacer != nil {
		holder = e.vm.NewObject()
		_ = holder.Set("", v)
	}
	ok = e.value(holder, "", v)
	text, e.out = e.out, nil
	clear(e.stack[:cap(e.stack)])
	return text, ok
}

func (e *encoder) grow() {
	if len(e.out) > e.limit {
		panic(e.vm.NewGoError(tooLarge{e.limit}))
	}
}

func (e *encoder) value(holder *goja.Object, key string, v goja.Value) bool {
	if o, ok := v.(*goja.Object); ok {
		if f, ok := goja.AssertFunction(o.Get("toJSON")); ok {
			v = e.call(f, o, e.vm.ToValue(key))
		}
	}
	if e.replacer != nil {
		v = e.call(e.replacer, holder, e.vm.ToValue(key), v)
	}
	switch x := v.(type) {
	case nil:
		return false
	case goja.String:
		e.quote(x)
		return true
	case *goja.Symbol:
		return false
	case *goja.Object:
		return e.object(x)
	}
	switch {
	case goja.IsUndefined(v):
		return false
	case goja.IsNull(v):
		e.out = append(e.out, "null"...)
	case goja.IsNumber(v):
		e.number(v)
	case goja.IsBigInt(v):
		panic(e.vm.NewTypeError("Do not know how to serialize a BigInt"))
	default:
		e.out = strconv.AppendBool(e.out, v.ToBoolean())
	}
	return true
}

// call calls back into JavaScript; an exception goes on as one.
func (e *encoder) call(f goja.Callable, this goja.Value, args ...goja.Value) goja.Value {
	v, err := f(this, args...)
	if err != nil {
		rethrow(err)
	}
	return v
}

// rethrow continues, inside a native function, an exception that a call from it returned.
func rethrow(err error) {
	var ex *goja.Exception
	if errors.As(err, &ex) {
		panic(ex.Value())
	}
	panic(err)
}

func (e *encoder) number(v goja.Value) {
	f := v.ToFloat()
	if e.wide != nil {
		if digits, ok := e.wide.lookup(f, e.pointer); ok && digits != "" {
			e.out = append(e.out, digits...)
			return
		}
	}
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		e.out = append(e.out, "null"...)
	case f == math.Trunc(f) && math.Abs(f) <= maxSafe:
		e.out = strconv.AppendInt(e.out, int64(f), 10)
	default:
		e.out = append(e.out, v.String()...)
	}
}

func (e *encoder) pointer() string {
	var b strings.Builder
	for _, name := range e.path {
		b.WriteByte('/')
		b.WriteString(pointerToken(name))
	}
	return b.String()
}

func (e *encoder) object(o *goja.Object) bool {
	switch o.ClassName() {
	case "Object":
		if o.ExportType() == proxyType {
			if e.call(e.isArray, goja.Undefined(), o).ToBoolean() {
				e.array(o)
				return true
			}
		}
		if _, ok := goja.AssertFunction(o); ok {
			return false
		}
	case "Array":
		e.array(o)
		return true
	case "Number":
		e.number(o.ToNumber())
		return true
	case "String":
		e.quote(o.ToString().(goja.String))
		return true
	case "Boolean":
		b, _ := o.Export().(bool)
		e.out = strconv.AppendBool(e.out, b)
		return true
	case "BigInt":
		panic(e.vm.NewTypeError("Do not know how to serialize a BigInt"))
	case "RawJSON":
		e.out = append(e.out, o.Get("rawJSON").String()...)
		return true
	default:
		if _, ok := goja.AssertFunction(o); ok {
			return false
		}
	}
	e.members(o)
	return true
}

func (e *encoder) push(o *goja.Object) {
	if slices.Contains(e.stack, o) {
		panic(e.vm.NewTypeError("Converting circular structure to JSON"))
	}
	if len(e.stack) >= maxDepth {
		panic(e.vm.NewTypeError("JSON nested deeper than %d levels", maxDepth))
	}
	e.stack = append(e.stack, o)
	e.indent += e.gap
}

func (e *encoder) pop() {
	e.stack = e.stack[:len(e.stack)-1]
	e.indent = e.indent[:len(e.indent)-len(e.gap)]
}

func (e *encoder) line() {
	if e.gap != "" {
		e.out = append(e.out, '\n')
		e.out = append(e.out, e.indent...)
	}
}

func (e *encoder) array(o *goja.Object) {
	e.push(o)
	e.out = append(e.out, '[')
	n := o.Get("length").ToInteger()
	if n > int64(e.limit) {
		panic(e.vm.NewGoError(tooLarge{e.limit}))
	}
	for i := int64(0); i < n; i++ {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.line()
		name := strconv.FormatInt(i, 10)
		e.path = append(e.path, name)
		if !e.value(o, name, o.Get(name)) {
			e.out = append(e.out, "null"...)
		}
		e.path = e.path[:len(e.path)-1]
		e.grow()
	}
	e.pop()
	if n > 0 {
		e.line()
	}
	e.out = append(e.out, ']')
}

func (e *encoder) members(o *goja.Object) {
	e.push(o)
	e.out = append(e.out, '{')
	start := len(e.out)
	names := e.allowed
	if names == nil {
		names = o.Keys()
		if slices.ContainsFunc(names, odd) {
			e.oddMembers(o)
			e.pop()
			e.closeObject(start)
			return
		}
	}
	for _, name := range names {
		mark := e.member(start)
		e.out = record.AppendString(e.out, name)
		if !e.field(o, name, o.Get(name)) {
			e.out = e.out[:mark]
		}
	}
	e.pop()
	e.closeObject(start)
}

// member begins the next member and returns where the text stood before it.
func (e *encoder) member(start int) int {
	mark := len(e.out)
	if mark > start {
		e.out = append(e.out, ',')
	}
	e.line()
	return mark
}

func (e *encoder) field(o *goja.Object, name string, v goja.Value) bool {
	e.out = append(e.out, ':')
	if e.gap != "" {
		e.out = append(e.out, ' ')
	}
	e.path = append(e.path, name)
	ok := e.value(o, name, v)
	e.path = e.path[:len(e.path)-1]
	e.grow()
	return ok
}

func (e *encoder) closeObject(start int) {
	if len(e.out) > start {
		e.line()
	}
	e.out = append(e.out, '}')
}

// oddMembers writes an object some of whose names may hold a surrogate without its pair.
func (e *encoder) oddMembers(o *goja.Object) {
	start := len(e.out)
	list := e.call(e.ownKeys, goja.Undefined(), o).(*goja.Object)
	for i := range int(list.Get("length").ToInteger()) {
		name := list.Get(strconv.Itoa(i))
		mark := e.member(start)
		e.quote(name.(goja.String))
		if !e.field(o, name.String(), e.call(e.get, goja.Undefined(), o, name)) {
			e.out = e.out[:mark]
		}
	}
}

// odd reports whether a string may stand for one with a surrogate without its pair, which Go shows as U+FFFD.
func odd(s string) bool { return strings.ContainsRune(s, utf8.RuneError) }

func (e *encoder) quote(v goja.String) {
	s := v.String()
	if odd(s) {
		e.out = appendUnits(e.out, v)
	} else {
		e.out = record.AppendString(e.out, s)
	}
	e.grow()
}

const hexDigits = "0123456789abcdef"

// appendUnits writes a string unit by unit: well-formed JSON.stringify escapes a surrogate without its pair.
func appendUnits(out []byte, s goja.String) []byte {
	out = append(out, '"')
	n := s.Length()
	for i := 0; i < n; i++ {
		u := s.CharAt(i)
		switch {
		case u < 0x20 || u == '"' || u == '\\':
			out = record.AppendEscaped(out, byte(u))
		case u >= 0xD800 && u < 0xDC00 && i+1 < n && s.CharAt(i+1) >= 0xDC00 && s.CharAt(i+1) < 0xE000:
			r := (rune(u)-0xD800)<<10 + (rune(s.CharAt(i+1)) - 0xDC00) + 0x10000
			out = utf8.AppendRune(out, r)
			i++
		case u >= 0xD800 && u < 0xE000:
			out = append(out, '\\', 'u', hexDigits[u>>12], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
		default:
			out = utf8.AppendRune(out, rune(u))
		}
	}
	return append(out, '"')
}
