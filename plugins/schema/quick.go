package schema

import (
	"math/big"
	"strconv"

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
	// bits is how many names have a bit of their own.
	bits         int
	required     uint64
	dependencies []quickDependency
	patterns     []quickPattern
	// names is what the names have to fit.
	names *quick
	// rest is for properties that neither names nor patterns know; nil takes any.
	rest     *quick
	min, max int
}

type quickProperty struct {
	// declared says that the name is among the properties; others are only required, or others depend on them.
	declared bool
	schema   *quick
	// bit is set for a name whose presence matters.
	bit uint64
}

// quickDependency is what an object has to have, and to fit, when it has a member.
type quickDependency struct {
	on, needs uint64
	schema    *quick
}

type quickPattern struct {
	name   jsonschema.Regexp
	schema *quick
}

type quickArray struct {
	prefix   []*quick
	rest     *quick
	min, max int
	distinct bool
	// contains has to fit at least fewest items, and at most most of them unless that is negative.
	contains     *quick
	fewest, most int
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
		s.ContentEncoding != nil || s.ContentMediaType != nil || s.ContentSchema != nil || len(s.Extensions) > 0
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
	if s.Properties == nil && s.Required == nil && s.PatternProperties == nil && s.AdditionalProperties == nil && s.MinProperties == nil &&
		s.MaxProperties == nil && s.PropertyNames == nil && s.Dependencies == nil && s.DependentRequired == nil && s.DependentSchemas == nil {
		return nil
	}
	o := &quickObject{properties: map[string]quickProperty{}, names: t.schema(s.PropertyNames), min: intOr(s.MinProperties, 0), max: intOr(s.MaxProperties, -1)}
	for name, p := range s.Properties {
		o.properties[name] = quickProperty{declared: true, schema: t.schema(p)}
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
	for _, name := range s.Required {
		o.required |= t.bit(o, name)
	}
	for name, p := range s.Dependencies {
		switch p := p.(type) {
		case []string:
			t.depend(o, name, p)
		case *jsonschema.Schema:
			o.dependencies = append(o.dependencies, quickDependency{on: t.bit(o, name), schema: t.schema(p)})
		}
	}
	for name, others := range s.DependentRequired {
		t.depend(o, name, others)
	}
	for name, p := range s.DependentSchemas {
		o.dependencies = append(o.dependencies, quickDependency{on: t.bit(o, name), schema: t.schema(p)})
	}
	return o
}

func (t *translator) depend(o *quickObject, name string, others []string) {
	d := quickDependency{on: t.bit(o, name)}
	for _, other := range others {
		d.needs |= t.bit(o, other)
	}
	o.dependencies = append(o.dependencies, d)
}

// bit is set in what an object has when it has the name. There are 64 of them.
func (t *translator) bit(o *quickObject, name string) uint64 {
	p := o.properties[name]
	if p.bit == 0 {
		t.unknown = t.unknown || o.bits == 64
		p.bit = 1 << o.bits
		o.bits++
		o.properties[name] = p
	}
	return p.bit
}

func (t *translator) array(s *jsonschema.Schema) *quickArray {
	if s.MinItems == nil && s.MaxItems == nil && s.Items == nil && s.AdditionalItems == nil && s.PrefixItems == nil && s.Items2020 == nil &&
		s.Contains == nil && !s.UniqueItems {
		return nil
	}
	a := &quickArray{min: intOr(s.MinItems, 0), max: intOr(s.MaxItems, -1), prefix: t.list(s.PrefixItems), rest: t.schema(s.Items2020), distinct: s.UniqueItems,
		contains: t.schema(s.Contains), fewest: intOr(s.MinContains, 1), most: intOr(s.MaxContains, -1)}
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
