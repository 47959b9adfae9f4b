package sample

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode"
)

// unicodeForm is how ECMA-262 writes a character's number.
var unicodeForm = regexp.MustCompile(`\\u\{?([0-9a-fA-F]{4,6})\}?`)

// fromPattern makes a text that matches a regular expression. ok is false for one that cannot be turned around, such as
// one that looks ahead.
func fromPattern(rng *rand.Rand, pattern string) (string, bool) {
	re, err := syntax.Parse(unicodeForm.ReplaceAllString(pattern, `\x{$1}`), syntax.Perl)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	w := &weaver{rng: rng, out: &b, budget: 2000}
	w.weave(re.Simplify(), 0)
	return b.String(), !w.failed
}

// weaver writes a text along a regular expression.
type weaver struct {
	rng    *rand.Rand
	out    *strings.Builder
	budget int
	failed bool
}

func (w *weaver) weave(re *syntax.Regexp, depth int) {
	if w.budget--; w.budget < 0 || depth > 200 {
		w.failed = true
	}
	if w.failed {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			w.out.WriteRune(r)
		}
	case syntax.OpCharClass:
		w.class(re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		w.out.WriteByte("abcdefghijklmnopqrstuvwxyz0123456789"[w.rng.IntN(36)])
	case syntax.OpCapture:
		w.weave(re.Sub[0], depth+1)
	case syntax.OpStar:
		w.repeat(re.Sub[0], w.rng.IntN(4), depth)
	case syntax.OpPlus:
		w.repeat(re.Sub[0], 1+w.rng.IntN(4), depth)
	case syntax.OpQuest:
		w.repeat(re.Sub[0], w.rng.IntN(2), depth)
	case syntax.OpRepeat:
		n := re.Min
		if re.Max > re.Min {
			n += w.rng.IntN(min(re.Max-re.Min, 8) + 1)
		} else if re.Max < 0 {
			n += w.rng.IntN(4)
		}
		w.repeat(re.Sub[0], n, depth)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			w.weave(sub, depth+1)
		}
	case syntax.OpAlternate:
		w.weave(re.Sub[w.rng.IntN(len(re.Sub))], depth+1)
	case syntax.OpNoMatch:
		w.failed = true
	}
}

func (w *weaver) repeat(re *syntax.Regexp, n, depth int) {
	for range n {
		w.weave(re, depth+1)
	}
}

// class writes a character of the class, by preference one that can be typed.
func (w *weaver) class(ranges []rune) {
	var typed []rune
	for i := 0; i < len(ranges); i += 2 {
		for r := max(ranges[i], ' '); r <= min(ranges[i+1], '~'); r++ {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				typed = append(typed, r)
			}
		}
	}
	if len(typed) == 0 {
		for i := 0; i < len(ranges); i += 2 {
			for r := max(ranges[i], ' '); r <= min(ranges[i+1], '~'); r++ {
				typed = append(typed, r)
			}
		}
	}
	if len(typed) > 0 {
		w.out.WriteRune(typed[w.rng.IntN(len(typed))])
		return
	}
	if len(ranges) < 2 {
		w.failed = true
		return
	}
	i := 2 * w.rng.IntN(len(ranges)/2)
	r := ranges[i] + rune(w.rng.IntN(int(ranges[i+1]-ranges[i])+1))
	if r >= 0xd800 && r <= 0xdfff {
		r = ranges[i]
	}
	w.out.WriteRune(r)
}
