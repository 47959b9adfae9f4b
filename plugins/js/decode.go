package js

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// maxDepth is how deep an event may be nested.
const maxDepth = 5000

// maxSafe is the largest integer below which every integer has a double of its own.
const maxSafe = 1<<53 - 1

// syntaxError says what is wrong with a JSON text and where.
type syntaxError struct {
	offset  int
	message string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.message, e.offset) }

// decoder turns JSON text into values of one runtime as JSON.parse does, in one validating pass and without anything in
// between. Strings are slices of one copy of the text.
type decoder struct {
	vm *goja.Runtime
	// inherited are the names that assigning to would find on Object.prototype.
	inherited map[string]bool
	// define sets an own property whose name no Go string can hold.
	define goja.Callable

	src   string
	pos   int
	depth int
	// wide tells that at least one number has more digits than its double.
	wide bool
	// values is the stack of array elements under construction.
	values []any
}

// decode is the value of a JSON text. The error is a *syntaxError.
func (d *decoder) decode(text []byte) (v goja.Value, err error) {
	if !utf8.Valid(text) {
		return nil, &syntaxError{invalidUTF8(text), "invalid UTF-8"}
	}
	d.src, d.pos, d.depth, d.wide = string(text), 0, 0, false
	d.values = d.values[:0]
	defer func() {
		d.src = ""
		if r := recover(); r != nil {
			e, ok := r.(*syntaxError)
			if !ok {
				panic(r)
			}
			v, err = nil, e
		}
	}()
	d.space()
	v = d.value()
	d.space()
	if d.pos < len(d.src) {
		d.fail("unexpected text after the end of the JSON value")
	}
	return v, nil
}

func invalidUTF8(text []byte) int {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(text)
}

func (d *decoder) fail(message string) {
	panic(&syntaxError{d.pos, message})
}

func (d *decoder) unexpected() {
	if d.pos >= len(d.src) {
		d.fail("unexpected end of JSON")
	}
	r, _ := utf8.DecodeRuneInString(d.src[d.pos:])
	d.fail(fmt.Sprintf("unexpected %q in JSON", r))
}

func (d *decoder) space() {
	for d.pos < len(d.src) {
		switch d.src[d.pos] {
		case ' ', '\n', '\r', '\t':
			d.pos++
		default:
			return
		}
	}
}

func (d *decoder) value() goja.Value {
	if d.pos >= len(d.src) {
		d.unexpected()
	}
	switch c := d.src[d.pos]; {
	case c == '{':
		return d.object()
	case c == '[':
		return d.array()
	case c == '"':
		return d.text()
	case c == '-' || '0' <= c && c <= '9':
		return d.number()
	case c == 't':
		d.word("true")
		return d.vm.ToValue(true)
	case c == 'f':
		d.word("false")
		return d.vm.ToValue(false)
	case c == 'n':
		d.word("null")
		return goja.Null()
	}
	d.unexpected()
	return nil
}

func (d *decoder) word(w string) {
	for i := range len(w) {
		if d.pos >= len(d.src) || d.src[d.pos] != w[i] {
			d.unexpected()
		}
		d.pos++
	}
}

func (d *decoder) enter() {
	d.pos++
	d.depth++
	if d.depth > maxDepth {
		d.fail(fmt.Sprintf("JSON nested deeper than %d levels", maxDepth))
	}
	d.space()
}

func (d *decoder) object() goja.Value {
	d.enter()
	o := d.vm.NewObject()
	if d.peek() == '}' {
		d.pos++
		d.depth--
		return o
	}
	for {
		if d.peek() != '"' {
			d.unexpected()
		}
		name, whole := d.key()
		d.space()
		if d.peek() != ':' {
			d.unexpected()
		}
		d.pos++
		d.space()
		v := d.value()
		switch {
		case whole != nil:
			if _, err := d.define(goja.Undefined(), o, whole, v); err != nil {
				panic(err)
			}
		case d.inherited[name]:
			if err := o.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE); err != nil {
				panic(err)
			}
		default:
			if err := o.Set(name, v); err != nil {
				panic(err)
			}
		}
		d.space()
		switch d.peek() {
		case ',':
			d.pos++
			d.space()
		case '}':
			d.pos++
			d.depth--
			return o
		default:
			d.unexpected()
		}
	}
}

func (d *decoder) array() goja.Value {
	d.enter()
	if d.peek() == ']' {
		d.pos++
		d.depth--
		return d.vm.NewArray()
	}
	mark := len(d.values)
	for {
		d.values = append(d.values, d.value())
		d.space()
		switch d.peek() {
		case ',':
			d.pos++
			d.space()
		case ']':
			d.pos++
			d.depth--
			a := d.vm.NewArray(d.values[mark:]...)
			clear(d.values[mark:])
			d.values = d.values[:mark]
			return a
		default:
			d.unexpected()
		}
	}
}

// peek is the byte at the position, 0 at the end, which no JSON text holds outside of strings.
func (d *decoder) peek() byte {
	if d.pos >= len(d.src) {
		return 0
	}
	return d.src[d.pos]
}

// key is a property name, as whole only when it holds a surrogate without its pair.
func (d *decoder) key() (name string, whole goja.Value) {
	plain, units := d.scan()
	if units == nil {
		return plain, nil
	}
	if s, ok := paired(units); ok {
		return s, nil
	}
	return "", goja.StringFromUTF16(units)
}

func (d *decoder) text() goja.Value {
	plain, units := d.scan()
	if units == nil {
		return d.vm.ToValue(plain)
	}
	if s, ok := paired(units); ok {
		return d.vm.ToValue(s)
	}
	return goja.StringFromUTF16(units)
}

// scan reads a string: as a slice of the text when it has no escapes, and as UTF-16 otherwise.
func (d *decoder) scan() (plain string, units []uint16) {
	d.pos++
	start := d.pos
	for d.pos < len(d.src) {
		switch c := d.src[d.pos]; {
		case c == '"':
			d.pos++
			return d.src[start : d.pos-1], nil
		case c == '\\':
			return "", d.escaped(start)
		case c < 0x20:
			d.fail("control character in a string in JSON")
		}
		d.pos++
	}
	d.fail("unterminated string in JSON")
	return "", nil
}

func (d *decoder) escaped(start int) []uint16 {
	units := utf16.AppendRune(make([]uint16, 0, d.pos-start+32), -1)[:0]
	for _, r := range d.src[start:d.pos] {
		units = utf16.AppendRune(units, r)
	}
	for d.pos < len(d.src) {
		c := d.src[d.pos]
		switch {
		case c == '"':
			d.pos++
			return units
		case c == '\\':
			units = append(units, d.escape())
		case c < 0x20:
			d.fail("control character in a string in JSON")
		case c < utf8.RuneSelf:
			units = append(units, uint16(c))
			d.pos++
		default:
			r, n := utf8.DecodeRuneInString(d.src[d.pos:])
			units = utf16.AppendRune(units, r)
			d.pos += n
		}
	}
	d.fail("unterminated string in JSON")
	return nil
}

func (d *decoder) escape() uint16 {
	d.pos++
	c := d.peek()
	if i := bytes.IndexByte([]byte(`"\/bfnrt`), c); i >= 0 && c != 0 {
		d.pos++
		return uint16("\"\\/\b\f\n\r\t"[i])
	}
	if c != 'u' || d.pos+5 > len(d.src) {
		d.fail("bad escape in a string in JSON")
	}
	var u uint16
	for _, h := range []byte(d.src[d.pos+1 : d.pos+5]) {
		switch {
		case '0' <= h && h <= '9':
			u = u<<4 | uint16(h-'0')
		case 'a' <= h|0x20 && h|0x20 <= 'f':
			u = u<<4 | uint16(h|0x20-'a'+10)
		default:
			d.fail("bad escape in a string in JSON")
		}
	}
	d.pos += 5
	return u
}

// paired is the text of UTF-16 units; ok is false when one of them is a surrogate without its pair.
func paired(units []uint16) (s string, ok bool) {
	b := make([]byte, 0, len(units)+16)
	for i := 0; i < len(units); i++ {
		r := rune(units[i])
		if utf16.IsSurrogate(r) {
			if i+1 == len(units) {
				return "", false
			}
			if r = utf16.DecodeRune(r, rune(units[i+1])); r == utf8.RuneError {
				return "", false
			}
			i++
		}
		b = utf8.AppendRune(b, r)
	}
	return string(b), true
}

func (d *decoder) number() goja.Value {
	token, digits, integer := d.numberToken()
	if integer && digits <= 15 && token != "-0" {
		n, _ := strconv.ParseInt(token, 10, 64)
		return d.vm.ToValue(n)
	}
	f, _ := strconv.ParseFloat(token, 64)
	if digits > 15 || f == 0 || math.IsInf(f, 0) || math.Abs(f) < 1e-300 {
		d.wide = d.wide || isWide(token, f)
	}
	return d.vm.ToValue(f)
}

// numberToken reads a number by JSON's grammar and counts the digits of its mantissa.
func (d *decoder) numberToken() (token string, digits int, integer bool) {
	start := d.pos
	if d.peek() == '-' {
		d.pos++
	}
	first := d.pos
	digits = d.digits()
	if digits == 0 {
		d.unexpected()
	}
	if digits > 1 && d.src[first] == '0' {
		d.pos = first + 1
		d.unexpected()
	}
	integer = true
	if d.peek() == '.' {
		d.pos++
		integer = false
		n := d.digits()
		if n == 0 {
			d.unexpected()
		}
		digits += n
	}
	if c := d.peek(); c == 'e' || c == 'E' {
		d.pos++
		integer = false
		if c = d.peek(); c == '+' || c == '-' {
			d.pos++
		}
		if d.digits() == 0 {
			d.unexpected()
		}
	}
	return d.src[start:d.pos], digits, integer
}

func (d *decoder) digits() int {
	start := d.pos
	for d.pos < len(d.src) && '0' <= d.src[d.pos] && d.src[d.pos] <= '9' {
		d.pos++
	}
	return d.pos - start
}
