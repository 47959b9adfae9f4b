package schema

import (
	"encoding/json"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inflect-dev/inflect/plugins/record"
)

// Where alternatives refer back to the schema, each level at which an event nests multiplies the work of those before: a
// check of 600 bytes could take days, and cannot be stopped. So the library is only asked what it answers in so many steps,
// and some for each value; the quick check, whose steps are cheaper, stops by itself.
const (
	maxEffort      = 1_000_000
	effortPerValue = 50
	maxQuickEffort = 2_000_000
)

// effort counts the schemas that the library would hold values against, at most, until there are none left.
type effort struct {
	left  int
	types map[*jsonschema.Schema]uint8
}

// bearable reports whether the library may be asked.
func bearable(s *jsonschema.Schema, event any) bool {
	e := &effort{left: maxEffort + effortPerValue*values(event), types: map[*jsonschema.Schema]uint8{}}
	e.schema(s, event, 0)
	return e.left > 0
}

func values(v any) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, member := range v {
			n += values(member)
		}
	case []any:
		for _, item := range v {
			n += values(item)
		}
	}
	return n
}

// maxReferring bounds references that lead round in a circle without getting into the event, which the library notices.
const maxReferring = 100

func (e *effort) schema(s *jsonschema.Schema, v any, referring int) {
	if s == nil || e.left <= 0 || referring > maxReferring {
		return
	}
	if e.left--; s.Bool != nil || !e.typed(s, v) {
		return
	}
	e.list(v, referring+1, s.Ref, s.RecursiveRef, s.Not, s.If, s.Then, s.Else)
	if s.DynamicRef != nil {
		e.schema(s.DynamicRef.Ref, v, referring+1)
	}
	e.list(v, referring+1, s.AllOf...)
	e.list(v, referring+1, s.AnyOf...)
	e.list(v, referring+1, s.OneOf...)
	switch v := v.(type) {
	case map[string]any:
		e.object(s, v, referring)
	case []any:
		e.array(s, v)
	}
}

func (e *effort) list(v any, referring int, schemas ...*jsonschema.Schema) {
	for _, s := range schemas {
		e.schema(s, v, referring)
	}
}

func (e *effort) object(s *jsonschema.Schema, v map[string]any, referring int) {
	additional, _ := s.AdditionalProperties.(*jsonschema.Schema)
	for name, member := range v {
		declared := s.Properties[name]
		e.list(name, 0, s.PropertyNames)
		e.list(member, 0, declared)
		for re, pattern := range s.PatternProperties {
			if re.MatchString(name) {
				e.schema(pattern, member, 0)
			}
		}
		if declared == nil {
			e.list(member, 0, additional, s.UnevaluatedProperties)
		}
		dependency, _ := s.Dependencies[name].(*jsonschema.Schema)
		e.list(v, referring+1, dependency, s.DependentSchemas[name])
	}
}

func (e *effort) array(s *jsonschema.Schema, v []any) {
	rest, _ := s.Items.(*jsonschema.Schema)
	prefix, tuple := s.Items.([]*jsonschema.Schema)
	if tuple {
		rest, _ = s.AdditionalItems.(*jsonschema.Schema)
	} else {
		prefix = s.PrefixItems
	}
	for i, item := range v {
		e.list(item, 0, s.Contains)
		if i < len(prefix) {
			e.schema(prefix[i], item, 0)
			continue
		}
		e.list(item, 0, rest, s.Items2020, s.UnevaluatedItems)
	}
}

// typed reports whether the value can be of the schema's types, before which the library does not go on.
func (e *effort) typed(s *jsonschema.Schema, v any) bool {
	types, ok := e.types[s]
	if !ok {
		types = typeBits(s.Types)
		e.types[s] = types
	}
	is := isObject
	switch v.(type) {
	case nil:
		is = isNull
	case bool:
		is = isBoolean
	case json.Number:
		is = isNumber | isInteger
	case string:
		is = isString
	case []any:
		is = isArray
	}
	return types == 0 || types&is != 0
}

func unbearable() *record.Failure {
	return violation("", "effort", "nests so deep in alternatives of the schema that checking it would not end")
}
