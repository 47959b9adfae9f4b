package js

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/dop251/goja"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// paramsError is why a step's parameters do not fit the schema that its module exports.
type paramsError struct{ message string }

func (e *paramsError) Error() string { return e.message }

// checkParams holds a step's parameters against the JSON Schema that its module exports: by a bundle as $params, in
// code written inline as <function>Params or params.
func (m *machine) checkParams(s *step, exports *goja.Object) error {
	var schema *goja.Object
	for _, name := range []string{"$params", s.export + "Params", "params"} {
		if o, ok := exports.Get(name).(*goja.Object); ok {
			schema = o
			break
		}
	}
	if schema == nil {
		return nil
	}
	var text []byte
	if err := m.try(func() { text, _ = m.encode(schema, nil) }); err != nil {
		return err
	}
	compiled, err := compileSchema(text)
	if err != nil {
		return &paramsError{fmt.Sprintf("the exported schema of the parameters is no JSON Schema: %v", err)}
	}
	params, err := jsonschema.UnmarshalJSON(bytes.NewReader(s.params))
	if err != nil {
		return &paramsError{fmt.Sprintf("params: %v", err)}
	}
	var invalid *jsonschema.ValidationError
	if err := compiled.Validate(params); errors.As(err, &invalid) {
		return &paramsError{"params" + describeInvalid(invalid)}
	}
	return nil
}

func compileSchema(text []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	// A schema that refers to another document finds nothing: steps reach no files and no network.
	c.UseLoader(jsonschema.SchemeURLLoader{})
	if err := c.AddResource("params.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("params.json")
}

// describeInvalid names the places and reasons of the innermost errors.
func describeInvalid(e *jsonschema.ValidationError) string {
	if len(e.Causes) == 0 {
		where := ""
		for _, part := range e.InstanceLocation {
			where += "." + part
		}
		reason := e.Error()
		if _, after, ok := strings.Cut(reason, "- at "); ok {
			reason = after
		}
		if _, after, ok := strings.Cut(reason, ": "); ok {
			reason = after
		}
		return where + ": " + reason
	}
	parts := make([]string, 0, len(e.Causes))
	for _, c := range e.Causes {
		parts = append(parts, describeInvalid(c))
	}
	return strings.Join(parts, "; params")
}
