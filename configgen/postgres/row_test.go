package postgres

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzDecodeSpec reads whatever may stand in a row. It must not break down, and must say which field it cannot read.
func FuzzDecodeSpec(f *testing.F) {
	for _, seed := range []string{
		`{"name":"a","batch":{"linger":"soon"}}`, `{"steps":[{"params":null},7]}`, `{"outputs":{"a.b":{"topic":{}}}}`,
		`{"labels":[]}`, `{"source":{"schema":{"version":{}}}}`, `{"limits":null,"dlq":[]}`, `[]`, `null`, `{"":{"":1}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spec, problem := decodeSpec([]byte(text))
		if problem == nil {
			spec.Validate()
			return
		}
		if problem.Message == "" {
			t.Errorf("%s is not read without a reason", text)
		}
		var fields map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &fields) != nil {
			return
		}
		first, _, _ := strings.Cut(problem.Field, ".")
		if _, ok := fields[first]; !ok && !strings.Contains(text, ".") {
			t.Errorf("%s is not read because of %q, which is none of its fields: %s", text, problem.Field, problem.Message)
		}
	})
}
