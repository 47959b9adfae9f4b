package schema

import (
	"bytes"
	"math/big"
	"strconv"
	"unicode/utf8"
)

// check is one run over one document.
type check struct {
	*document
	unsure bool
	depth  int
	// left is how many more values it holds against schemas.
	left int
}

func newCheck(d *document) *check {
	return &check{document: d, left: maxQuickEffort + effortPerValue*len(d.nodes)}
}

// fits reports whether the quick schema accepts the document; false may also mean that it is not sure.
func (q *quick) fits(d *document) bool {
	c := newCheck(d)
	return c.value(q, 0) && !c.unsure
}

func (c *check) value(q *quick, n int) bool {
	if q == nil {
		return true
	}
	if q.never || c.unsure {
		return false
	}
	if c.left--; c.depth > 2*maxDepth || c.left < 0 {
		c.unsure = true
		return false
	}
	c.depth++
	ok := c.fits(q, n)
	c.depth--
	return ok
}

func (c *check) fits(q *quick, n int) bool {
	for _, r := range q.refs {
		if !c.value(r, n) {
			return false
		}
	}
	if q.types != 0 && !c.typed(q.types, n) || q.enum != nil && !c.listed(q.enum, n) {
		return false
	}
	switch c.nodes[n].kind {
	case numberKind:
		if q.number != nil && !c.inRange(q.number, n) {
			return false
		}
	case stringKind:
		if q.text != nil && !c.formed(q.text, n) {
			return false
		}
	case objectKind:
		if q.object != nil && !c.members(q.object, n) {
			return false
		}
	case arrayKind:
		if q.array != nil && !c.items(q.array, n) {
			return false
		}
	}
	return c.combined(q, n)
}

func (c *check) combined(q *quick, n int) bool {
	for _, s := range q.all {
		if !c.value(s, n) {
			return false
		}
	}
	if q.any != nil && c.count(q.any, n, 1) == 0 || q.one != nil && c.count(q.one, n, 2) != 1 || q.not != nil && c.value(q.not, n) {
		return false
	}
	if q.when == nil {
		return true
	}
	if c.value(q.when, n) {
		return c.value(q.then, n)
	}
	return c.value(q.orElse, n)
}

// count is how many of the alternatives fit, at most limit.
func (c *check) count(alternatives []*quick, n, limit int) int {
	fit := 0
	for _, s := range alternatives {
		if c.value(s, n) {
			if fit++; fit == limit {
				break
			}
		}
	}
	return fit
}

// typed reports whether the value is of one of the types. A number is an integer when it has no fraction, however it is
// spelled.
func (c *check) typed(types uint8, n int) bool {
	switch c.nodes[n].kind {
	case nullKind:
		return types&isNull != 0
	case boolKind:
		return types&isBoolean != 0
	case stringKind:
		return types&isString != 0
	case arrayKind:
		return types&isArray != 0
	case objectKind:
		return types&isObject != 0
	}
	if types&(isNumber|isInteger) != isInteger || !bytes.ContainsAny(c.raw(n), ".eE") {
		return types&(isNumber|isInteger) != 0
	}
	r, ok := new(big.Rat).SetString(string(c.raw(n)))
	return ok && r.IsInt()
}

func (c *check) listed(e *quickEnum, n int) bool {
	switch c.nodes[n].kind {
	case stringKind:
		return e.strings[string(c.content(n))]
	case nullKind, boolKind:
		return e.literal[string(c.raw(n))]
	case numberKind:
		if len(e.numbers) == 0 {
			return false
		}
		r, ok := new(big.Rat).SetString(string(c.raw(n)))
		for _, v := range e.numbers {
			if ok && v.Cmp(r) == 0 {
				return true
			}
		}
	}
	return false
}

func (c *check) inRange(q *quickNumber, n int) bool {
	text := c.raw(n)
	v := numeral{text: text}
	if q.min != nil && v.compare(q.min) < 0 || q.max != nil && v.compare(q.max) > 0 ||
		q.over != nil && v.compare(q.over) <= 0 || q.under != nil && v.compare(q.under) >= 0 {
		return false
	}
	if q.multiple == nil {
		return true
	}
	if q.multipleOfInts != 0 {
		if i, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			return i%q.multipleOfInts == 0
		}
	}
	return new(big.Rat).Quo(v.rat(), q.multiple).IsInt()
}

// numeral is a number of the document, read as far as it is needed.
type numeral struct {
	text  []byte
	exact *big.Rat
}

func (v *numeral) rat() *big.Rat {
	if v.exact == nil {
		v.exact, _ = new(big.Rat).SetString(string(v.text))
	}
	return v.exact
}

func (v *numeral) compare(b *bound) int {
	if b.short {
		if f, ok := short(v.text); ok {
			switch {
			case f < b.near:
				return -1
			case f > b.near:
				return 1
			}
			return 0
		}
	}
	return v.rat().Cmp(b.exact)
}

// short is a number of few digits as the nearest double: both its digits and its power of ten are exact as doubles, so
// that their quotient is rounded once.
func short(text []byte) (float64, bool) {
	if len(text) > shortDigits {
		return 0, false
	}
	digits, scale, negative := 0.0, 1.0, false
	point := false
	for _, c := range text {
		switch {
		case c == '-':
			negative = true
		case c == '.':
			point = true
		case c >= '0' && c <= '9':
			digits = digits*10 + float64(c-'0')
			if point {
				scale *= 10
			}
		default:
			return 0, false
		}
	}
	if negative {
		digits = -digits
	}
	return digits / scale, true
}

func (c *check) formed(q *quickText, n int) bool {
	content := c.content(n)
	if q.shortest > 0 || q.longest >= 0 {
		if size := utf8.RuneCount(content); size < q.shortest || q.longest >= 0 && size > q.longest {
			return false
		}
	}
	if len(q.patterns) == 0 && len(q.formats) == 0 {
		return true
	}
	s := string(content)
	for _, re := range q.patterns {
		if !re.MatchString(s) {
			return false
		}
	}
	for _, f := range q.formats {
		if f.Validate(s) != nil {
			return false
		}
	}
	return true
}

// members checks an object. Of a name that comes twice the last value counts: such objects are left to the library.
func (c *check) members(q *quickObject, n int) bool {
	end, count := int(c.nodes[n].next), 0
	var seen uint64
	for k := n + 1; k < end; k = int(c.nodes[k+1].next) {
		count++
		p := q.properties[string(c.content(k))]
		seen |= p.bit
		if !c.value(q.names, k) || p.declared && !c.value(p.schema, k+1) || !c.unnamed(q, p.declared, k) {
			return c.surely(n)
		}
	}
	if seen&q.required != q.required || q.max >= 0 && count > q.max || count < q.min {
		return c.surely(n)
	}
	for _, d := range q.dependencies {
		if seen&d.on != 0 && (seen&d.needs != d.needs || !c.value(d.schema, n)) {
			return c.surely(n)
		}
	}
	// Names that come twice count once.
	if q.min > 1 && c.repeated(n) {
		c.unsure = true
	}
	return true
}

// unnamed checks the member with the name k by the rules that do not name it.
func (c *check) unnamed(q *quickObject, known bool, k int) bool {
	for _, re := range q.patterns {
		if re.name.MatchString(string(c.content(k))) {
			if known = true; !c.value(re.schema, k+1) {
				return false
			}
		}
	}
	return known || c.value(q.rest, k+1)
}

// surely is false, and not sure when the object has a name twice.
func (c *check) surely(n int) bool {
	c.unsure = c.unsure || c.repeated(n)
	return false
}

func (c *check) repeated(n int) bool {
	end := int(c.nodes[n].next)
	names := map[string]bool{}
	for k := n + 1; k < end; k = int(c.nodes[k+1].next) {
		name := string(c.content(k))
		if names[name] {
			return true
		}
		names[name] = true
	}
	return false
}
