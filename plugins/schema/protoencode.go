package schema

import (
	"bytes"
	"encoding/base64"
	"math"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// protoEncoder writes an indexed JSON text as a binary message. As with [protoDecoder], false sends the text to the library.
// Fields come in the order that the library's deterministic encoding has. Memory is used again for the next text.
type protoEncoder struct {
	document
	out []byte
	// at is a stack of where the fields of the messages that are being written stand: nodes, 0 for none.
	at      []int32
	entries []protoEntry
	depth   int
}

// encode appends the message that the text holds.
func (e *protoEncoder) encode(t *protoType, b, json []byte) ([]byte, bool) {
	if e.index(json) >= 0 || e.lone || e.wide && wideNumber(json) != "" {
		return b, false
	}
	e.out, e.at, e.entries, e.depth = b, e.at[:0], e.entries[:0], 0
	ok := e.message(t, 0)
	b, e.out = e.out, nil
	return b, ok
}

// message writes the fields of the message that the node holds.
func (e *protoEncoder) message(t *protoType, n int) bool {
	if e.depth >= maxPlainDepth {
		return false
	}
	e.depth++
	defer func() { e.depth-- }()
	switch t.form {
	case formFields:
		return e.object(t, n)
	case formTimestamp:
		return e.timestamp(n)
	case formDuration:
		return e.duration(n)
	case formWrapper, formStruct, formList:
		return e.field(&t.fields[0], n)
	case formValue:
		return e.field(&t.fields[kindOfValue(e.nodes[n].kind)], n)
	}
	return false
}

func (e *protoEncoder) object(t *protoType, n int) bool {
	if e.nodes[n].kind != objectKind {
		return false
	}
	base := len(e.at)
	e.at = slices.Grow(e.at, len(t.fields))[:base+len(t.fields)]
	clear(e.at[base:])
	if !e.members(t, n, e.at[base:]) {
		return false
	}
	oneof := 0
	for _, i := range t.wire {
		f, n := &t.fields[i], int(e.at[base+i])
		if n == 0 || e.nodes[n].kind == nullKind && !f.nullable {
			if f.required {
				return false
			}
			continue
		}
		if f.oneof > 0 && f.oneof == oneof || !e.field(f, n) {
			return false
		}
		oneof = f.oneof
	}
	e.at = e.at[:base]
	return true
}

// members finds the object's fields; false when one is unknown or comes twice.
func (e *protoEncoder) members(t *protoType, n int, at []int32) bool {
	end, next := int(e.nodes[n].next), 0
	for c := n + 1; c < end; c = int(e.nodes[c+1].next) {
		name := e.content(c)
		// Most objects have their fields in the schema's order.
		if next >= len(t.fields) || string(name) != t.fields[next].name {
			var ok bool
			if next, ok = t.names[string(name)]; !ok {
				return false
			}
		}
		if at[next] != 0 {
			return false
		}
		at[next] = int32(c + 1)
		next++
	}
	return true
}

// field writes a field with its tags. A zero is left out where it means the same as no value.
func (e *protoEncoder) field(f *protoField, n int) bool {
	switch {
	case f.key != nil:
		return e.dict(f, n)
	case f.list:
		return e.array(f, n)
	}
	from := len(e.out)
	e.out = append(e.out, f.tag...)
	value := len(e.out)
	if !e.value(f, n) {
		return false
	}
	if !f.presence && allZeros(e.out[value:]) {
		e.out = e.out[:from]
	}
	return true
}

// allZeros reports whether an encoded scalar is the zero of its kind: numbers are then all zeros, and so is the length of text.
func allZeros(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

func (e *protoEncoder) array(f *protoField, n int) bool {
	if e.nodes[n].kind != arrayKind {
		return false
	}
	end := int(e.nodes[n].next)
	if end == n+1 {
		return true
	}
	packed := 0
	if f.packed {
		e.out = append(e.out, f.tag...)
		packed = e.open()
	}
	for c := n + 1; c < end; c = int(e.nodes[c].next) {
		if !f.packed {
			e.out = append(e.out, f.tag...)
		}
		if !e.value(f, c) {
			return false
		}
	}
	if f.packed {
		e.close(packed)
	}
	return true
}

// open leaves room for the length of what follows, close fills it in.
func (e *protoEncoder) open() int {
	e.out = append(e.out, 0)
	return len(e.out)
}

func (e *protoEncoder) close(from int) {
	size := len(e.out) - from
	if size < 0x80 {
		e.out[from-1] = byte(size)
		return
	}
	more := protowire.SizeVarint(uint64(size)) - 1
	e.out = append(e.out, make([]byte, more)...)
	copy(e.out[from+more:], e.out[from:from+size])
	protowire.AppendVarint(e.out[:from-1], uint64(size))
}

// value writes one value without its tag.
func (e *protoEncoder) value(f *protoField, n int) bool {
	switch f.kind {
	case protoreflect.BoolKind:
		if e.nodes[n].kind != boolKind {
			return false
		}
		e.out = append(e.out, byte(protowire.EncodeBool(e.raw(n)[0] == 't')))
	case protoreflect.EnumKind:
		return e.enum(f, n)
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return e.float(f, n)
	case protoreflect.StringKind:
		if e.nodes[n].kind != stringKind {
			return false
		}
		s := e.content(n)
		e.out = protowire.AppendVarint(e.out, uint64(len(s)))
		e.out = append(e.out, s...)
	case protoreflect.BytesKind:
		return e.bytes(n)
	case protoreflect.MessageKind:
		from := e.open()
		if !e.message(f.message, n) {
			return false
		}
		e.close(from)
	case protoreflect.GroupKind:
		if !e.message(f.message, n) {
			return false
		}
		e.out = append(e.out, f.end...)
	default:
		// What has a fraction or an exponent is left to the library.
		v, ok := wholeNumber(f.kind, e.digits(n))
		e.integer(f, v)
		return ok
	}
	return true
}

// digits is a number's text: as a number of JSON, or inside a string.
func (e *protoEncoder) digits(n int) []byte {
	switch e.nodes[n].kind {
	case numberKind:
		return e.raw(n)
	case stringKind:
		return e.content(n)
	}
	return nil
}

// wholeNumber reads plain digits of any kind, as the bits of an int64 or a uint64.
func wholeNumber(k protoreflect.Kind, text []byte) (uint64, bool) {
	unsigned, negative := text, false
	if len(text) > 0 && text[0] == '-' {
		unsigned, negative = text[1:], true
	}
	if len(unsigned) == 0 || unsigned[0] < '0' || unsigned[0] == '0' && len(unsigned) > 1 {
		return 0, false
	}
	bits := 64
	switch k {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind, protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.EnumKind:
		bits = 32
	}
	switch k {
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		if negative {
			return 0, false
		}
		v, err := strconv.ParseUint(string(text), 10, bits)
		return v, err == nil
	}
	v, err := strconv.ParseInt(string(text), 10, bits)
	return uint64(v), err == nil
}

// integer writes a whole number as its kind has it.
func (e *protoEncoder) integer(f *protoField, v uint64) {
	switch f.wire {
	case protowire.Fixed32Type:
		e.out = protowire.AppendFixed32(e.out, uint32(v))
	case protowire.Fixed64Type:
		e.out = protowire.AppendFixed64(e.out, v)
	default:
		if f.kind == protoreflect.Sint32Kind || f.kind == protoreflect.Sint64Kind {
			v = protowire.EncodeZigZag(int64(v))
		}
		e.out = protowire.AppendVarint(e.out, v)
	}
}

func (e *protoEncoder) enum(f *protoField, n int) bool {
	switch e.nodes[n].kind {
	case stringKind:
		v, ok := f.enum.numbers[string(e.content(n))]
		e.out = protowire.AppendVarint(e.out, uint64(v))
		return ok
	case numberKind:
		v, ok := wholeNumber(f.kind, e.raw(n))
		e.out = protowire.AppendVarint(e.out, v)
		return ok
	case nullKind:
		e.out = append(e.out, 0)
		return f.enum.null
	}
	return false
}

func (e *protoEncoder) float(f *protoField, n int) bool {
	bits := 64
	if f.kind == protoreflect.FloatKind {
		bits = 32
	}
	var v float64
	switch e.nodes[n].kind {
	case numberKind:
		var err error
		if v, err = strconv.ParseFloat(string(e.raw(n)), bits); err != nil {
			return false
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
			return false
		}
	default:
		return false
	}
	if bits == 32 {
		e.out = protowire.AppendFixed32(e.out, math.Float32bits(float32(v)))
	} else {
		e.out = protowire.AppendFixed64(e.out, math.Float64bits(v))
	}
	return true
}

// bytes takes both alphabets of base64, with and without padding.
func (e *protoEncoder) bytes(n int) bool {
	if e.nodes[n].kind != stringKind {
		return false
	}
	s := e.content(n)
	encoding := base64.StdEncoding
	switch url, bare := bytes.ContainsAny(s, "-_"), len(s)%4 != 0; {
	case url && bare:
		encoding = base64.RawURLEncoding
	case url:
		encoding = base64.URLEncoding
	case bare:
		encoding = base64.RawStdEncoding
	}
	from := e.open()
	out, err := encoding.AppendDecode(e.out, s)
	if err != nil {
		return false
	}
	e.out = out
	e.close(from)
	return true
}
