package js

import (
	"math"
	"strconv"
	"strings"
)

// A wide number is one whose decimal value is not that of the double JavaScript makes of it: a 64-bit id, a long decimal.
// It keeps its digits when a number of that double's value leaves (rule (a) of the JavaScript rules in docs/DESIGN.md).

// wideText is one spelling of a double in the event: its digits, empty when they are what JSON.stringify writes, and the
// place it came from as a JSON pointer.
type wideText struct{ digits, path string }

// wideTable is the spellings of those doubles of an event of which at least one is wide, by the double's bits.
type wideTable map[uint64][]wideText

// lookup is the digits with which a double is written at a place; ok is false when the double itself is.
func (t wideTable) lookup(f float64, path func() string) (digits string, ok bool) {
	texts := t[math.Float64bits(f)]
	if len(texts) == 0 {
		return "", false
	}
	same := true
	for _, x := range texts[1:] {
		same = same && x.digits == texts[0].digits
	}
	if same {
		return texts[0].digits, true
	}
	here := path()
	for _, x := range texts {
		if x.path == here {
			return x.digits, x.digits != ""
		}
	}
	return "", false
}

// collectWide is the table of an event that is known to be valid JSON.
func collectWide(text string) wideTable {
	w := wideWalk{decoder: decoder{src: text}, table: wideTable{}}
	w.space()
	w.walk("")
	for bits := range w.table {
		if !w.found[bits] {
			delete(w.table, bits)
		}
	}
	return w.table
}

type wideWalk struct {
	decoder
	table wideTable
	found map[uint64]bool
}

func (w *wideWalk) walk(path string) {
	switch c := w.peek(); {
	case c == '{' || c == '[':
		w.pos++
		w.space()
		for i := 0; w.peek() != '}' && w.peek() != ']'; i++ {
			at := path + "/" + strconv.Itoa(i)
			if c == '{' {
				name, whole := w.key()
				if whole != nil {
					name = whole.String()
				}
				at = path + "/" + pointerToken(name)
				w.space()
				w.pos++
				w.space()
			}
			w.walk(at)
			w.space()
			if w.peek() == ',' {
				w.pos++
				w.space()
			}
		}
		w.pos++
	case c == '"':
		w.scan()
	case c == '-' || '0' <= c && c <= '9':
		token, _, _ := w.numberToken()
		w.add(token, path)
	default:
		for c := w.peek(); 'a' <= c && c <= 'z'; c = w.peek() {
			w.pos++
		}
	}
}

func (w *wideWalk) add(token, path string) {
	f, _ := strconv.ParseFloat(token, 64)
	bits := math.Float64bits(f)
	digits := ""
	if isWide(token, f) {
		digits = token
		if w.found == nil {
			w.found = map[uint64]bool{}
		}
		w.found[bits] = true
	}
	w.table[bits] = append(w.table[bits], wideText{digits, path})
}

func pointerToken(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// isWide reports whether a JSON number's decimal value differs from that of JSON.stringify of its double.
func isWide(token string, f float64) bool {
	if math.IsInf(f, 0) {
		return true
	}
	m, e := decimal(token)
	if f == 0 {
		return m != ""
	}
	fm, fe := decimal(strconv.FormatFloat(f, 'e', -1, 64))
	return m != fm || e != fe
}

// decimal is a number's significant digits without leading and trailing zeros, and the power of ten of its first digit.
// Zero has no digits. The exponent of a text that spells an absurd one is clamped, which cannot make two numbers equal.
func decimal(token string) (digits string, exponent int) {
	token = strings.TrimPrefix(token, "-")
	mantissa, exp, _ := strings.Cut(strings.ReplaceAll(token, "E", "e"), "e")
	if exp != "" {
		exponent, _ = strconv.Atoi(exp)
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	all := whole + frac
	exponent += len(whole) - 1
	trimmed := strings.TrimLeft(all, "0")
	exponent -= len(all) - len(trimmed)
	trimmed = strings.TrimRight(trimmed, "0")
	if trimmed == "" {
		return "", 0
	}
	return trimmed, exponent
}
