package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inflect-dev/inflect/plugins/record"
)

// rootURL is the address of a schema that has no $id. References are resolved against it.
const rootURL = "inflect://registry/schema.json"

// jsonFormat checks JSON documents. Their bytes stay as they are.
type jsonFormat struct {
	schema *jsonschema.Schema
	// quick is nil for schemas that only the library knows how to check.
	quick     *quick
	documents sync.Pool
}

func newJSON(d *Definition) (*jsonFormat, error) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(d.Text))
	if err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(draftOf(doc))
	c.UseRegexpEngine(compilePattern)
	c.UseLoader(loader(d.References))
	for _, f := range addressFormats() {
		c.RegisterFormat(f)
	}
	if err := c.AddResource(rootURL, doc); err != nil {
		return nil, err
	}
	s, err := c.Compile(rootURL)
	if err != nil {
		return nil, err
	}
	j := &jsonFormat{schema: s, quick: quickly(s)}
	j.documents.New = func() any { return &document{} }
	return j, nil
}

// draftOf is the draft of a schema and of the references that name none. Registries take a schema without $schema as
// draft 7.
func draftOf(doc any) *jsonschema.Draft {
	object, _ := doc.(map[string]any)
	uri, _ := object["$schema"].(string)
	switch {
	case strings.Contains(uri, "draft-04"):
		return jsonschema.Draft4
	case strings.Contains(uri, "draft-06"):
		return jsonschema.Draft6
	case strings.Contains(uri, "draft/2019-09"):
		return jsonschema.Draft2019
	case strings.Contains(uri, "draft/2020-12"):
		return jsonschema.Draft2020
	}
	return jsonschema.Draft7
}

// loader resolves $ref to the registry's references, and to nothing else: no file, no network (invariant 7).
type loader []Reference

// Load implements jsonschema.URLLoader. A reference is known by its name, which is either the whole address or one that
// was resolved against the address of the schema that refers to it, or by its own $id.
func (l loader) Load(address string) (any, error) {
	best := -1
	for i, r := range l {
		if r.Name == address || idOf(r.Text) == address {
			best = i
			break
		}
		if best < 0 && sameEnd(address, r.Name) {
			best = i
		}
	}
	if best < 0 {
		return nil, fmt.Errorf("no reference of the schema is named %s: register the schema with its references", address)
	}
	return jsonschema.UnmarshalJSON(strings.NewReader(l[best].Text))
}

func sameEnd(address, name string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	path := u.Path
	if path == "" {
		path = u.Opaque
	}
	return path == name || strings.HasSuffix(path, "/"+strings.TrimPrefix(strings.TrimPrefix(name, "./"), "/"))
}

func idOf(text string) string {
	var doc struct {
		ID  string `json:"$id"`
		Old string `json:"id"`
	}
	if json.Unmarshal([]byte(text), &doc) != nil {
		return ""
	}
	if doc.ID != "" {
		return strings.TrimSuffix(doc.ID, "#")
	}
	return strings.TrimSuffix(doc.Old, "#")
}

func (j *jsonFormat) decode(payload []byte, _ *compiled) ([]byte, *record.Failure) {
	return payload, j.check(payload)
}

func (j *jsonFormat) encode(b, payload []byte, _ bool) ([]byte, *record.Failure) {
	if f := j.check(payload); f != nil {
		return nil, f
	}
	return append(b, payload...), nil
}

func (j *jsonFormat) check(payload []byte) *record.Failure {
	if j.quick != nil && j.accepts(payload) {
		return nil
	}
	v, f := parseJSON(payload)
	if f != nil {
		return f
	}
	if !bearable(j.schema, v) {
		return unbearable()
	}
	err := j.schema.Validate(v)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return violation("", "schema", "%s", clip(err.Error(), maxMessage))
	}
	return explain(invalid, v)
}

// accepts is true for what surely conforms. Numbers with exponents, which may be too wide to look at, are not looked at.
func (j *jsonFormat) accepts(payload []byte) bool {
	d := j.documents.Get().(*document)
	defer j.documents.Put(d)
	return d.index(payload) < 0 && !d.wide && j.quick.fits(d)
}

// parseJSON decodes one JSON document with its numbers as they are written.
func parseJSON(payload []byte) (any, *record.Failure) {
	if len(bytes.TrimSpace(payload)) == 0 {
		return nil, fail(record.CodeNotJSON, "is not JSON: the value is empty")
	}
	if !utf8.Valid(payload) {
		return nil, fail(record.CodeNotJSON, "is not JSON: its text is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, notJSON(err, len(payload))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fail(record.CodeNotJSON, "is not JSON: more follows after its end at byte %d", d.InputOffset())
	}
	if n := wideNumber(payload); n != "" {
		return nil, fail(CodeNumber, "has the number %s, whose exponent is beyond ±%d or which is longer than %d bytes",
			clip(n, maxShown), maxExponent, maxDigits)
	}
	return v, nil
}

func notJSON(err error, size int) *record.Failure {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fail(record.CodeNotJSON, "is not JSON: %s at byte %d", syntax.Error(), syntax.Offset)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fail(record.CodeNotJSON, "is not JSON: it ends in the middle, after %d bytes", size)
	}
	return fail(record.CodeNotJSON, "is not JSON: %v", err)
}
