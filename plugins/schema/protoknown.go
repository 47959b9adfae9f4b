package schema

import (
	"math"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The bounds that the well-known types declare for themselves.
const (
	minTimestamp = -62135596800
	maxTimestamp = 253402300799
	maxDuration  = 315576000000
	maxNanos     = 999999999
)

// seconds is the two fields of a Timestamp or Duration.
func (d *protoDecoder) seconds(b []byte, base int) (seconds, nanos int64) {
	read := func(s protoSlot) uint64 {
		v, _ := consumeVarint(b[s.start:s.end])
		return v
	}
	if s := d.slots[base]; s.end != 0 {
		seconds = int64(read(s))
	}
	if s := d.slots[base+1]; s.end != 0 {
		nanos = int64(int32(read(s)))
	}
	return seconds, nanos
}

func (d *protoDecoder) timestamp(b []byte, base int) bool {
	seconds, nanos := d.seconds(b, base)
	if seconds < minTimestamp || seconds > maxTimestamp || nanos < 0 || nanos > maxNanos {
		return false
	}
	d.out = append(d.out, '"')
	d.out = time.Unix(seconds, 0).UTC().AppendFormat(d.out, time.RFC3339)
	d.out = appendNanos(d.out[:len(d.out)-1], nanos)
	d.out = append(d.out, `Z"`...)
	return true
}

func (d *protoDecoder) duration(b []byte, base int) bool {
	seconds, nanos := d.seconds(b, base)
	if seconds < -maxDuration || seconds > maxDuration || nanos < -maxNanos || nanos > maxNanos ||
		seconds > 0 && nanos < 0 || seconds < 0 && nanos > 0 {
		return false
	}
	d.out = append(d.out, '"')
	if seconds < 0 || nanos < 0 {
		d.out = append(d.out, '-')
		seconds, nanos = -seconds, -nanos
	}
	d.out = appendNanos(strconv.AppendInt(d.out, seconds, 10), nanos)
	d.out = append(d.out, `s"`...)
	return true
}

// appendNanos writes the fraction of a second in as many groups of three digits as it takes.
func appendNanos(b []byte, nanos int64) []byte {
	if nanos == 0 {
		return b
	}
	b = strconv.AppendInt(b, 1_000_000_000+nanos, 10)
	// The leading digit only kept the zeros behind it.
	b[len(b)-10] = '.'
	for b[len(b)-1] == '0' && b[len(b)-2] == '0' && b[len(b)-3] == '0' {
		b = b[:len(b)-3]
	}
	return b
}

// dynamic writes a google.protobuf.Value, which has to have one of its kinds.
func (d *protoDecoder) dynamic(t *protoType, b []byte, base int) bool {
	kind := -1
	for i := range t.fields {
		if d.slots[base+i].end == 0 {
			continue
		}
		if kind >= 0 {
			return false
		}
		kind = i
	}
	if kind < 0 {
		return false
	}
	s := d.slots[base+kind]
	content := b[s.start:s.end]
	if kind == valueNumber {
		v := math.Float64frombits(scalarBits(&t.fields[kind], content))
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return d.value(&t.fields[kind], content)
}

// The fields of google.protobuf.Value, in their order.
const (
	valueNull = iota
	valueNumber
	valueString
	valueBool
	valueStruct
	valueList
)

// kindOfValue is the field in which a google.protobuf.Value has a JSON value.
func kindOfValue(k kindOf) int {
	switch k {
	case nullKind:
		return valueNull
	case numberKind:
		return valueNumber
	case stringKind:
		return valueString
	case boolKind:
		return valueBool
	case objectKind:
		return valueStruct
	}
	return valueList
}

// timestamp writes the two fields of a Timestamp.
func (e *protoEncoder) timestamp(n int) bool {
	if e.nodes[n].kind != stringKind {
		return false
	}
	s := string(e.content(n))
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Unix() < minTimestamp || t.Unix() > maxTimestamp {
		return false
	}
	// Go takes more digits of a fraction than a Timestamp has.
	if point := strings.LastIndexByte(s, '.'); point >= 0 && strings.LastIndexAny(s, "Z-+")-point > len(".999999999") {
		return false
	}
	e.seconds(t.Unix(), int64(t.Nanosecond()))
	return true
}

// duration writes the two fields of a Duration that is written as usual: digits, perhaps a fraction, and an s.
func (e *protoEncoder) duration(n int) bool {
	if e.nodes[n].kind != stringKind {
		return false
	}
	text, ok := strings.CutSuffix(string(e.content(n)), "s")
	if !ok {
		return false
	}
	text, negative := strings.CutPrefix(text, "-")
	whole, fraction, pointed := strings.Cut(text, ".")
	seconds, ok := wholeNumber(protoreflect.Uint64Kind, []byte(whole))
	if !ok || seconds > maxDuration || pointed && (fraction == "" || len(fraction) > 9) {
		return false
	}
	nanos, err := uint64(0), error(nil)
	if pointed {
		nanos, err = strconv.ParseUint((fraction + "000000000")[:9], 10, 32)
	}
	if err != nil {
		return false
	}
	if negative {
		e.seconds(-int64(seconds), -int64(nanos))
	} else {
		e.seconds(int64(seconds), int64(nanos))
	}
	return true
}

func (e *protoEncoder) seconds(seconds, nanos int64) {
	if seconds != 0 {
		e.out = protowire.AppendTag(e.out, 1, protowire.VarintType)
		e.out = protowire.AppendVarint(e.out, uint64(seconds))
	}
	if nanos != 0 {
		e.out = protowire.AppendTag(e.out, 2, protowire.VarintType)
		e.out = protowire.AppendVarint(e.out, uint64(nanos))
	}
}
