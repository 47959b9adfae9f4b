package sample

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// guess makes one event.
type guess struct {
	rng *rand.Rand
	// budget is how many values the event may still have before only what is required is made, optional how likely an
	// optional property is.
	budget   int
	optional float64
	sites    []site
}

// site is one value of an event: where it is and what the schema says of it.
type site struct {
	path  []string
	shape *shape
}

// deep is the nesting below which only what is required is made, deepest that at which an attempt is given up.
const (
	deep    = 6
	deepest = 40
	// maxValues is how many values beyond its budget an event may need for what is required.
	maxValues = 5000
	// maxText is the longest text, in characters, that a schema may ask for.
	maxText = 1 << 20
)

// brief says that it is time to come to an end.
func (g *guess) brief(depth int) bool { return depth >= deep || g.budget <= 0 }

func (g *guess) chance(p float64) bool { return g.rng.Float64() < p }

// value makes a value that all the schemas allow. Name is what the property is called, for a realistic value.
func (g *guess) value(schemas []*jsonschema.Schema, name string, path []string, depth int) (any, error) {
	s := shapeOf(g.rng, schemas, g.brief(depth))
	if s.impossible || s.shortest > maxText || depth > deepest || g.budget < -maxValues {
		return nil, errImpossible
	}
	g.budget--
	g.sites = append(g.sites, site{path, s})
	if s.fixed {
		if fit := s.fitting(); len(fit) > 0 {
			return clone(fit[g.rng.IntN(len(fit))]), nil
		}
		return nil, errImpossible
	}
	switch s.pick(g) {
	case "null":
		return nil, nil
	case "boolean":
		return g.chance(0.5), nil
	case "integer":
		return g.number(s, name, true)
	case "number":
		return g.number(s, name, g.chance(0.3))
	case "array":
		return g.array(s, name, path, depth)
	case "object":
		return g.object(s, path, depth)
	}
	return g.string(s, name)
}

// fitting is the listed values that the shape's types allow.
func (s *shape) fitting() []any {
	var out []any
	for _, v := range s.values {
		t := typeOf(v)
		if s.types == nil || slices.Contains(s.types, t) || t == "number" && slices.Contains(s.types, "integer") ||
			t == "integer" && slices.Contains(s.types, "number") {
			out = append(out, v)
		}
	}
	return out
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "number"
}

// pick is the type of the value: one of those that are allowed, or the one that the schema's other words are about.
func (s *shape) pick(g *guess) string {
	types := s.types
	if types == nil {
		return s.infer(g)
	}
	if s.brief && slices.Contains(types, "null") {
		return "null"
	}
	if len(types) > 1 && slices.Contains(types, "null") && !g.chance(0.1) {
		types = slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "null" })
	}
	if hint := s.infer(nil); len(types) > 1 && slices.Contains(types, hint) {
		return hint
	} else if hint == "number" && slices.Contains(types, "integer") {
		return "integer"
	}
	return types[g.rng.IntN(len(types))]
}

func (s *shape) infer(g *guess) string {
	for _, schema := range s.schemas {
		switch {
		case schema.Format != nil && numeric(schema.Format.Name):
			return "number"
		case schema.Properties != nil || schema.Required != nil || schema.PatternProperties != nil || schema.AdditionalProperties != nil ||
			schema.MinProperties != nil || schema.PropertyNames != nil || schema.DependentRequired != nil || schema.Dependencies != nil:
			return "object"
		case schema.Items != nil || schema.PrefixItems != nil || schema.Items2020 != nil || schema.MinItems != nil || schema.Contains != nil || schema.UniqueItems:
			return "array"
		case schema.Pattern != nil || schema.Format != nil || schema.MinLength != nil || schema.MaxLength != nil:
			return "string"
		case schema.Minimum != nil || schema.Maximum != nil || schema.MultipleOf != nil || schema.ExclusiveMinimum != nil || schema.ExclusiveMaximum != nil:
			return "number"
		}
	}
	if g == nil {
		return ""
	}
	return []string{"string", "string", "string", "integer", "boolean"}[g.rng.IntN(5)]
}

func (g *guess) array(s *shape, name string, path []string, depth int) (any, error) {
	count := s.minItems
	if depth < deep && g.budget > 0 {
		count += g.rng.IntN(4)
	}
	count = min(count, s.maxItems)
	out := []any{}
	seen := map[string]bool{}
	for i := 0; len(out) < count && i < 20*count; i++ {
		schemas, allowed := s.item(len(out))
		if !allowed {
			break
		}
		if s.contains != nil && len(out) < s.minContains {
			schemas = append(slices.Clone(schemas), s.contains)
		}
		before := len(g.sites)
		v, err := g.value(schemas, strings.TrimSuffix(name, "s"), append(slices.Clip(path), strconv.Itoa(len(out))), depth+1)
		if err != nil {
			if len(out) >= s.minItems {
				break
			}
			return nil, err
		}
		if key := string(text(v)); s.unique && seen[key] {
			g.sites = g.sites[:before]
			continue
		} else if s.unique {
			seen[key] = true
		}
		out = append(out, v)
	}
	return out, nil
}

func (g *guess) object(s *shape, path []string, depth int) (any, error) {
	present := map[string]bool{}
	for _, name := range s.known() {
		schemas, allowed := s.property(name)
		switch {
		case s.required[name]:
			present[name] = true
		case !allowed || len(schemas) == 0 || depth >= deep || g.budget <= 0:
		case len(present) < s.maxProps && g.chance(g.optional):
			present[name] = true
		}
	}
	for range 4 {
		required, more := s.dependents(present)
		grown := false
		for _, name := range required {
			grown = grown || !present[name]
			present[name] = true
		}
		if len(more) > 0 {
			before := len(s.seen)
			for _, schema := range more {
				s.add(schema)
			}
			for name := range s.required {
				grown = grown || !present[name]
				present[name] = true
			}
			grown = grown || len(s.seen) > before
		}
		if !grown {
			break
		}
	}
	g.others(s, present, depth)
	out := map[string]any{}
	for _, name := range names(present) {
		schemas, allowed := s.property(name)
		if !allowed {
			return nil, errImpossible
		}
		v, err := g.value(schemas, name, append(slices.Clip(path), name), depth+1)
		if err != nil {
			if s.required[name] || len(out) < s.minProps {
				return nil, err
			}
			continue
		}
		out[name] = v
	}
	return out, nil
}

// others adds properties that the schema does not name: those that it has patterns for, and as many as it asks for.
func (g *guess) others(s *shape, present map[string]bool, depth int) {
	patterns, schemas, anything := s.open()
	wanted := s.minProps
	if len(s.known()) == 0 && depth < deep && g.budget > 0 && (len(patterns) > 0 || s.typed()) {
		wanted = max(wanted, 1+g.rng.IntN(3))
	}
	for i := 0; len(present) < min(wanted, s.maxProps) && i < 50; i++ {
		var name string
		switch {
		case len(schemas) > 0:
			v, err := g.value(append(slices.Clone(schemas), stringOnly), "", nil, depth+1)
			if name, _ = v.(string); err != nil {
				continue
			}
			g.sites = g.sites[:len(g.sites)-1]
		case len(patterns) > 0:
			var ok bool
			if name, ok = fromPattern(g.rng, patterns[g.rng.IntN(len(patterns))].String()); !ok {
				continue
			}
		case anything:
			name = words[g.rng.IntN(len(words))]
		default:
			// Only a property that the schema names can be added.
			known := s.known()
			if len(known) == 0 {
				return
			}
			name = known[g.rng.IntN(len(known))]
		}
		if _, allowed := s.property(name); allowed {
			present[name] = true
		}
	}
}

// typed reports whether the schema says what unnamed properties hold, as it does of a map.
func (s *shape) typed() bool {
	for _, schema := range s.schemas {
		if _, ok := schema.AdditionalProperties.(*jsonschema.Schema); ok {
			return true
		}
	}
	return false
}

// stringOnly is the schema of a property's name.
var stringOnly = &jsonschema.Schema{Types: func() *jsonschema.Types { var t jsonschema.Types; t.Add("string"); return &t }()}

// number is in range, a multiple of what it has to be, and realistic where the schema leaves room.
func (g *guess) number(s *shape, name string, whole bool) (any, error) {
	if s.format != "" {
		if v, ok := numberFormat(g.rng, s.format, name); ok {
			return v, nil
		}
	}
	low, high := s.span(name, whole)
	unit := big.NewRat(1, 100)
	if whole {
		unit = big.NewRat(1, 1)
	}
	for _, m := range s.multiples {
		if len(s.multiples) == 1 && (!whole || m.IsInt()) {
			unit = m
		} else {
			unit = new(big.Rat).Mul(unit, m)
		}
	}
	first, last := ceil(new(big.Rat).Quo(low, unit)), floor(new(big.Rat).Quo(high, unit))
	if s.over && s.min != nil && new(big.Rat).Mul(new(big.Rat).SetInt(first), unit).Cmp(s.min) <= 0 {
		first.Add(first, big.NewInt(1))
	}
	if s.under && s.max != nil && new(big.Rat).Mul(new(big.Rat).SetInt(last), unit).Cmp(s.max) >= 0 {
		last.Sub(last, big.NewInt(1))
	}
	count := new(big.Int).Sub(last, first)
	if count.Sign() < 0 {
		if whole || len(s.multiples) > 0 {
			return nil, errImpossible
		}
		// The range is narrower than the unit: take its middle.
		middle := new(big.Rat).Mul(new(big.Rat).Add(low, high), big.NewRat(1, 2))
		return decimal(middle), nil
	}
	n := int64(0)
	if count.IsInt64() && count.Int64() < 1<<62 {
		n = g.rng.Int64N(count.Int64() + 1)
	} else {
		n = g.rng.Int64()
	}
	return decimal(new(big.Rat).Mul(new(big.Rat).SetInt(first.Add(first, big.NewInt(n))), unit)), nil
}

// span is the realistic range of a number, moved into the one that the schema allows.
func (s *shape) span(name string, whole bool) (low, high *big.Rat) {
	l, h := realistic(name, whole)
	low, high = new(big.Rat).SetFloat64(l), new(big.Rat).SetFloat64(h)
	width := new(big.Rat).Sub(high, low)
	if s.min != nil && low.Cmp(s.min) < 0 {
		low = s.min
	}
	if s.max != nil && high.Cmp(s.max) > 0 {
		high = s.max
	}
	if low.Cmp(high) <= 0 {
		return low, high
	}
	// What is realistic lies outside: stay near the bound that is in the way.
	if s.min != nil && low == s.min {
		if high = new(big.Rat).Add(low, width); s.max != nil && high.Cmp(s.max) > 0 {
			high = s.max
		}
		return low, high
	}
	if low = new(big.Rat).Sub(high, width); s.min != nil && low.Cmp(s.min) < 0 {
		low = s.min
	}
	return low, high
}

func ceil(r *big.Rat) *big.Int {
	q := floor(r)
	if !r.IsInt() {
		q.Add(q, big.NewInt(1))
	}
	return q
}

func floor(r *big.Rat) *big.Int {
	// Euclidean division rounds down, since a fraction's denominator is positive.
	return new(big.Int).Div(r.Num(), r.Denom())
}

// decimal is the number's exact text where it has one, as every number of a schema does.
func decimal(r *big.Rat) json.Number {
	if r.IsInt() {
		return json.Number(r.Num().String())
	}
	n, exact := r.FloatPrec()
	if !exact {
		n = 15
	}
	return json.Number(strings.TrimRight(r.FloatString(n), "0"))
}

// string fits the format, the patterns or the lengths, and is realistic where the schema leaves room.
func (g *guess) string(s *shape, name string) (any, error) {
	for range 20 {
		var v string
		switch {
		case len(s.patterns) > 0:
			var ok bool
			if v, ok = fromPattern(g.rng, s.patterns[g.rng.IntN(len(s.patterns))].String()); !ok {
				if v = s.plausible(g, name); v == "" {
					continue
				}
			}
		case s.format != "":
			var ok bool
			if v, ok = stringFormat(g.rng, s.format, name); !ok {
				v = realisticText(g.rng, name)
			}
			if s.format == formatBytes {
				v = fitLength(g.rng, v, s.shortest, s.longest)
			}
		default:
			v = fitLength(g.rng, realisticText(g.rng, name), s.shortest, s.longest)
		}
		if s.takes(v) {
			return v, nil
		}
	}
	return nil, fmt.Errorf("%w: no string was found", errImpossible)
}

// plausible tries values of every kind on patterns that cannot be turned around.
func (s *shape) plausible(g *guess, name string) string {
	for range 50 {
		for _, v := range []string{realisticText(g.rng, name), words[g.rng.IntN(len(words))], strconv.Itoa(g.rng.IntN(100000)), uuid(g.rng),
			mustFormat(g.rng, "date-time"), mustFormat(g.rng, "email"), mustFormat(g.rng, "uri")} {
			if s.takes(v) {
				return v
			}
		}
	}
	return ""
}

// takes reports whether a string fits lengths and patterns. Formats are left to the validator.
func (s *shape) takes(v string) bool {
	n := len([]rune(v))
	if n < s.shortest || n > s.longest {
		return false
	}
	for _, re := range s.patterns {
		if !re.MatchString(v) {
			return false
		}
	}
	return true
}

// fitLength cuts or extends text to lengths in characters.
func fitLength(rng *rand.Rand, v string, shortest, longest int) string {
	r := []rune(v)
	if len(r) > longest {
		return string(r[:longest])
	}
	for len(r) < shortest {
		r = append(r, []rune(" "+words[rng.IntN(len(words))])...)
		if len(r) > shortest+20 || len(r) > longest {
			r = r[:max(shortest, min(len(r), longest))]
		}
	}
	if len(r) > longest {
		r = r[:longest]
	}
	return string(r)
}
