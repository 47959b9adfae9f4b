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

	"github.com/inflect-dev/inflect/pipeline"
)

// The bounds of what one request brings beyond its count.
const (
	maxSites   = 80
	maxMutants = 300
	longText   = 4096
)

// a mutation changes one value of an event. To is the new value, gone removes it.
type mutation struct {
	note string
	to   any
	gone bool
}

// mutants changes one event value by value. What then still fits is an edge case, what does not is a near miss: the
// validator decides, and not the mutation.
func (m *model) mutants(rng *rand.Rand, edges, misses bool) ([]pipeline.Sample, bool) {
	base, sites, ok := m.fullest(rng)
	if !ok {
		return nil, false
	}
	var out []pipeline.Sample
	seen := map[string]bool{string(text(base)): true}
	counts := map[bool]int{}
	add := func(v any, note string) {
		fits := m.fits(m.judge, v)
		key := string(text(v))
		if seen[key] || fits && !edges || !fits && !misses || counts[fits] >= maxMutants {
			return
		}
		seen[key] = true
		counts[fits]++
		out = append(out, pipeline.Sample{Event: pipeline.TestEvent{Value: json.RawMessage(key)}, Note: note, Invalid: !fits})
	}
	if v, ok := m.attempt(rng, tries/2-1); ok {
		add(v, "only what is required")
	}
	for _, s := range sites[:min(len(sites), maxSites)] {
		at := pointer(s.path)
		for _, change := range s.mutations(rng, base) {
			if v, ok := replaced(base, s.path, change); ok {
				add(v, at+" "+change.note)
			}
		}
	}
	return out, true
}

// fullest is an event with as many of the optional properties as fit.
func (m *model) fullest(rng *rand.Rand) (any, []site, bool) {
	for n := range tries {
		g := &guess{rng: rng, budget: 400, optional: max(0, 1-float64(n)/(tries/2))}
		v, err := g.value([]*jsonschema.Schema{m.shape}, "", nil, 0)
		if err == nil && m.fits(m.shape, v) && m.fits(m.judge, v) {
			return v, g.sites, true
		}
	}
	return nil, nil, false
}

func pointer(path []string) string {
	if len(path) == 0 {
		return "the event"
	}
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(p, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

// lookup is the value at a path.
func lookup(v any, path []string) (any, bool) {
	for _, p := range path {
		switch t := v.(type) {
		case map[string]any:
			var ok bool
			if v, ok = t[p]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i >= len(t) {
				return nil, false
			}
			v = t[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// replaced is a copy of the event with one value changed.
func replaced(event any, path []string, m mutation) (any, bool) {
	if len(path) == 0 {
		return m.to, !m.gone
	}
	out := clone(event)
	parent, ok := lookup(out, path[:len(path)-1])
	if !ok {
		return nil, false
	}
	last := path[len(path)-1]
	switch t := parent.(type) {
	case map[string]any:
		if _, ok := t[last]; !ok {
			return nil, false
		}
		if t[last] = m.to; m.gone {
			delete(t, last)
		}
		return out, true
	case []any:
		i, err := strconv.Atoi(last)
		if err != nil || i >= len(t) || m.gone {
			return nil, false
		}
		t[i] = m.to
		return out, true
	}
	return nil, false
}

func (s site) mutations(rng *rand.Rand, event any) []mutation {
	v, ok := lookup(event, s.path)
	if !ok {
		return nil
	}
	out := []mutation{{note: "is missing", gone: true}, {note: "is null", to: nil}}
	switch t := v.(type) {
	case bool:
		out = append(out, mutation{note: "is the other way", to: !t}, mutation{note: "is text instead of a boolean", to: "yes"})
	case string:
		out = append(out, s.texts(rng, t)...)
	case json.Number:
		out = append(out, s.numbers(t)...)
	case []any:
		out = append(out, s.arrays(t)...)
	case map[string]any:
		more := clone(t).(map[string]any)
		more["unexpected_property"] = json.Number("1")
		out = append(out, mutation{note: "has a property more", to: more}, mutation{note: "is empty", to: map[string]any{}},
			mutation{note: "is an array instead of an object", to: []any{}})
	}
	return out
}

func (s site) texts(rng *rand.Rand, v string) []mutation {
	out := []mutation{
		{note: "is empty", to: ""},
		{note: "is a boolean instead of text", to: true},
		{note: "is an object instead of text", to: map[string]any{}},
		{note: "has characters of many languages", to: fitLength(rng, "Zoë 東京 🚀 ﷺ é \u202eabc", s.shape.shortest, s.shape.longest)},
		{note: "has control characters", to: fitLength(rng, "a\u0000b\tc\n\"\\", s.shape.shortest, s.shape.longest)},
		{note: "is of another form", to: "~" + v + "~"},
	}
	if s.shape.fixed {
		return out
	}
	longest := min(s.shape.longest, longText)
	out = append(out, mutation{note: fmt.Sprintf("is %d characters long", longest), to: fitLength(rng, v, longest, longest)})
	if s.shape.longest < longText {
		out = append(out, mutation{note: "is one character too long", to: fitLength(rng, v, s.shape.longest+1, s.shape.longest+1)})
	}
	if n := s.shape.shortest; n > 0 {
		out = append(out, mutation{note: "is as short as allowed", to: fitLength(rng, v, n, n)},
			mutation{note: "is one character too short", to: fitLength(rng, v, n-1, n-1)})
	}
	return out
}

func (s site) numbers(v json.Number) []mutation {
	number := func(note, text string) mutation { return mutation{note: note, to: json.Number(text)} }
	out := []mutation{
		{note: "is text instead of a number", to: "not a number"},
		{note: "is a boolean instead of a number", to: true},
		number("is 0", "0"), number("is -1", "-1"), number("is a fraction", "0.5"),
		number("is 2^53+1, which a double cannot hold", "9007199254740993"),
		number("is the largest of 64 bits", "9223372036854775807"),
		number("is beyond 64 bits", "9223372036854775808"),
		number("is the smallest of 64 bits", "-9223372036854775808"),
		number("is beyond 32 bits", "2147483648"),
	}
	step := big.NewRat(1, 1)
	if len(s.shape.multiples) > 0 {
		step = s.shape.multiples[0]
	}
	bound := func(r *big.Rat, what, past string, outwards int64) {
		if r == nil {
			return
		}
		over := new(big.Rat).Add(r, new(big.Rat).Mul(step, big.NewRat(outwards, 1)))
		out = append(out, mutation{note: "is " + what, to: decimal(r)}, mutation{note: "is " + past, to: decimal(over)})
	}
	bound(s.shape.min, "the least", "below the least", -1)
	bound(s.shape.max, "the most", "above the most", 1)
	for _, m := range s.shape.multiples {
		if r, ok := new(big.Rat).SetString(v.String()); ok {
			out = append(out, mutation{note: "is no multiple", to: decimal(r.Add(r, new(big.Rat).Mul(m, big.NewRat(1, 2))))})
		}
	}
	return out
}

func (s site) arrays(v []any) []mutation {
	out := []mutation{{note: "is empty", to: []any{}}, {note: "is an object instead of an array", to: map[string]any{}}}
	if len(v) == 0 {
		return out
	}
	out = append(out, mutation{note: "has an item twice", to: append(slices.Clone(v), clone(v[0]))})
	if n := s.shape.maxItems; n < 1000 {
		out = append(out, mutation{note: "has an item too many", to: repeated(v, n+1)}, mutation{note: "is as long as allowed", to: repeated(v, n)})
	}
	if n := s.shape.minItems; n > 0 {
		out = append(out, mutation{note: "has an item too few", to: repeated(v, n-1)})
	}
	return out
}

func repeated(v []any, n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = clone(v[i%len(v)])
	}
	return out
}
