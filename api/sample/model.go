package sample

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja/parser"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inflect-dev/inflect/pipeline"
)

// model is a schema in the two forms that are needed of it: shape, which asserts formats, to make events after, and judge,
// which is exactly as strict as the schema's draft says.
type model struct {
	shape, judge *jsonschema.Schema
}

func newModel(s pipeline.RegisteredSchema) (*model, error) {
	doc, err := Document(s)
	if err != nil {
		return nil, err
	}
	m := &model{}
	if m.judge, err = compile(doc, s, false); err != nil {
		return nil, err
	}
	if m.shape, err = compile(doc, s, true); err != nil {
		return nil, err
	}
	return m, nil
}

const rootURL = "inflect://registry/schema.json"

func compile(doc any, s pipeline.RegisteredSchema, assertFormat bool) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(draftOf(doc))
	c.UseRegexpEngine(pattern)
	c.UseLoader(imports(s.Imports))
	for _, f := range formats() {
		c.RegisterFormat(f)
	}
	if assertFormat {
		c.AssertFormat()
	}
	if err := c.AddResource(rootURL, doc); err != nil {
		return nil, err
	}
	return c.Compile(rootURL)
}

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

// imports resolves $ref to what the schema came with, and to nothing else.
type imports map[string]string

// Load implements jsonschema.URLLoader.
func (im imports) Load(address string) (any, error) {
	if text, ok := im[address]; ok {
		return jsonschema.UnmarshalJSON(strings.NewReader(text))
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	path := u.Path + u.Opaque
	for _, name := range names(im) {
		if path == name || strings.HasSuffix(path, "/"+strings.TrimPrefix(name, "./")) {
			return jsonschema.UnmarshalJSON(strings.NewReader(im[name]))
		}
	}
	return nil, fmt.Errorf("no reference of the schema is named %s", address)
}

// pattern compiles a pattern of ECMA-262 by RE2 where that is exact and by backtracking elsewhere.
func pattern(s string) (jsonschema.Regexp, error) {
	translated := s
	var err error
	if !strings.Contains(s, `\p`) && !strings.Contains(s, `\P`) {
		translated, err = parser.TransformRegExp(s, false, true)
	}
	if err == nil {
		if re, err := regexp.Compile(translated); err == nil {
			return re, nil
		}
	}
	re, err := regexp2.Compile(s, regexp2.ECMAScript)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = 100 * time.Millisecond
	return backtracking{re}, nil
}

type backtracking struct{ *regexp2.Regexp }

// MatchString implements jsonschema.Regexp. A match that ran out of time is tried again: the process may have stood still
// meanwhile.
func (b backtracking) MatchString(s string) bool {
	ok, err := b.Regexp.MatchString(s)
	if err != nil {
		ok, err = b.Regexp.MatchString(s)
	}
	return err == nil && ok
}

// tries is how often an event is made before the schema is given up.
const tries = 60

// event is one that fits. The first attempts have most of the optional properties, the last ones only what is required.
func (m *model) event(rng *rand.Rand) (any, bool) {
	for n := range tries {
		if v, ok := m.attempt(rng, n); ok {
			return v, true
		}
	}
	return nil, false
}

// attempt makes an event and says whether it fits.
func (m *model) attempt(rng *rand.Rand, n int) (any, bool) {
	g := &guess{rng: rng, budget: 400, optional: 0.8 * float64(tries-2*n) / tries}
	v, err := g.value([]*jsonschema.Schema{m.shape}, "", nil, 0)
	if err != nil {
		return nil, false
	}
	return v, m.fits(m.shape, v)
}

func (m *model) fits(s *jsonschema.Schema, v any) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return s.Validate(v) == nil
}

var errImpossible = errors.New("nothing fits")
