package postgres

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/inflect-dev/inflect/pipeline"
)

// Row is a pipeline as its row says it. Problems is what keeps the row from being a pipeline; the spec then holds as
// much of it as could be read, the name always.
type Row struct {
	pipeline.Pipeline

	Problems pipeline.Errors
}

// columns of a row, in scanRow's order.
const columns = `p.name, p.revision, p.created_at, p.updated_at, p.updated_by, p.state, pipeline_spec(p)`

func scanRow(r pgx.CollectableRow) (Row, error) {
	var (
		row   Row
		name  string
		state string
		spec  []byte
	)
	if err := r.Scan(&name, &row.Revision, &row.CreatedAt, &row.UpdatedAt, &row.UpdatedBy, &state, &spec); err != nil {
		return Row{}, err
	}
	s, problem := decodeSpec(spec)
	s.Name = name
	// The state decides whether the pipeline runs at all, so it counts even in a row that holds nonsense elsewhere.
	s.State = pipeline.State(state)
	row.Spec = s
	if problem == nil {
		row.Problems = s.Validate().Fatal()
	} else {
		row.Problems = pipeline.Errors{problem}
	}
	return row, nil
}

// decodeSpec reads what pipeline_spec wrote. Nulls are left out; an error names its field.
func decodeSpec(b []byte) (pipeline.Spec, *pipeline.Error) {
	var s pipeline.Spec
	if err := json.Unmarshal(b, &s); err != nil {
		return s, locate(b, err)
	}
	s.Kubernetes = withoutNull(s.Kubernetes)
	for i := range s.Steps {
		s.Steps[i].Params = withoutNull(s.Steps[i].Params)
	}
	if len(s.Outputs) == 0 {
		s.Outputs = nil
	}
	if len(s.Labels) == 0 {
		s.Labels = nil
	}
	return s, nil
}

func withoutNull(b json.RawMessage) json.RawMessage {
	if bytes.Equal(bytes.TrimSpace(b), []byte("null")) {
		return nil
	}
	return b
}

// locate finds the field that cannot be read, by reading fields one at a time.
func locate(spec []byte, err error) *pipeline.Error {
	field, cause := narrow("", spec, err)
	var t *json.UnmarshalTypeError
	if errors.As(cause, &t) {
		return pipeline.Errorf(pipeline.CodeInvalid, field, "is a JSON %s, but a %s is wanted", t.Value, t.Type)
	}
	var own *pipeline.Error
	if errors.As(cause, &own) {
		return pipeline.Errorf(own.Code, field, "%s", own.Message)
	}
	return pipeline.Errorf(pipeline.CodeInvalid, field, "cannot be read: %v", cause)
}

// narrow follows objects down to the innermost field that alone makes the spec unreadable.
func narrow(at string, value []byte, err error) (string, error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(value, &fields) != nil {
		return at, err
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		path := name
		if at != "" {
			path = at + "." + name
		}
		var s pipeline.Spec
		if cause := json.Unmarshal(nest(path, fields[name]), &s); cause != nil {
			return narrow(path, fields[name], cause)
		}
	}
	return at, err
}

func nest(path string, value []byte) []byte {
	names := strings.Split(path, ".")
	for _, name := range slices.Backward(names) {
		key, _ := json.Marshal(name)
		value = slices.Concat([]byte("{"), key, []byte(":"), value, []byte("}"))
	}
	return value
}

// writable refuses strings that Postgres cannot hold, and names their field.
func writable(s pipeline.Spec) error {
	b, err := json.Marshal(s)
	if err != nil {
		return pipeline.Errorf(pipeline.CodeInvalid, "", "cannot be written as JSON: %v", err)
	}
	if !bytes.Contains(b, []byte(`\u0000`)) {
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return pipeline.Errorf(pipeline.CodeInvalid, "", "cannot be read back: %v", err)
	}
	for i, step := range s.Steps {
		if strings.ContainsRune(step.Code, 0) {
			return pipeline.Errorf(pipeline.CodeInvalid, "steps["+itoa(i)+"].code", "holds a NUL character: write it as \\0 in the string literal")
		}
	}
	for field, value := range fields {
		if field != "steps" && hasNUL(value) {
			return pipeline.Errorf(pipeline.CodeInvalid, field, "holds a NUL character: remove it")
		}
	}
	return nil
}

// hasNUL reports whether a string or key anywhere in the JSON value holds a NUL.
func hasNUL(value []byte) bool {
	d := json.NewDecoder(bytes.NewReader(value))
	for {
		t, err := d.Token()
		if err != nil {
			return false
		}
		if s, ok := t.(string); ok && strings.ContainsRune(s, 0) {
			return true
		}
	}
}
