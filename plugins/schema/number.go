package schema

import (
	"math"
	"strconv"
)

// Numbers are compared as exact fractions, so that an exponent costs memory: 1e999999 has a million digits. These bounds
// hold every number that a double, a 64-bit integer or a decimal of any database can have.
const (
	maxExponent = 6200
	maxDigits   = 6200
)

// wideNumber is the first number of a valid JSON text that is beyond the bounds, empty when there is none.
func wideNumber(text []byte) string {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case c == '-' || c >= '0' && c <= '9':
			start, exponent, inExponent := i, 0, false
			for ; i < len(text) && numeric(text[i]); i++ {
				switch {
				case text[i] == 'e' || text[i] == 'E':
					inExponent = true
				case inExponent && text[i] >= '0' && text[i] <= '9':
					exponent = min(exponent*10+int(text[i]-'0'), maxExponent+1)
				}
			}
			if exponent > maxExponent || i-start > maxDigits {
				return string(text[start:i])
			}
			i--
		}
	}
	return ""
}

func numeric(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
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
