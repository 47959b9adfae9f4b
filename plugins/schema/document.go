package schema

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/inflect-dev/inflect/plugins/record"
)

// A kind is the first letter of what a JSON value is.
type kindOf byte

const (
	nullKind   kindOf = 'n'
	boolKind   kindOf = 'b'
	numberKind kindOf = 'd'
	stringKind kindOf = 's'
	arrayKind  kindOf = 'a'
	objectKind kindOf = 'o'
)

func (k kindOf) String() string {
	switch k {
	case nullKind:
		return "null"
	case boolKind:
		return "boolean"
	case numberKind:
		return "number"
	case stringKind:
		return "string"
	case arrayKind:
		return "array"
	}
	return "object"
}

// document is a JSON text with an index of its values, so that they can be read in any order without turning them into Go
// values. Its memory is used again for the next text.
type document struct {
	text  []byte
	nodes []node
	// wide says that a number has an exponent or is long, so that its exact value may be huge.
	wide bool
	// lone says that an escape stands for half a character: a surrogate without its other one.
	lone bool
}

// node is one value: its text, and the node behind its last descendant. An array's items follow it, an object's names and
// values follow in turn.
type node struct {
	kind       kindOf
	escaped    bool
	start, end int32
	next       int32
}

// maxDepth bounds how deep arrays and objects may nest, in JSON and in what is turned into JSON.
const maxDepth = 1000

// index reads a whole text. It returns the offset of the first byte that cannot be JSON, -1 when all is well.
func (d *document) index(text []byte) int {
	d.text, d.nodes, d.wide, d.lone = text, d.nodes[:0], false, false
	if len(text) > 1<<30 || !utf8.Valid(text) {
		return 0
	}
	i, ok := d.value(d.space(0), 0)
	if !ok {
		return i
	}
	if i = d.space(i); i < len(text) {
		return i
	}
	return -1
}

func (d *document) space(i int) int {
	for i < len(d.text) && (d.text[i] == ' ' || d.text[i] == '\n' || d.text[i] == '\t' || d.text[i] == '\r') {
		i++
	}
	return i
}

func (d *document) add(kind kindOf, start int) int {
	d.nodes = append(d.nodes, node{kind: kind, start: int32(start)})
	return len(d.nodes) - 1
}

func (d *document) done(n, end int) {
	d.nodes[n].end, d.nodes[n].next = int32(end), int32(len(d.nodes))
}

// value indexes the value at i and returns the offset behind it, or the offset of what is wrong.
func (d *document) value(i, depth int) (int, bool) {
	if i >= len(d.text) || depth > maxDepth {
		return i, false
	}
	switch c := d.text[i]; {
	case c == '"':
		return d.str(i)
	case c == '{':
		return d.object(i, depth)
	case c == '[':
		return d.array(i, depth)
	case c == '-' || c >= '0' && c <= '9':
		return d.number(i)
	case c == 't':
		return d.word(i, "true", boolKind)
	case c == 'f':
		return d.word(i, "false", boolKind)
	case c == 'n':
		return d.word(i, "null", nullKind)
	}
	return i, false
}

// leaf notes a value that has no others inside.
func (d *document) leaf(kind kindOf, escaped bool, start, end int) {
	d.nodes = append(d.nodes, node{kind: kind, escaped: escaped, start: int32(start), end: int32(end), next: int32(len(d.nodes) + 1)})
}

func (d *document) word(i int, word string, kind kindOf) (int, bool) {
	if len(d.text)-i < len(word) || string(d.text[i:i+len(word)]) != word {
		return i, false
	}
	d.leaf(kind, false, i, i+len(word))
	return i + len(word), true
}

func (d *document) str(start int) (int, bool) {
	escaped := false
	for i := start + 1; ; i++ {
		if i += record.Clean(d.text[i:]); i >= len(d.text) {
			return i, false
		}
		switch d.text[i] {
		case '"':
			d.leaf(stringKind, escaped, start, i+1)
			return i + 1, true
		case '\\':
			escaped = true
			if i++; i >= len(d.text) {
				return i, false
			}
		default:
			return i, false
		}
		switch d.text[i] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		case 'u':
			r := hex4(d.text[i+1:])
			if r < 0 {
				return i, false
			}
			i += 4
			if utf16.IsSurrogate(r) {
				if paired(r, d.text[i+1:]) == utf8.RuneError {
					d.lone = true
				} else {
					i += 6
				}
			}
		default:
			return i, false
		}
	}
}

// hex4 is the value of four hexadecimal digits, -1 when there are none.
func hex4(b []byte) rune {
	if len(b) < 4 {
		return -1
	}
	var v rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			v = v<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			v = v<<4 | rune(c-'A'+10)
		default:
			return -1
		}
	}
	return v
}

// paired is the character whose first half is the surrogate and whose second is escaped at the beginning of b;
// utf8.RuneError when there is none.
func paired(r rune, b []byte) rune {
	if len(b) < 2 || b[0] != '\\' || b[1] != 'u' {
		return utf8.RuneError
	}
	return utf16.DecodeRune(r, hex4(b[2:]))
}

func (d *document) number(i int) (int, bool) {
	start := i
	digits := func() bool {
		from := i
		for i < len(d.text) && d.text[i] >= '0' && d.text[i] <= '9' {
			i++
		}
		return i > from
	}
	is := func(c byte) bool { return i < len(d.text) && d.text[i] == c }
	if is('-') {
		i++
	}
	if is('0') {
		i++
	} else if !digits() {
		return i, false
	}
	if is('.') {
		if i++; !digits() {
			return i, false
		}
	}
	if is('e') || is('E') {
		d.wide = true
		if i++; is('+') || is('-') {
			i++
		}
		if !digits() {
			return i, false
		}
	}
	d.wide = d.wide || i-start > maxDigits
	d.leaf(numberKind, false, start, i)
	return i, true
}

func (d *document) array(i, depth int) (int, bool) {
	n := d.add(arrayKind, i)
	if i = d.space(i + 1); i < len(d.text) && d.text[i] == ']' {
		d.done(n, i+1)
		return i + 1, true
	}
	for {
		var ok bool
		if i, ok = d.value(i, depth+1); !ok {
			return i, false
		}
		if i = d.space(i); i >= len(d.text) {
			return i, false
		}
		switch d.text[i] {
		case ',':
			i = d.space(i + 1)
		case ']':
			d.done(n, i+1)
			return i + 1, true
		default:
			return i, false
		}
	}
}

func (d *document) object(i, depth int) (int, bool) {
	n := d.add(objectKind, i)
	if i = d.space(i + 1); i < len(d.text) && d.text[i] == '}' {
		d.done(n, i+1)
		return i + 1, true
	}
	for {
		if i >= len(d.text) || d.text[i] != '"' {
			return i, false
		}
		var ok bool
		if i, ok = d.str(i); !ok {
			return i, false
		}
		if i = d.space(i); i >= len(d.text) || d.text[i] != ':' {
			return i, false
		}
		if i, ok = d.value(d.space(i+1), depth+1); !ok {
			return i, false
		}
		if i = d.space(i); i >= len(d.text) {
			return i, false
		}
		switch d.text[i] {
		case ',':
			i = d.space(i + 1)
		case '}':
			d.done(n, i+1)
			return i + 1, true
		default:
			return i, false
		}
	}
}

// raw is a value's text.
func (d *document) raw(n int) []byte { return d.text[d.nodes[n].start:d.nodes[n].end] }

// content is a string's value. It is part of the text where nothing is escaped.
func (d *document) content(n int) []byte {
	b := d.raw(n)
	b = b[1 : len(b)-1]
	if !d.nodes[n].escaped {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			out = append(out, b[i])
			continue
		}
		i++
		switch b[i] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hex4(b[i+1:])
			i += 4
			if utf16.IsSurrogate(r) {
				if r = paired(r, b[i+1:]); r != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, b[i])
		}
	}
	return out
}

// offset is the place of a line and column, both from 1.
func (d *document) offset(line, column int) int {
	at := 0
	for ; line > 1; line-- {
		n := bytes.IndexByte(d.text[at:], '\n')
		if n < 0 {
			return len(d.text)
		}
		at += n + 1
	}
	return at + column - 1
}

// pointer is the JSON pointer of the innermost value, or member, that begins at or spans the offset.
func (d *document) pointer(offset int) string {
	var b strings.Builder
	for n := 0; n < len(d.nodes); {
		var name string
		inner := -1
		end := int(d.nodes[n].next)
		switch d.nodes[n].kind {
		case objectKind:
			for c := n + 1; c < end; c = int(d.nodes[c+1].next) {
				if int(d.nodes[c].start) <= offset && offset < int(d.nodes[c+1].end) {
					name, inner = string(d.content(c)), c+1
				}
			}
		case arrayKind:
			i := 0
			for c := n + 1; c < end; c = int(d.nodes[c].next) {
				if int(d.nodes[c].start) <= offset && offset < int(d.nodes[c].end) {
					name, inner = strconv.Itoa(i), c
				}
				i++
			}
		}
		if inner < 0 {
			break
		}
		b.WriteString(token(name))
		n = inner
	}
	return b.String()
}

// show describes a value for people, as found does.
func (d *document) show(n int) string {
	switch k := d.nodes[n].kind; k {
	case nullKind:
		return "null"
	case arrayKind:
		return "an array"
	case objectKind:
		return "an object"
	default:
		return k.String() + " " + clip(string(d.raw(n)), maxShown)
	}
}
