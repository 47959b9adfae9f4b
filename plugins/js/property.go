package js

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/dop251/goja"
)

// properties spells out the \p{…} of a regular expression, for host.properties.
func (m *machine) properties(c goja.FunctionCall) goja.Value {
	out, err := expandProperties(c.Argument(0).String())
	if err != nil {
		panic(m.newError("SyntaxError", err.Error()))
	}
	return m.vm.ToValue(out)
}

// expandProperties replaces the Unicode property escapes of a pattern with the flag u, which the engine does not know, by
// the ranges they stand for.
func expandProperties(pattern string) (string, error) {
	var b strings.Builder
	class := false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern) && (pattern[i+1] == 'p' || pattern[i+1] == 'P') && strings.HasPrefix(pattern[i+2:], "{"):
			end := strings.IndexByte(pattern[i:], '}')
			if end < 0 {
				return "", fmt.Errorf("invalid regular expression: %s: unterminated property name", pattern)
			}
			ranges, err := propertyRanges(pattern[i+3:i+end], pattern[i+1] == 'P')
			if err != nil {
				return "", err
			}
			if !class {
				ranges = "[" + ranges + "]"
			}
			b.WriteString(ranges)
			i += end
		case c == '\\' && i+1 < len(pattern):
			b.WriteString(pattern[i : i+2])
			i++
		default:
			switch c {
			case '[':
				class = true
			case ']':
				class = false
			}
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

func propertyRanges(name string, negated bool) (string, error) {
	table := propertyTable(name)
	if table == nil {
		return "", fmt.Errorf("the character class \\p{%s} is not available in steps", name)
	}
	var b strings.Builder
	next := rune(0)
	write := func(lo, hi rune) {
		if lo <= hi {
			fmt.Fprintf(&b, `\u{%X}-\u{%X}`, lo, hi)
		}
	}
	for _, r := range merged(table) {
		if negated {
			write(next, r[0]-1)
			next = r[1] + 1
		} else {
			write(r[0], r[1])
		}
	}
	if negated {
		write(next, unicode.MaxRune)
	}
	return b.String(), nil
}

// merged are the ranges of tables, in order and without overlaps.
func merged(tables []*unicode.RangeTable) [][2]rune {
	var all [][2]rune
	add := func(lo, hi, stride uint32) {
		if stride == 1 {
			all = append(all, [2]rune{rune(lo), rune(hi)})
			return
		}
		for r := lo; r <= hi; r += stride {
			all = append(all, [2]rune{rune(r), rune(r)})
		}
	}
	for _, t := range tables {
		for _, r := range t.R16 {
			add(uint32(r.Lo), uint32(r.Hi), uint32(r.Stride))
		}
		for _, r := range t.R32 {
			add(r.Lo, r.Hi, r.Stride)
		}
	}
	slices.SortFunc(all, func(a, b [2]rune) int { return int(a[0] - b[0]) })
	out := all[:0]
	for _, r := range all {
		if n := len(out); n > 0 && r[0] <= out[n-1][1]+1 {
			out[n-1][1] = max(out[n-1][1], r[1])
		} else {
			out = append(out, r)
		}
	}
	return out
}

// categoryNames are the long names of general categories.
var categoryNames = map[string]string{
	"Letter": "L", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm", "Other_Letter": "Lo",
	"Mark": "M", "Combining_Mark": "M", "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me",
	"Number": "N", "Decimal_Number": "Nd", "digit": "Nd", "Letter_Number": "Nl", "Other_Number": "No",
	"Punctuation": "P", "punct": "P", "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps", "Close_Punctuation": "Pe",
	"Initial_Punctuation": "Pi", "Final_Punctuation": "Pf", "Other_Punctuation": "Po",
	"Symbol": "S", "Math_Symbol": "Sm", "Currency_Symbol": "Sc", "Modifier_Symbol": "Sk", "Other_Symbol": "So",
	"Separator": "Z", "Space_Separator": "Zs", "Line_Separator": "Zl", "Paragraph_Separator": "Zp",
	"Control": "Cc", "cntrl": "Cc", "Format": "Cf", "Surrogate": "Cs", "Private_Use": "Co",
}

// propertyTable are the tables whose union a property is; nil when it is not known here.
func propertyTable(name string) []*unicode.RangeTable {
	key, value, named := strings.Cut(name, "=")
	if named {
		switch key {
		case "General_Category", "gc":
			return category(value)
		case "Script", "sc":
			if t, ok := unicode.Scripts[value]; ok {
				return []*unicode.RangeTable{t}
			}
		}
		return nil
	}
	if t := category(name); t != nil {
		return t
	}
	derived := func(other string, categories ...string) []*unicode.RangeTable {
		tables := []*unicode.RangeTable{unicode.Properties[other]}
		for _, c := range categories {
			tables = append(tables, unicode.Categories[c])
		}
		return tables
	}
	switch name {
	case "Any":
		return []*unicode.RangeTable{{R32: []unicode.Range32{{Lo: 0, Hi: unicode.MaxRune, Stride: 1}}}}
	case "ASCII":
		return []*unicode.RangeTable{{R16: []unicode.Range16{{Lo: 0, Hi: 0x7F, Stride: 1}}}}
	case "Alphabetic", "Alpha":
		return derived("Other_Alphabetic", "L", "Nl")
	case "Uppercase", "Upper":
		return derived("Other_Uppercase", "Lu")
	case "Lowercase", "Lower":
		return derived("Other_Lowercase", "Ll")
	case "White_Space", "space":
		return derived("White_Space")
	case "Hex_Digit", "ASCII_Hex_Digit", "Dash", "Diacritic", "Ideographic", "Quotation_Mark", "Variation_Selector", "Noncharacter_Code_Point":
		return derived(name)
	}
	return nil
}

func category(name string) []*unicode.RangeTable {
	if short, ok := categoryNames[name]; ok {
		name = short
	}
	switch name {
	case "LC", "Cased_Letter":
		return []*unicode.RangeTable{unicode.Lu, unicode.Ll, unicode.Lt}
	case "C", "Other", "Cn", "Unassigned":
		return nil
	}
	if t, ok := unicode.Categories[name]; ok {
		return []*unicode.RangeTable{t}
	}
	return nil
}
