package schema

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
