package schema

import (
	"bytes"
	"math/big"
	"strconv"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// quick is a JSON Schema that is checked on a document's index, without making Go values of it. It knows the keywords that
// most schemas are made of; a schema that uses others has none.
//
// It only ever says yes: what it does not accept goes to the library, which decides, and explains. A yes is exact, so that
// negations can be trusted; where it is not sure it says so, and the library decides as well.
type quick struct {
	never bool
	refs  []*quick
	types uint8
	enum  *quickEnum

	all, any, one      []*quick
	not                *quick
	when, then, orElse *quick

	number *quickNumber
	text   *quickText
	object *quickObject
	array  *quickArray
}

// The types as bits; an integer is a number, too.
const (
	isNull uint8 = 1 << iota
	isBoolean
	isNumber
	isInteger
	isString
	isArray
	isObject
)

type quickEnum struct {
	strings map[string]bool
	numbers []*big.Rat
	literal map[string]bool
}

type quickNumber struct {
	min, max       *bound
	over, under    *bound
	multiple       *big.Rat
	multipleOfInts int64
}

// bound is a number of a schema in forms that are quick to compare with.
type bound struct {
	exact *big.Rat
	// short says that the number has so few digits that doubles compare as the numbers do.
	short bool
	near  float64
}

// shortDigits is how many decimal digits a double keeps apart.
const shortDigits = 15

type quickText struct {
	shortest, longest int
	patterns          []jsonschema.Regexp
	formats           []*jsonschema.Format
}

type quickObject struct {
	properties map[string]quickProperty
	required   uint64
	patterns   []quickPattern
	// rest is for properties that neither names nor patterns know; nil takes any.
	rest     *quick
	min, max int
}

type quickProperty struct {
	schema *quick
	// bit is set for a required property.
	bit uint64
}

type quickPattern struct {
	name   jsonschema.Regexp
	schema *quick
}

type quickArray struct {
	prefix   []*quick
	rest     *quick
	min, max int
}

// quickly translates a compiled schema; nil when it uses what is not known here.
func quickly(s *jsonschema.Schema) *quick {
	t := &translator{done: map[*jsonschema.Schema]*quick{}}
	q := t.schema(s)
	if t.unknown {
		return nil
	}
	return q
}

type translator struct {
	done    map[*jsonschema.Schema]*quick
	unknown bool
}

func (t *translator) schema(s *jsonschema.Schema) *quick {
	if s == nil || t.unknown {
		return nil
	}
	if q, ok := t.done[s]; ok {
		return q
	}
	q := &quick{}
	t.done[s] = q
	if s.Bool != nil {
		q.never = !*s.Bool
		return q
	}
	t.unknown = t.unknown || s.RecursiveRef != nil || s.DynamicRef != nil || s.UnevaluatedProperties != nil || s.UnevaluatedItems != nil ||
		s.DependentSchemas != nil || s.DependentRequired != nil || s.Dependencies != nil || s.PropertyNames != nil || s.Contains != nil ||
		s.UniqueItems || s.ContentEncoding != nil || s.ContentMediaType != nil || s.ContentSchema != nil || len(s.Extensions) > 0
	if s.Ref != nil {
		q.refs = append(q.refs, t.schema(s.Ref))
	}
	q.types = typeBits(s.Types)
	q.enum = t.enum(s)
	q.all, q.any, q.one = t.list(s.AllOf), t.list(s.AnyOf), t.list(s.OneOf)
	q.not, q.when, q.then, q.orElse = t.schema(s.Not), t.schema(s.If), t.schema(s.Then), t.schema(s.Else)
	q.number, q.text = numberOf(s), textOf(s)
	q.object, q.array = t.object(s), t.array(s)
	return q
}

func (t *translator) list(ss []*jsonschema.Schema) []*quick {
	var out []*quick
	for _, s := range ss {
		out = append(out, t.schema(s))
	}
	return out
}

func typeBits(types *jsonschema.Types) uint8 {
	if types == nil {
		return 0
	}
	bits := map[string]uint8{"null": isNull, "boolean": isBoolean, "number": isNumber | isInteger, "integer": isInteger,
		"string": isString, "array": isArray, "object": isObject}
	var out uint8
	for _, name := range types.ToStrings() {
		out |= bits[name]
	}
	return out
}

func (t *translator) enum(s *jsonschema.Schema) *quickEnum {
	var values []any
	switch {
	case s.Const != nil && s.Enum != nil:
		t.unknown = true
		return nil
	case s.Const != nil:
		values = []any{*s.Const}
	case s.Enum != nil:
		values = s.Enum.Values
	default:
		return nil
	}
	e := &quickEnum{strings: map[string]bool{}, literal: map[string]bool{}}
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			e.literal["null"] = true
		case bool:
			e.literal[strconv.FormatBool(v)] = true
		case string:
			e.strings[v] = true
		case interface{ String() string }:
			r, ok := new(big.Rat).SetString(v.String())
			t.unknown = t.unknown || !ok
			e.numbers = append(e.numbers, r)
		default:
			t.unknown = true
		}
	}
	return e
}

func boundOf(r *big.Rat) *bound {
	if r == nil {
		return nil
	}
	b := &bound{exact: r}
	b.near, _ = r.Float64()
	if text := decimal(r); len(text) <= shortDigits {
		back, ok := new(big.Rat).SetString(text)
		b.short = ok && back.Cmp(r) == 0
	}
	return b
}

func numberOf(s *jsonschema.Schema) *quickNumber {
	if s.Minimum == nil && s.Maximum == nil && s.ExclusiveMinimum == nil && s.ExclusiveMaximum == nil && s.MultipleOf == nil {
		return nil
	}
	n := &quickNumber{min: boundOf(s.Minimum), max: boundOf(s.Maximum), over: boundOf(s.ExclusiveMinimum), under: boundOf(s.ExclusiveMaximum), multiple: s.MultipleOf}
	if n.multiple != nil && n.multiple.IsInt() && n.multiple.Num().IsInt64() {
		n.multipleOfInts = n.multiple.Num().Int64()
	}
	return n
}

func textOf(s *jsonschema.Schema) *quickText {
	if s.MinLength == nil && s.MaxLength == nil && s.Pattern == nil && s.Format == nil {
		return nil
	}
	x := &quickText{shortest: intOr(s.MinLength, 0), longest: intOr(s.MaxLength, -1)}
	if s.Pattern != nil {
		x.patterns = append(x.patterns, s.Pattern)
	}
	if s.Format != nil {
		x.formats = append(x.formats, s.Format)
	}
	return x
}

func intOr(p *int, otherwise int) int {
	if p == nil {
		return otherwise
	}
	return *p
}

func (t *translator) object(s *jsonschema.Schema) *quickObject {
	if s.Properties == nil && s.Required == nil && s.PatternProperties == nil && s.AdditionalProperties == nil && s.MinProperties == nil && s.MaxProperties == nil {
		return nil
	}
	o := &quickObject{properties: map[string]quickProperty{}, min: intOr(s.MinProperties, 0), max: intOr(s.MaxProperties, -1)}
	for name, p := range s.Properties {
		o.properties[name] = quickProperty{schema: t.schema(p)}
	}
	for re, p := range s.PatternProperties {
		o.patterns = append(o.patterns, quickPattern{re, t.schema(p)})
	}
	switch extra := s.AdditionalProperties.(type) {
	case bool:
		if !extra {
			o.rest = &quick{never: true}
		}
	case *jsonschema.Schema:
		o.rest = t.schema(extra)
	}
	for i, name := range s.Required {
		// A required name that is no property is left to the library when others are forbidden or have rules.
		p, known := o.properties[name]
		if i >= 64 || !known && (o.rest != nil || len(o.patterns) > 0) {
			t.unknown = true
			return nil
		}
		p.bit |= 1 << i
		o.required |= 1 << i
		o.properties[name] = p
	}
	return o
}

func (t *translator) array(s *jsonschema.Schema) *quickArray {
	if s.MinItems == nil && s.MaxItems == nil && s.Items == nil && s.AdditionalItems == nil && s.PrefixItems == nil && s.Items2020 == nil {
		return nil
	}
	a := &quickArray{min: intOr(s.MinItems, 0), max: intOr(s.MaxItems, -1), prefix: t.list(s.PrefixItems), rest: t.schema(s.Items2020)}
	switch items := s.Items.(type) {
	case *jsonschema.Schema:
		a.rest = t.schema(items)
	case []*jsonschema.Schema:
		a.prefix = t.list(items)
		switch extra := s.AdditionalItems.(type) {
		case bool:
			if !extra {
				a.rest = &quick{never: true}
			}
		case *jsonschema.Schema:
			a.rest = t.schema(extra)
		}
	}
	return a
}

// check is one run over one document.
type check struct {
	*document
	unsure bool
	depth  int
}

// fits reports whether the quick schema accepts the document; false may also mean that it is not sure.
func (q *quick) fits(d *document) bool {
	c := &check{document: d}
	return c.value(q, 0) && !c.unsure
}

func (c *check) value(q *quick, n int) bool {
	if q == nil {
		return true
	}
	if q.never || c.unsure {
		return false
	}
	if c.depth > 2*maxDepth {
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
		name := c.content(k)
		p, known := q.properties[string(name)]
		seen |= p.bit
		if known && !c.value(p.schema, k+1) {
			return c.surely(n)
		}
		for _, re := range q.patterns {
			if re.name.MatchString(string(name)) {
				if known = true; !c.value(re.schema, k+1) {
					return c.surely(n)
				}
			}
		}
		if !known && !c.value(q.rest, k+1) {
			return c.surely(n)
		}
	}
	if seen != q.required || q.max >= 0 && count > q.max || count < q.min {
		return c.surely(n)
	}
	// Names that come twice count once.
	if q.min > 1 && c.repeated(n) {
		c.unsure = true
	}
	return true
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

func (c *check) items(q *quickArray, n int) bool {
	end, i := int(c.nodes[n].next), 0
	for k := n + 1; k < end; k = int(c.nodes[k].next) {
		s := q.rest
		if i < len(q.prefix) {
			s = q.prefix[i]
		}
		if i++; !c.value(s, k) {
			return false
		}
	}
	return i >= q.min && (q.max < 0 || i <= q.max)
}
