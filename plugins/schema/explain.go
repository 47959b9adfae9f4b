package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/inflect-dev/inflect/plugins/record"
)

// explain turns the tree of what a validator found into the one failure that helps most: of alternatives, the branch that
// got furthest into the event.
func explain(err *jsonschema.ValidationError, event any) *record.Failure {
	e := deepest(err)
	pointer := pointerOf(e.InstanceLocation)
	rule := ruleOf(e)
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		return violation(pointer+token(k.Missing[0]), rule, "is missing%s", others(k.Missing))
	case *kind.DependentRequired:
		return violation(pointer+token(k.Missing[0]), rule, "is missing%s, but is wanted because %s is there", others(k.Missing), strconv.Quote(k.Prop))
	case *kind.Dependency:
		return violation(pointer+token(k.Missing[0]), rule, "is missing%s, but is wanted because %s is there", others(k.Missing), strconv.Quote(k.Prop))
	case *kind.AdditionalProperties:
		return violation(pointer+token(k.Properties[0]), rule, "is not a property that the schema allows%s", others(k.Properties))
	case *kind.Type:
		return violation(pointer, rule, "expected %s, found %s", strings.Join(k.Want, " or "), found(event, e.InstanceLocation))
	case *kind.FalseSchema:
		return violation(pointer, rule, "the schema allows no value here, found %s", found(event, e.InstanceLocation))
	}
	return violation(pointer, rule, "expected %s, found %s", expected(e), found(event, e.InstanceLocation))
}

func expected(e *jsonschema.ValidationError) string {
	switch k := e.ErrorKind.(type) {
	case *kind.Minimum:
		return "at least " + decimal(k.Want)
	case *kind.Maximum:
		return "at most " + decimal(k.Want)
	case *kind.ExclusiveMinimum:
		return "more than " + decimal(k.Want)
	case *kind.ExclusiveMaximum:
		return "less than " + decimal(k.Want)
	case *kind.MultipleOf:
		return "a multiple of " + decimal(k.Want)
	case *kind.MinLength:
		return fmt.Sprintf("at least %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("at most %d characters", k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("at least %d items", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("at most %d items", k.Want)
	case *kind.MinProperties:
		return fmt.Sprintf("at least %d properties", k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("at most %d properties", k.Want)
	case *kind.Pattern:
		return "text that matches " + clip(strconv.Quote(k.Want), maxShown)
	case *kind.Format:
		return "the format " + k.Want
	case *kind.Enum:
		return "one of " + clip(text(k.Want), maxShown)
	case *kind.Const:
		return clip(text(k.Want), maxShown)
	case *kind.UniqueItems:
		return fmt.Sprintf("items that differ, but items %d and %d are equal", k.Duplicates[0], k.Duplicates[1])
	case *kind.OneOf:
		if len(k.Subschemas) > 0 {
			return fmt.Sprintf("exactly one alternative of oneOf to fit, but %d and %d do", k.Subschemas[0], k.Subschemas[1])
		}
		return "one alternative of oneOf to fit, but none does"
	case *kind.AnyOf:
		return "an alternative of anyOf to fit, but none does"
	case *kind.Not:
		return "what the schema under not excludes"
	}
	return clip(e.ErrorKind.LocalizedString(message.NewPrinter(language.English)), maxShown*2)
}

// deepest is the leaf whose place is furthest inside the event; of equals the first. A type that does not fit is taken
// last: it is why an alternative was not meant rather than what is wrong.
func deepest(err *jsonschema.ValidationError) *jsonschema.ValidationError {
	if len(err.Causes) == 0 {
		return err
	}
	var best *jsonschema.ValidationError
	for _, c := range err.Causes {
		leaf := deepest(c)
		if best == nil || weight(leaf) > weight(best) {
			best = leaf
		}
	}
	return best
}

func weight(e *jsonschema.ValidationError) int {
	w := 2 * len(e.InstanceLocation)
	if _, ok := e.ErrorKind.(*kind.Type); !ok {
		w++
	}
	return w
}

func ruleOf(e *jsonschema.ValidationError) string {
	switch k := e.ErrorKind.(type) {
	case *kind.FalseSchema:
		return "false"
	case *kind.Not:
		return "not"
	default:
		if path := k.KeywordPath(); len(path) > 0 {
			return path[0]
		}
	}
	return "schema"
}

func pointerOf(path []string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteString(token(p))
	}
	return b.String()
}

func others(names []string) string {
	if len(names) < 2 {
		return ""
	}
	return clip(fmt.Sprintf(" (and %d more: %s)", len(names)-1, strings.Join(names[1:], ", ")), maxShown)
}

// found describes the value at a place of the event: its type, and the value where it is short.
func found(event any, path []string) string {
	v := event
	for _, p := range path {
		switch t := v.(type) {
		case map[string]any:
			v = t[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(t) {
				return "nothing"
			}
			v = t[i]
		}
	}
	switch t := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean " + strconv.FormatBool(t)
	case json.Number:
		return "number " + clip(t.String(), maxShown)
	case string:
		return "string " + clip(strconv.Quote(t), maxShown)
	case []any:
		return fmt.Sprintf("an array of %d items", len(t))
	case map[string]any:
		return fmt.Sprintf("an object of %d properties", len(t))
	}
	return fmt.Sprintf("%T", v)
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// decimal is the exact value of a bound in a schema, which was written as a decimal.
func decimal(r *big.Rat) string {
	if r.IsInt() {
		return clip(r.Num().String(), maxShown)
	}
	n, _ := r.FloatPrec()
	return clip(r.FloatString(n), maxShown)
}
