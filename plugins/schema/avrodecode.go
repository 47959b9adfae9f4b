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

	"github.com/inflect-dev/inflect/plugins/record"
)

// avroDecoder writes a binary payload as JSON. After a failure it does nothing more.
type avroDecoder struct {
	in  []byte
	at  int
	out []byte
	// values is what may still be read: without a bound, an array of a billion nulls would be five bytes.
	values  int
	trouble *trouble
}

func (d *avroDecoder) fail(rule, format string, args ...any) {
	if d.trouble == nil {
		d.trouble = &trouble{rule: rule, text: "is not Avro of this schema: " + fmt.Sprintf(format, args...)}
	}
}

func (d *avroDecoder) truncated(t *avroType) {
	d.fail(t.name, "the payload ends after %d bytes, inside of %s", len(d.in), article(t.name))
}

func article(name string) string {
	if strings.ContainsRune("aeiou", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

func (d *avroDecoder) long(t *avroType) int64 {
	v, n := binary.Uvarint(d.in[d.at:])
	switch {
	case n == 0:
		d.truncated(t)
		return 0
	case n < 0:
		d.fail(t.name, "a number of more than 64 bits stands at byte %d", d.at)
		return 0
	}
	d.at += n
	return int64(v>>1) ^ -int64(v&1)
}

// take is the next n bytes.
func (d *avroDecoder) take(t *avroType, n int64) []byte {
	if d.trouble != nil {
		return nil
	}
	if n < 0 {
		d.fail(t.name, "%s of negative length stands at byte %d", article(t.name), d.at)
		return nil
	}
	if n > int64(len(d.in)-d.at) {
		d.truncated(t)
		return nil
	}
	b := d.in[d.at : d.at+int(n)]
	d.at += int(n)
	return b
}

func (d *avroDecoder) value(t *avroType, depth int) {
	if d.values--; d.values < 0 {
		d.fail(t.name, "it has more values than a payload of %d bytes may hold", len(d.in))
	}
	if depth > maxDepth {
		d.fail(t.name, "it nests deeper than %d", maxDepth)
	}
	if d.trouble != nil {
		return
	}
	switch t.kind {
	case avroNull:
		d.out = append(d.out, "null"...)
	case avroBoolean:
		if b := d.take(t, 1); b != nil {
			if b[0] > 1 {
				d.fail(t.name, "byte %d is %d, but a boolean is 0 or 1", d.at-1, b[0])
			}
			d.out = strconv.AppendBool(d.out, b[0] != 0)
		}
	case avroInt:
		v := d.long(t)
		if v < math.MinInt32 || v > math.MaxInt32 {
			d.fail(t.name, "%d is beyond 32 bits", v)
		}
		d.out = strconv.AppendInt(d.out, v, 10)
	case avroLong:
		d.out = strconv.AppendInt(d.out, d.long(t), 10)
	case avroFloat:
		if b := d.take(t, 4); b != nil {
			d.out = appendFloat(d.out, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 32)
		}
	case avroDouble:
		if b := d.take(t, 8); b != nil {
			d.out = appendFloat(d.out, math.Float64frombits(binary.LittleEndian.Uint64(b)), 64)
		}
	case avroString:
		d.text(t, d.take(t, d.long(t)))
	case avroBytes:
		d.bytes(t, d.take(t, d.long(t)))
	case avroFixed:
		d.bytes(t, d.take(t, int64(t.size)))
	case avroEnum:
		if n := d.long(t); d.trouble == nil {
			if n < 0 || n >= int64(len(t.symbols)) {
				d.fail(t.name, "symbol %d of an enum of %d stands before byte %d", n, len(t.symbols), d.at)
				return
			}
			d.out = record.AppendString(d.out, t.symbols[n])
		}
	case avroArray:
		d.array(t, depth)
	case avroMap:
		d.dict(t, depth)
	case avroRecord:
		d.record(t, depth)
	case avroUnion:
		d.union(t, depth)
	}
}

func (d *avroDecoder) text(t *avroType, b []byte) {
	var ok bool
	if d.out, ok = record.AppendText(d.out, b); !ok {
		d.fail(t.name, "a string that is not UTF-8 ends at byte %d", d.at)
	}
}

// bytes writes each byte as the character of that number, as Avro's JSON encoding says.
func (d *avroDecoder) bytes(t *avroType, b []byte) {
	if d.trouble != nil {
		return
	}
	switch {
	case t.decimal:
		d.decimal(t, b)
		return
	case t.uuid:
		var text [36]byte
		hex.Encode(text[:], b[:4])
		text[8] = '-'
		hex.Encode(text[9:], b[4:6])
		text[13] = '-'
		hex.Encode(text[14:], b[6:8])
		text[18] = '-'
		hex.Encode(text[19:], b[8:10])
		text[23] = '-'
		hex.Encode(text[24:], b[10:])
		d.out = record.AppendString(d.out, text[:])
		return
	}
	d.out = append(d.out, '"')
	for _, c := range b {
		switch {
		case c < ' ' || c == '"' || c == '\\':
			d.out = record.AppendEscaped(d.out, c)
		default:
			d.out = utf8.AppendRune(d.out, rune(c))
		}
	}
	d.out = append(d.out, '"')
}

// decimal writes a big-endian two's complement number with its point.
func (d *avroDecoder) decimal(t *avroType, b []byte) {
	// Some writers fill up with copies of the sign.
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	if len(b) > t.maxBytes() {
		d.fail("decimal", "a decimal of %d bytes has more than %d digits", len(b), t.precision)
		return
	}
	v := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	digits := new(big.Int).Abs(v).String()
	if len(digits) > t.precision {
		d.fail("decimal", "a decimal of %d digits has more than %d", len(digits), t.precision)
		return
	}
	d.out = appendDecimal(d.out, digits, v.Sign() < 0, t.scale)
}

func appendDecimal(b []byte, digits string, negative bool, scale int) []byte {
	if negative {
		b = append(b, '-')
	}
	if scale == 0 {
		return append(b, digits...)
	}
	if n := scale + 1 - len(digits); n > 0 {
		digits = strings.Repeat("0", n) + digits
	}
	point := len(digits) - scale
	return append(append(append(b, digits[:point]...), '.'), digits[point:]...)
}

// blocks calls item for each item of an array or map.
func (d *avroDecoder) blocks(t *avroType, item func(i int)) {
	for i := 0; d.trouble == nil; {
		n := d.long(t)
		if n < 0 {
			d.long(t)
			if n = -n; n < 0 {
				d.fail(t.name, "a block of impossible length stands at byte %d", d.at)
			}
		}
		if n == 0 {
			return
		}
		for ; n > 0 && d.trouble == nil; n-- {
			if i > 0 {
				d.out = append(d.out, ',')
			}
			item(i)
			i++
		}
	}
}

func (d *avroDecoder) array(t *avroType, depth int) {
	d.out = append(d.out, '[')
	d.blocks(t, func(i int) {
		d.value(t.item, depth+1)
		if d.trouble != nil {
			d.trouble.within(strconv.Itoa(i))
		}
	})
	d.out = append(d.out, ']')
}

func (d *avroDecoder) dict(t *avroType, depth int) {
	d.out = append(d.out, '{')
	d.blocks(t, func(int) {
		key := d.take(t, d.long(t))
		d.text(t, key)
		d.out = append(d.out, ':')
		d.value(t.item, depth+1)
		if d.trouble != nil {
			d.trouble.within(string(key))
		}
	})
	d.out = append(d.out, '}')
}

func (d *avroDecoder) record(t *avroType, depth int) {
	d.out = append(d.out, '{')
	for i := range t.fields {
		f := &t.fields[i]
		if i > 0 {
			d.out = append(d.out, ',')
		}
		d.out = append(d.out, f.label...)
		d.value(f.typ, depth+1)
		if d.trouble != nil {
			d.trouble.within(f.name)
			return
		}
	}
	d.out = append(d.out, '}')
}

func (d *avroDecoder) union(t *avroType, depth int) {
	n := d.long(t)
	if d.trouble != nil {
		return
	}
	if n < 0 || n >= int64(len(t.branches)) {
		d.fail(t.name, "branch %d of a union of %d stands before byte %d", n, len(t.branches), d.at)
		return
	}
	branch := t.branches[n]
	if t.bare || branch.kind == avroNull {
		d.value(branch, depth+1)
		return
	}
	d.out = append(d.out, '{')
	d.out = record.AppendString(d.out, branch.name)
	d.out = append(d.out, ':')
	d.value(branch, depth+1)
	d.out = append(d.out, '}')
}
