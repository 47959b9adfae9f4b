package schema

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// clean is how many bytes at the beginning of b stand in a string of JSON as they are.
func clean(b []byte) int {
	i := 0
	for ; len(b)-i >= 8; i += 8 {
		if found := marked(binary.LittleEndian.Uint64(b[i:])); found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < ' ' || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

// marked looks at eight bytes at once. It sets the top bit of each that is a control character, a quote or a backslash. A
// borrow can set more of them, but only above the first.
func marked(v uint64) uint64 {
	quote, backslash := v^'"'*ones, v^'\\'*ones
	return ((v-' '*ones)&^v | (quote-ones)&^quote | (backslash-ones)&^backslash) & tops
}

// printable reports whether b is ASCII that stands in a string of JSON as it is, as most text is.
func printable(b []byte) bool {
	last := len(b) - 8
	if last < 0 {
		for _, c := range b {
			if c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
				return false
			}
		}
		return true
	}
	for i := 0; i < last; i += 8 {
		if v := binary.LittleEndian.Uint64(b[i:]); (marked(v)|v)&tops != 0 {
			return false
		}
	}
	v := binary.LittleEndian.Uint64(b[last:])
	return (marked(v)|v)&tops == 0
}

// appendText writes b as a string of JSON; false when it is not UTF-8.
func appendText(out, b []byte) ([]byte, bool) {
	if printable(b) {
		out = append(out, '"')
		out = append(out, b...)
		return append(out, '"'), true
	}
	if !utf8.Valid(b) {
		return out, false
	}
	return appendString(out, b), true
}

// appendString writes s, which is UTF-8, as JSON.stringify would.
func appendString[T ~string | ~[]byte](b []byte, s T) []byte {
	b = append(b, '"')
	for rest := []byte(s); ; {
		n := clean(rest)
		b = append(b, rest[:n]...)
		if n == len(rest) {
			return append(b, '"')
		}
		b = appendEscaped(b, rest[n])
		rest = rest[n+1:]
	}
}

func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// appendFloat writes a number as JSON.stringify would, in the fewest digits that give it back. JSON has no word for what is
// no number or not finite: they are text.
func appendFloat(b []byte, v float64, bits int) []byte {
	switch {
	case math.IsNaN(v):
		return append(b, `"NaN"`...)
	case math.IsInf(v, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(b, `"-Infinity"`...)
	}
	abs := max(v, -v)
	plain := abs >= 1e-6 && abs < 1e21
	if bits == 32 {
		plain = float32(abs) >= 1e-6 && float32(abs) < 1e21
	}
	if plain || abs == 0 {
		return strconv.AppendFloat(b, v, 'f', -1, bits)
	}
	start := len(b)
	b = strconv.AppendFloat(b, v, 'e', -1, bits)
	// JavaScript writes e-7 where Go writes e-07.
	if n := len(b); n-start >= 4 && b[n-4] == 'e' && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}
