package sample

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// shape is what a value has to be, put together from all schemas that apply to it and from the alternatives that were
// chosen.
type shape struct {
	schemas []*jsonschema.Schema
	// types is nil when any type will do.
	types  []string
	values []any
	fixed  bool

	min, max    *big.Rat
	over, under bool
	multiples   []*big.Rat
	shortest    int
	longest     int
	patterns    []jsonschema.Regexp
	format      string
	required    map[string]bool
	minProps    int
	maxProps    int
	minItems    int
	maxItems    int
	unique      bool
	contains    *jsonschema.Schema
	minContains int
	impossible  bool
	seen        map[*jsonschema.Schema]bool
	rng         *rand.Rand
	brief       bool
}

const unbounded = 1 << 30

// shapeOf chooses among alternatives at random; brief prefers those that end a recursion.
func shapeOf(rng *rand.Rand, schemas []*jsonschema.Schema, brief bool) *shape {
	s := &shape{rng: rng, brief: brief, longest: unbounded, maxProps: unbounded, maxItems: unbounded, required: map[string]bool{}, seen: map[*jsonschema.Schema]bool{}}
	for _, schema := range schemas {
		s.add(schema)
	}
	return s
}

func (s *shape) add(schema *jsonschema.Schema) {
	if schema == nil || s.seen[schema] {
		return
	}
	s.seen[schema] = true
	if schema.Bool != nil {
		s.impossible = s.impossible || !*schema.Bool
		return
	}
	s.schemas = append(s.schemas, schema)
	s.facts(schema)
	s.add(schema.Ref)
	s.add(schema.RecursiveRef)
	if schema.DynamicRef != nil {
		s.add(schema.DynamicRef.Ref)
	}
	for _, each := range schema.AllOf {
		s.add(each)
	}
	s.choose(schema.OneOf)
	s.choose(schema.AnyOf)
	if schema.If != nil && schema.Then != nil && (schema.Else == nil || s.rng.IntN(2) == 0) {
		s.add(schema.If)
		s.add(schema.Then)
	} else if schema.If != nil {
		s.add(schema.Else)
	}
}

// choose takes one alternative, by preference one whose types go with what is known.
func (s *shape) choose(alternatives []*jsonschema.Schema) {
	if len(alternatives) == 0 {
		return
	}
	order := s.rng.Perm(len(alternatives))
	// Null is an alternative of most optional values, and the one that says least.
	null := 0
	switch {
	case s.brief:
		null = -1
	case s.rng.IntN(8) > 0:
		null = 1
	}
	slices.SortStableFunc(order, func(i, j int) int { return s.rank(alternatives[i], null) - s.rank(alternatives[j], null) })
	for _, i := range order {
		if a := alternatives[i]; (a.Bool == nil || *a.Bool) && s.goesWith(a) {
			s.add(a)
			return
		}
	}
	s.add(alternatives[order[0]])
}

// rank orders alternatives: null where it is wanted and, in a brief event, what has no parts before what has.
func (s *shape) rank(a *jsonschema.Schema, null int) int {
	if a.Types != nil && a.Types.String() == "[null]" {
		return null
	}
	if s.brief && (a.Ref != nil || a.Properties != nil || len(a.AllOf) > 0) {
		return 1
	}
	return 0
}

func (s *shape) goesWith(a *jsonschema.Schema) bool {
	for range 8 {
		if a.Types != nil && !a.Types.IsEmpty() && s.types != nil {
			return len(intersect(s.types, a.Types.ToStrings())) > 0
		}
		if a.Ref == nil {
			break
		}
		a = a.Ref
	}
	return true
}

// intersect is the types that both allow, where a number may be an integer.
func intersect(a, b []string) []string {
	var out []string
	for _, t := range a {
		switch {
		case slices.Contains(b, t):
			out = append(out, t)
		case t == "number" && slices.Contains(b, "integer"):
			out = append(out, "integer")
		case t == "integer" && slices.Contains(b, "number"):
			out = append(out, "integer")
		}
	}
	return out
}

func (s *shape) facts(schema *jsonschema.Schema) {
	if schema.Types != nil && !schema.Types.IsEmpty() {
		types := schema.Types.ToStrings()
		if s.types != nil {
			types = intersect(s.types, types)
		}
		s.types = types
		s.impossible = s.impossible || len(types) == 0
	}
	if schema.Const != nil {
		s.values, s.fixed = []any{*schema.Const}, true
	} else if schema.Enum != nil && !s.fixed {
		s.values = schema.Enum.Values
		s.fixed = true
	}
	s.numbers(schema)
	s.shortest = max(s.shortest, value(schema.MinLength, 0))
	s.longest = min(s.longest, value(schema.MaxLength, unbounded))
	s.minProps = max(s.minProps, value(schema.MinProperties, 0))
	s.maxProps = min(s.maxProps, value(schema.MaxProperties, unbounded))
	s.minItems = max(s.minItems, value(schema.MinItems, 0))
	s.maxItems = min(s.maxItems, value(schema.MaxItems, unbounded))
	s.unique = s.unique || schema.UniqueItems
	if schema.Contains != nil {
		s.contains, s.minContains = schema.Contains, value(schema.MinContains, 1)
		s.minItems = max(s.minItems, s.minContains)
	}
	if schema.Pattern != nil {
		s.patterns = append(s.patterns, schema.Pattern)
	}
	if schema.Format != nil {
		s.format = schema.Format.Name
	}
	for _, name := range schema.Required {
		s.required[name] = true
	}
}

func (s *shape) numbers(schema *jsonschema.Schema) {
	lower := func(r *big.Rat, open bool) {
		if r != nil && (s.min == nil || r.Cmp(s.min) > 0 || r.Cmp(s.min) == 0 && open) {
			s.min, s.over = r, open
		}
	}
	upper := func(r *big.Rat, open bool) {
		if r != nil && (s.max == nil || r.Cmp(s.max) < 0 || r.Cmp(s.max) == 0 && open) {
			s.max, s.under = r, open
		}
	}
	lower(schema.Minimum, false)
	lower(schema.ExclusiveMinimum, true)
	upper(schema.Maximum, false)
	upper(schema.ExclusiveMaximum, true)
	if schema.MultipleOf != nil {
		s.multiples = append(s.multiples, schema.MultipleOf)
	}
}

func value(p *int, otherwise int) int {
	if p == nil {
		return otherwise
	}
	return *p
}

// property is the schemas of a property by that name; allowed is false when there may be none.
func (s *shape) property(name string) (schemas []*jsonschema.Schema, allowed bool) {
	for _, schema := range s.schemas {
		known := false
		if p := schema.Properties[name]; p != nil {
			schemas, known = append(schemas, p), true
		}
		for re, p := range schema.PatternProperties {
			if re.MatchString(name) {
				schemas, known = append(schemas, p), true
			}
		}
		if known {
			continue
		}
		switch extra := schema.AdditionalProperties.(type) {
		case bool:
			if !extra {
				return nil, false
			}
		case *jsonschema.Schema:
			if extra.Bool != nil && !*extra.Bool {
				return nil, false
			}
			schemas = append(schemas, extra)
		}
	}
	// Where names go to several schemas of a map, their order must not depend on the map's.
	slices.SortStableFunc(schemas, func(a, b *jsonschema.Schema) int { return strings.Compare(a.Location, b.Location) })
	for _, p := range schemas {
		if p.Bool != nil && !*p.Bool {
			return nil, false
		}
	}
	return schemas, true
}

// known is the names of all properties that the schemas speak of, sorted.
func (s *shape) known() []string {
	all := map[string]bool{}
	for _, schema := range s.schemas {
		for name := range schema.Properties {
			all[name] = true
		}
	}
	for name := range s.required {
		all[name] = true
	}
	return names(all)
}

// open is the patterns of names that the schemas have values for, and whether any name
// will do.
func (s *shape) open() (patterns []jsonschema.Regexp, names []*jsonschema.Schema, anything bool) {
	anything = true
	for _, schema := range s.schemas {
		for re := range schema.PatternProperties {
			patterns = append(patterns, re)
		}
		if extra, ok := schema.AdditionalProperties.(bool); ok && !extra {
			anything = false
		}
		if schema.UnevaluatedProperties != nil {
			anything = false
		}
		if schema.PropertyNames != nil {
			names = append(names, schema.PropertyNames)
		}
	}
	slices.SortFunc(patterns, func(a, b jsonschema.Regexp) int { return strings.Compare(a.String(), b.String()) })
	return patterns, names, anything
}

// item is the schemas of the array's item at i; allowed is false when the array may not be so long.
func (s *shape) item(i int) (schemas []*jsonschema.Schema, allowed bool) {
	for _, schema := range s.schemas {
		var rest any
		switch {
		case i < len(schema.PrefixItems):
			schemas = append(schemas, schema.PrefixItems[i])
			continue
		case schema.Items2020 != nil:
			rest = schema.Items2020
		default:
			switch items := schema.Items.(type) {
			case *jsonschema.Schema:
				rest = items
			case []*jsonschema.Schema:
				if i < len(items) {
					schemas = append(schemas, items[i])
					continue
				}
				rest = schema.AdditionalItems
			}
		}
		switch r := rest.(type) {
		case bool:
			if !r {
				return nil, false
			}
		case *jsonschema.Schema:
			if r.Bool != nil && !*r.Bool {
				return nil, false
			}
			schemas = append(schemas, r)
		}
	}
	return schemas, true
}

// dependents is what the presence of the properties asks for.
func (s *shape) dependents(present map[string]bool) (required []string, schemas []*jsonschema.Schema) {
	for _, schema := range s.schemas {
		for _, name := range names(present) {
			required = append(required, schema.DependentRequired[name]...)
			if d := schema.DependentSchemas[name]; d != nil {
				schemas = append(schemas, d)
			}
			switch d := schema.Dependencies[name].(type) {
			case []string:
				required = append(required, d...)
			case *jsonschema.Schema:
				schemas = append(schemas, d)
			}
		}
	}
	return required, schemas
}
