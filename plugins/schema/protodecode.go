package schema

import (
	"bytes"
	"encoding/base64"
	"math"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/inflect-dev/inflect/plugins/record"
)

// protoDecoder writes a binary message as JSON, straight from its bytes. Its methods return false as soon as a payload is
// not plain: when something is wrong with it, and when it is written as few writers write. The library then reads it again
// and has the last word. Memory is used again for the next payload.
type protoDecoder struct {
	out     []byte
	slots   []protoSlot
	entries []protoEntry
	depth   int
	// limit is how long the JSON may become; swollen says that it was longer.
	limit   int
	swollen bool
}

// protoSlot is where a field stands in its message: its value, or all records of a list or map. The end of a field that
// is there is never 0.
type protoSlot struct{ start, end int }

// maxSwollen is how long the JSON of a payload may be. Fields that are not set are written out, so that a list of empty
// messages, of two bytes each, could stand for gigabytes.
func maxSwollen(payload []byte) int { return 1<<20 + 64*len(payload) }

// maxPlainDepth bounds how deep messages nest that are converted here.
const maxPlainDepth = 200

// decode returns the payload as JSON.
func (d *protoDecoder) decode(t *protoType, payload []byte) ([]byte, bool) {
	d.out, d.slots, d.entries, d.depth = d.out[:0], d.slots[:0], d.entries[:0], 0
	d.limit, d.swollen = maxSwollen(payload), false
	if !d.message(t, payload) {
		return nil, false
	}
	return bytes.Clone(d.out), true
}

// message writes the message whose fields are b.
func (d *protoDecoder) message(t *protoType, b []byte) bool {
	base := len(d.slots)
	if t.form == formLibrary || d.depth >= maxPlainDepth || !d.index(t, b) {
		return false
	}
	d.depth++
	ok := d.formed(t, b, base)
	d.depth--
	d.slots = d.slots[:base]
	d.swollen = d.swollen || len(d.out) > d.limit
	return ok && !d.swollen
}

// index finds the fields of a message and puts their slots on the stack.
func (d *protoDecoder) index(t *protoType, b []byte) bool {
	base := len(d.slots)
	d.slots = slices.Grow(d.slots, len(t.fields))[:base+len(t.fields)]
	slots := d.slots[base:]
	clear(slots)
	known := false
	for at := 0; at < len(b); {
		number, wire, n := consumeTag(b[at:])
		if n <= 0 || number > protowire.MaxValidNumber {
			return false
		}
		i, f := t.field(number)
		if f == nil {
			size := protowire.ConsumeFieldValue(number, wire, b[at+n:])
			if size < 0 || t.extensions != nil && t.extensions.Has(number) {
				return false
			}
			at += n + size
			continue
		}
		known = true
		if wire != f.wire && (!f.list || !f.scalar() || wire != protowire.BytesType) {
			return false
		}
		start, end, next := consumeValue(number, wire, b, at+n)
		if next < 0 {
			return false
		}
		s := &slots[i]
		switch {
		case s.end == 0 && f.single():
			*s = protoSlot{start, end}
		case s.end == 0:
			*s = protoSlot{at, next}
		case s.end == at && !f.single():
			s.end = next
		default:
			// The field came before. The library knows how to merge.
			return false
		}
		at = next
	}
	// A payload of which nothing is known may be no such message at all.
	return known || len(b) == 0 || d.depth > 0
}

// consumeTag reads what begins a field. The length is not positive when there is none.
func consumeTag(b []byte) (protowire.Number, protowire.Type, int) {
	if c := b[0]; c < 0x80 && c >= 1<<3 {
		return protowire.Number(c >> 3), protowire.Type(c & 7), 1
	}
	return protowire.ConsumeTag(b)
}

func consumeVarint(b []byte) (uint64, int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	return protowire.ConsumeVarint(b)
}

// consumeValue finds the content of the value at b[at:] and what follows it; next is negative when the value is broken.
func consumeValue(number protowire.Number, wire protowire.Type, b []byte, at int) (start, end, next int) {
	switch wire {
	case protowire.BytesType:
		size, n := consumeVarint(b[at:])
		if n < 0 || size > uint64(len(b)-at-n) {
			return 0, 0, -1
		}
		end = at + n + int(size)
		return at + n, end, end
	case protowire.StartGroupType:
		content, n := protowire.ConsumeGroup(number, b[at:])
		if n < 0 {
			return 0, 0, -1
		}
		return at, at + len(content), at + n
	}
	n := consumeScalar(wire, b[at:])
	if n < 0 {
		return 0, 0, -1
	}
	return at, at + n, at + n
}

// consumeScalar is the length of the number at the beginning of b, negative when there is none.
func consumeScalar(wire protowire.Type, b []byte) int {
	if wire == protowire.VarintType && len(b) > 0 && b[0] < 0x80 {
		return 1
	}
	return protowire.ConsumeFieldValue(1, wire, b)
}

// formed writes a message whose slots begin at base.
func (d *protoDecoder) formed(t *protoType, b []byte, base int) bool {
	switch t.form {
	case formTimestamp:
		return d.timestamp(b, base)
	case formDuration:
		return d.duration(b, base)
	case formWrapper, formStruct, formList:
		f := &t.fields[0]
		if s := d.slots[base]; s.end != 0 {
			return d.field(f, b[s.start:s.end])
		}
		d.out = append(d.out, f.zero...)
		return true
	case formValue:
		return d.dynamic(t, b, base)
	}
	return d.object(t, b, base)
}

func (d *protoDecoder) object(t *protoType, b []byte, base int) bool {
	from := len(d.out)
	var oneofs uint64
	for i := range t.fields {
		f := &t.fields[i]
		s := d.slots[base+i]
		if s.end == 0 {
			switch {
			case f.required:
				return false
			case !f.presence:
				d.out = append(d.out, f.label...)
				d.out = append(d.out, f.zero...)
			}
			continue
		}
		if f.oneof > 0 {
			if oneofs&(1<<f.oneof) != 0 {
				return false
			}
			oneofs |= 1 << f.oneof
		}
		d.out = append(d.out, f.label...)
		if !d.field(f, b[s.start:s.end]) {
			return false
		}
	}
	// Every label begins with a comma, the first of which opens the object.
	if len(d.out) == from {
		d.out = append(d.out, ',')
	}
	d.out[from] = '{'
	d.out = append(d.out, '}')
	return true
}

// field writes a field's value, or the records of a list or map.
func (d *protoDecoder) field(f *protoField, b []byte) bool {
	switch {
	case f.key != nil:
		return d.dict(f, b)
	case f.list:
		return d.array(f, b)
	}
	return d.value(f, b)
}

func (d *protoDecoder) array(f *protoField, b []byte) bool {
	from := len(d.out)
	for at := 0; at < len(b); {
		number, wire, n := consumeTag(b[at:])
		start, end, next := consumeValue(number, wire, b, at+n)
		at = next
		if wire != f.wire {
			if !d.packed(f, b[start:end]) {
				return false
			}
			continue
		}
		d.out = append(d.out, ',')
		if !d.value(f, b[start:end]) {
			return false
		}
	}
	if len(d.out) == from {
		d.out = append(d.out, ',')
	}
	d.out[from] = '['
	d.out = append(d.out, ']')
	return true
}

func (d *protoDecoder) packed(f *protoField, b []byte) bool {
	for len(b) > 0 {
		n := consumeScalar(f.wire, b)
		if n < 0 {
			return false
		}
		d.out = append(d.out, ',')
		if !d.value(f, b[:n]) {
			return false
		}
		b = b[n:]
	}
	return true
}

// scalarBits is a varint or fixed value as the wire has it.
func scalarBits(f *protoField, b []byte) uint64 {
	switch f.wire {
	case protowire.Fixed32Type:
		v, _ := protowire.ConsumeFixed32(b)
		return uint64(v)
	case protowire.Fixed64Type:
		v, _ := protowire.ConsumeFixed64(b)
		return v
	}
	v, _ := consumeVarint(b)
	return v
}

// integer is the value of a whole number of any kind, the bits of an int64 or a uint64, cut to what the kind can hold.
func integer(k protoreflect.Kind, v uint64) uint64 {
	switch k {
	case protoreflect.Int32Kind, protoreflect.Sfixed32Kind:
		return uint64(int32(v))
	case protoreflect.Sint32Kind:
		return uint64(int32(protowire.DecodeZigZag(v & math.MaxUint32)))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return uint64(uint32(v))
	case protoreflect.Sint64Kind:
		return uint64(protowire.DecodeZigZag(v))
	}
	return v
}

// value writes one value whose content is b.
func (d *protoDecoder) value(f *protoField, b []byte) bool {
	switch f.kind {
	case protoreflect.BoolKind:
		d.out = strconv.AppendBool(d.out, scalarBits(f, b) != 0)
	case protoreflect.EnumKind:
		d.out = f.enum.append(d.out, int32(scalarBits(f, b)))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		d.out = strconv.AppendInt(d.out, int64(integer(f.kind, scalarBits(f, b))), 10)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		d.out = strconv.AppendUint(d.out, integer(f.kind, scalarBits(f, b)), 10)
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		d.out = append(d.out, '"')
		d.out = strconv.AppendInt(d.out, int64(integer(f.kind, scalarBits(f, b))), 10)
		d.out = append(d.out, '"')
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		d.out = append(d.out, '"')
		d.out = strconv.AppendUint(d.out, scalarBits(f, b), 10)
		d.out = append(d.out, '"')
	case protoreflect.FloatKind:
		d.out = appendFloat(d.out, float64(math.Float32frombits(uint32(scalarBits(f, b)))), 32)
	case protoreflect.DoubleKind:
		d.out = appendFloat(d.out, math.Float64frombits(scalarBits(f, b)), 64)
	case protoreflect.StringKind:
		var ok bool
		d.out, ok = record.AppendText(d.out, b)
		return ok
	case protoreflect.BytesKind:
		d.out = append(d.out, '"')
		d.out = base64.StdEncoding.AppendEncode(d.out, b)
		d.out = append(d.out, '"')
	default:
		return d.message(f.message, b)
	}
	return true
}
