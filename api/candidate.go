package api

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/inflect-dev/inflect/pipeline"
)

// Bounds of a schema that is not registered. They are far beyond what people write.
const (
	maxSchemaBytes   = 1 << 20
	maxSchemaDepth   = 100
	maxSchemaImports = 100
)

// candidateID is the id that a schema has in trials before the registry gives it one: the last of all.
const candidateID = math.MaxInt32

// candidateRequest is a schema that may become the newest version of a subject.
type candidateRequest struct {
	Schema     string                     `json:"schema"`
	Type       string                     `json:"type"`
	References []pipeline.SchemaReference `json:"references"`
	// Events is how many are generated of each version, edge cases on top.
	Events *int `json:"events"`
	// Transitive asks for all older versions, too, as a rule that is transitive does in any case.
	Transitive bool `json:"transitive"`
}

func readCandidate(r *http.Request) (candidateRequest, error) {
	var in candidateRequest
	if err := decode(r, &in); err != nil {
		return in, err
	}
	if in.Events == nil {
		in.Events = new(100)
	}
	switch {
	case in.Schema == "":
		return in, pipeline.Errorf(pipeline.CodeInvalid, "schema", "is missing: send the schema's text")
	case len(in.Schema) > maxSchemaBytes:
		return in, pipeline.Errorf(pipeline.CodeTooLarge, "schema", "is %d bytes, at most %d are possible", len(in.Schema), maxSchemaBytes)
	case nesting(in.Schema) > maxSchemaDepth:
		return in, pipeline.Errorf(pipeline.CodeInvalid, "schema", "is nested deeper than %d levels", maxSchemaDepth)
	case !slices.Contains([]string{"", "AVRO", "JSON", "PROTOBUF"}, in.Type):
		return in, pipeline.Errorf(pipeline.CodeInvalid, "type", "is %q, but must be AVRO, JSON or PROTOBUF", in.Type)
	case len(in.References) > maxSchemaImports:
		return in, pipeline.Errorf(pipeline.CodeInvalid, "references", "has %d entries, at most %d are possible", len(in.References), maxSchemaImports)
	case *in.Events < 1 || *in.Events > maxEvents:
		return in, pipeline.Errorf(pipeline.CodeInvalid, "events", "is %d, but must be between 1 and %d", *in.Events, maxEvents)
	}
	return in, nil
}

// nesting is how deep brackets nest outside of quotes, which all three languages have in common.
func nesting(text string) int {
	depth, deepest := 0, 0
	quoted, escaped := false, false
	for i := range len(text) {
		switch c := text[i]; {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[' || c == '(':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']' || c == ')':
			depth--
		}
	}
	return deepest
}

// candidate is the schema as the subject's newest version, with the version that is the newest now and, where they count, the
// numbers of those before it, newest first.
func (a *API) candidate(ctx context.Context, subject string, in candidateRequest) (next, current pipeline.RegisteredSchema, older []int, err error) {
	known, err := a.options.Schemas.Subject(ctx, subject)
	if err != nil {
		return next, current, nil, asNotFound(err)
	}
	if current, err = a.options.Schemas.Resolve(ctx, subject, pipeline.Version(strconv.Itoa(known.Latest.Version))); err != nil {
		return next, current, nil, asNotFound(err)
	}
	if in.Transitive || strings.HasSuffix(known.Compatibility, "_TRANSITIVE") {
		older = slices.DeleteFunc(slices.Sorted(slices.Values(known.Versions)), func(v int) bool { return v >= current.Version })
		slices.Reverse(older)
	}
	or(&in.Type, current.Type)
	next = pipeline.RegisteredSchema{Subject: subject, Version: slices.Max(append(known.Versions, current.Version)) + 1, ID: candidateID, Type: in.Type,
		Text: in.Schema, References: in.References, Imports: map[string]string{}}
	if next.References == nil {
		next.References = []pipeline.SchemaReference{}
	}
	for i, ref := range in.References {
		field := fmt.Sprintf("references[%d]", i)
		if ref.Version < 1 {
			return next, current, nil, pipeline.Errorf(pipeline.CodeInvalid, field+".version", "is %d, but must be a positive number", ref.Version)
		}
		found, err := a.options.Schemas.Resolve(ctx, ref.Subject, pipeline.Version(strconv.Itoa(ref.Version)))
		if err != nil {
			return next, current, nil, under(field, err)
		}
		maps.Copy(next.Imports, found.Imports)
		next.Imports[ref.Name] = found.Text
	}
	return next, current, older, nil
}
