package record

import (
	"math/bits"
	"unicode/utf8"
)

// AppendString writes s, which is UTF-8, as a string of JSON, as JSON.stringify would.
func AppendString[T ~string | ~[]byte](b []byte, s T) []byte {
	b = append(b, '"')
	for {
		n := Clean(s)
		b = append(b, s[:n]...)
		if n == len(s) {
			return append(b, '"')
		}
		b = AppendEscaped(b, s[n])
		s = s[n+1:]
	}
}

// AppendText is [AppendString] for text that may be none: it returns false when s is not UTF-8.
func AppendText(b, s []byte) ([]byte, bool) {
	if printable(s) {
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"'), true
	}
	if !utf8.Valid(s) {
		return b, false
	}
	return AppendString(b, s), true
}

// AppendEscaped writes a control character, a quote or a backslash as it stands in a string of JSON.
func AppendEscaped(b []byte, c byte) []byte {
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

// Clean is how many bytes at the beginning of s stand in a string of JSON as they are: up to the first control character,
// quote or backslash.
func Clean[T ~string | ~[]byte](s T) int {
	i := 0
	for ; len(s)-i >= 8; i += 8 {
		if found := marked(word(s, i)); found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			break
		}
	}
	return i
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
		if v := word(b, i); (marked(v)|v)&tops != 0 {
			return false
		}
	}
	v := word(b, last)
	return (marked(v)|v)&tops == 0
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

// word is the eight bytes of s at i, the first one lowest. The compiler reads them at once.
func word[T ~string | ~[]byte](s T, i int) uint64 {
	_ = s[i+7]
	return uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
		uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
}
