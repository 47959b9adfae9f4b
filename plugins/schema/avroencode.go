package schema

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// avroEncoder writes an indexed JSON text as binary. After a failure it does nothing more.
type avroEncoder struct {
	*document
	out     []byte
	trouble *trouble
}

func (e *avroEncoder) fail(rule, format string, args ...any) {
	if e.trouble == nil {
		e.trouble = &trouble{rule: rule, text: fmt.Sprintf(format, args...)}
	}
}

// mismatch is a value of another kind than the type's.
func (e *avroEncoder) mismatch(t *avroType, n int) {
	e.fail(t.rule(), "expected %s, found %s", article(t.rule()), e.show(n))
}

// rule is what people know the type by.
func (t *avroType) rule() string {
	switch {
	case t.decimal:
		return "decimal"
	case t.uuid:
		return "uuid"
	case t.kind == avroEnum:
		return "enum"
	case t.kind == avroFixed:
		return "fixed"
	case t.kind == avroRecord:
		return "record"
	}
	return t.name
}

func (e *avroEncoder) long(v int64) {
	e.out = binary.AppendUvarint(e.out, uint64(v)<<1^uint64(v>>63))
}

// value writes the node n as t.
func (e *avroEncoder) value(t *avroType, n int) {
	kind := e.nodes[n].kind
	switch t.kind {
	case avroUnion:
		e.union(t, n)
	case avroNull:
		if kind != nullKind {
			e.mismatch(t, n)
		}
	case avroBoolean:
		if kind != boolKind {
			e.mismatch(t, n)
			return
		}
		b := byte(0)
		if e.raw(n)[0] == 't' {
			b = 1
		}
		e.out = append(e.out, b)
	case avroInt, avroLong:
		if v, ok := e.integer(t, n); ok {
			e.long(v)
		}
	case avroFloat, avroDouble:
		e.float(t, n)
	case avroString:
		if kind != stringKind {
			e.mismatch(t, n)
			return
		}
		s := e.content(n)
		e.long(int64(len(s)))
		e.out = append(e.out, s...)
	case avroBytes, avroFixed:
		e.bytes(t, n)
	case avroEnum:
		e.enum(t, n)
	case avroArray:
		e.array(t, n)
	case avroMap:
		e.dict(t, n)
	case avroRecord:
		e.record(t, n)
	}
}

// integer is a JSON number without a fraction, however it is spelled.
func (e *avroEncoder) integer(t *avroType, n int) (int64, bool) {
	if e.nodes[n].kind != numberKind {
		e.mismatch(t, n)
		return 0, false
	}
	text := string(e.raw(n))
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		r, ok := exact(text)
		if !ok || !r.IsInt() {
			e.fail(t.name, "expected %s, found %s", article(t.name), e.show(n))
			return 0, false
		}
		if !r.Num().IsInt64() {
			e.fail(t.name, "expected a number of 64 bits, found %s", e.show(n))
			return 0, false
		}
		v = r.Num().Int64()
	}
	if t.kind == avroInt && (v < math.MinInt32 || v > math.MaxInt32) {
		e.fail(t.name, "expected a number of 32 bits, found %s", e.show(n))
		return 0, false
	}
	return v, true
}

// exact is the number's value, unless it is too wide to look at.
func exact(text string) (*big.Rat, bool) {
	if wideNumber([]byte(text)) != "" {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

func (e *avroEncoder) float(t *avroType, n int) {
	bits := 64
	if t.kind == avroFloat {
		bits = 32
	}
	var v float64
	switch e.nodes[n].kind {
	case numberKind:
		var err error
		if v, err = strconv.ParseFloat(string(e.raw(n)), bits); err != nil {
			e.fail(t.name, "expected a number of %d bits, found %s", bits, e.show(n))
			return
		}
	case stringKind:
		switch string(e.content(n)) {
		case "NaN":
			v = math.NaN()
		case "Infinity":
			v = math.Inf(1)
		case "-Infinity":
			v = math.Inf(-1)
		default:
			e.mismatch(t, n)
			return
		}
	default:
		e.mismatch(t, n)
		return
	}
	if bits == 32 {
		e.out = binary.LittleEndian.AppendUint32(e.out, math.Float32bits(float32(v)))
		return
	}
	e.out = binary.LittleEndian.AppendUint64(e.out, math.Float64bits(v))
}

func (e *avroEncoder) bytes(t *avroType, n int) {
	if t.decimal {
		e.decimal(t, n)
		return
	}
	if e.nodes[n].kind != stringKind {
		e.mismatch(t, n)
		return
	}
	s := e.content(n)
	if t.uuid {
		e.uuid(t, n, string(s))
		return
	}
	size := utf8.RuneCount(s)
	if t.kind == avroFixed && size != t.size {
		e.fail("fixed", "expected %d bytes, found %d", t.size, size)
		return
	}
	if t.kind == avroBytes {
		e.long(int64(size))
	}
	for _, r := range string(s) {
		if r > 0xff {
			e.fail(t.rule(), "expected a string of bytes, each as the character U+0000 to U+00FF of its number, found %q", r)
			return
		}
		e.out = append(e.out, byte(r))
	}
}

func (e *avroEncoder) uuid(t *avroType, n int, s string) {
	var b [16]byte
	digits := strings.ReplaceAll(s, "-", "")
	if _, err := hex.Decode(b[:], []byte(digits)); err != nil || len(digits) != 32 || len(s) != 36 {
		e.mismatch(t, n)
		return
	}
	e.out = append(e.out, b[:]...)
}

// decimal takes a number, or a number's text, and keeps every digit.
func (e *avroEncoder) decimal(t *avroType, n int) {
	text := string(e.raw(n))
	if e.nodes[n].kind == stringKind {
		text = string(e.content(n))
	} else if e.nodes[n].kind != numberKind {
		e.mismatch(t, n)
		return
	}
	var d document
	if d.index([]byte(text)) >= 0 || d.nodes[0].kind != numberKind {
		e.mismatch(t, n)
		return
	}
	r, ok := exact(text)
	if !ok {
		e.mismatch(t, n)
		return
	}
	r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.scale)), nil)))
	if !r.IsInt() {
		e.fail("decimal", "expected at most %d digits behind the point, found %s", t.scale, e.show(n))
		return
	}
	if digits := len(new(big.Int).Abs(r.Num()).String()); digits > t.precision {
		e.fail("decimal", "expected at most %d digits with %d behind the point, found %s", t.precision, t.scale, e.show(n))
		return
	}
	b := twosComplement(r.Num())
	if t.kind == avroFixed {
		if len(b) > t.size {
			e.fail("decimal", "expected a number of %d bytes, found %s", t.size, e.show(n))
			return
		}
		for range t.size - len(b) {
			e.out = append(e.out, byte(int8(b[0])>>7))
		}
	} else {
		e.long(int64(len(b)))
	}
	e.out = append(e.out, b...)
}

// twosComplement is v in the fewest big-endian bytes, at least one.
func twosComplement(v *big.Int) []byte {
	if v.Sign() >= 0 {
		b := v.Bytes()
		if len(b) == 0 || b[0]&0x80 != 0 {
			b = append([]byte{0}, b...)
		}
		return b
	}
	// -v-1 has the same bits as v, inverted.
	b := new(big.Int).Not(v).Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	for i := range b {
		b[i] = ^b[i]
	}
	return b
}

func (e *avroEncoder) enum(t *avroType, n int) {
	if e.nodes[n].kind != stringKind {
		e.mismatch(t, n)
		return
	}
	i, ok := t.ordinal[string(e.content(n))]
	if !ok {
		e.fail("enum", "expected one of %s, found %s", clip(strings.Join(t.symbols, ", "), maxShown), e.show(n))
		return
	}
	e.long(int64(i))
}

func (e *avroEncoder) array(t *avroType, n int) {
	if e.nodes[n].kind != arrayKind {
		e.mismatch(t, n)
		return
	}
	end, count := int(e.nodes[n].next), int64(0)
	for c := n + 1; c < end; c = int(e.nodes[c].next) {
		count++
	}
	if count > 0 {
		e.long(count)
		for c, i := n+1, 0; c < end && e.trouble == nil; c, i = int(e.nodes[c].next), i+1 {
			if e.value(t.item, c); e.trouble != nil {
				e.trouble.within(strconv.Itoa(i))
			}
		}
	}
	e.long(0)
}

func (e *avroEncoder) dict(t *avroType, n int) {
	if e.nodes[n].kind != objectKind {
		e.mismatch(t, n)
		return
	}
	end, count := int(e.nodes[n].next), int64(0)
	for c := n + 1; c < end; c = int(e.nodes[c+1].next) {
		count++
	}
	if count > 0 {
		e.long(count)
		for c := n + 1; c < end && e.trouble == nil; c = int(e.nodes[c+1].next) {
			key := e.content(c)
			e.long(int64(len(key)))
			e.out = append(e.out, key...)
			if e.value(t.item, c+1); e.trouble != nil {
				e.trouble.within(string(key))
			}
		}
	}
	e.long(0)
}

// record writes the fields in the schema's order, whatever order the object has them in.
func (e *avroEncoder) record(t *avroType, n int) {
	if e.nodes[n].kind != objectKind {
		e.mismatch(t, n)
		return
	}
	var few [32]int32
	at := few[:]
	if len(t.fields) > len(at) {
		at = make([]int32, len(t.fields))
	}
	end, next := int(e.nodes[n].next), 0
	for c := n + 1; c < end; c = int(e.nodes[c+1].next) {
		key := e.content(c)
		// Most objects have their fields in the schema's order.
		if next >= len(t.fields) || string(key) != t.fields[next].name {
			var ok bool
			if next, ok = t.position[string(key)]; !ok {
				e.fail("unknown_field", "is not a field of %s: remove it in a step or add it to the schema", t.name)
				e.trouble.within(string(key))
				return
			}
		}
		at[next] = int32(c + 1)
		next++
	}
	for i := range t.fields {
		f := &t.fields[i]
		switch {
		case at[i] > 0:
			e.value(f.typ, int(at[i]))
		case f.missing != nil:
			e.out = append(e.out, f.missing...)
		default:
			e.fail("required", "is missing: expected %s", article(f.typ.rule()))
		}
		if e.trouble != nil {
			e.trouble.within(f.name)
			return
		}
	}
}

func (e *avroEncoder) union(t *avroType, n int) {
	kind := e.nodes[n].kind
	for i, branch := range t.branches {
		if branch.kind == avroNull && kind == nullKind {
			e.long(int64(i))
			return
		}
		if t.bare && branch.looks.has(kind) {
			e.long(int64(i))
			e.value(branch, n)
			return
		}
	}
	if i, value, ok := e.tagged(t, n); ok {
		e.long(int64(i))
		if e.value(t.branches[i], value); e.trouble != nil {
			e.trouble.within(t.branches[i].name)
		}
		return
	}
	names := make([]string, len(t.branches))
	for i, b := range t.branches {
		names[i] = b.rule()
		if !t.bare && b.kind != avroNull {
			names[i] = fmt.Sprintf("{%q: …}", b.name)
		}
	}
	e.fail("union", "expected %s, found %s", strings.Join(names, " or "), e.show(n))
}

// tagged finds the branch that an object with one member names.
func (e *avroEncoder) tagged(t *avroType, n int) (branch, value int, ok bool) {
	if e.nodes[n].kind != objectKind || e.nodes[n].next <= int32(n+1) || e.nodes[n+2].next != e.nodes[n].next {
		return 0, 0, false
	}
	name := string(e.content(n + 1))
	for i, b := range t.branches {
		if b.name == name && b.kind != avroNull {
			return i, n + 2, true
		}
	}
	return 0, 0, false
}
