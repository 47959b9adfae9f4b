package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// document is what the reference page shows of the contract.
type document struct {
	Info struct{ Description string }
	Tags []struct{ Name, Description string }
	// Paths and Schemas keep the order in which they are written.
	Paths      yaml.Node
	Components struct {
		Parameters map[string]parameter
		Schemas    yaml.Node
	}
}

type parameter struct {
	Ref         string `yaml:"$ref"`
	Name, In    string
	Description string
	Schema      schema
}

type operation struct {
	OperationID string `yaml:"operationId"`
	Summary     string
	Description string
	Tags        []string
	Parameters  []parameter
	RequestBody *struct {
		Ref     string `yaml:"$ref"`
		Content map[string]struct{ Schema schema }
	} `yaml:"requestBody"`
	Responses map[string]struct {
		Ref         string `yaml:"$ref"`
		Description string
		Content     map[string]struct{ Schema schema }
	}

	method, path string
}

type schema struct {
	Ref                  string `yaml:"$ref"`
	Description          string
	Type                 yaml.Node
	Enum                 []string
	Default              any
	Const                any
	Items                *schema
	Required             []string
	Properties           yaml.Node
	AdditionalProperties yaml.Node `yaml:"additionalProperties"`
	AllOf                []schema  `yaml:"allOf"`
	OneOf                []schema  `yaml:"oneOf"`
	Minimum, Maximum     any
	MaxItems             any `yaml:"maxItems"`
}

// write makes a page of Markdown out of an OpenAPI document.
func write(w io.Writer, contract []byte) error {
	var doc document
	if err := yaml.Unmarshal(contract, &doc); err != nil {
		return fmt.Errorf("reading the OpenAPI document: %w", err)
	}
	operations, err := operationsOf(doc.Paths)
	if err != nil {
		return err
	}
	p := &printer{w: w}
	p.line("<!-- Generated from api/openapi.yaml by `go generate ./api/reference`; do not edit. -->\n")
	p.line("# REST API\n\nThe machine-readable form is served at `/openapi.json`.\n\n%s", strings.TrimSpace(doc.Info.Description))
	for _, tag := range doc.Tags {
		p.line("\n## %s\n\n%s", capital(tag.Name), tag.Description)
		for _, o := range operations {
			if slices.Contains(o.Tags, tag.Name) {
				p.operation(o, doc.Components.Parameters)
			}
		}
	}
	p.line("\n## Objects")
	for name, node := range pairs(&doc.Components.Schemas) {
		var s schema
		if err := node.Decode(&s); err != nil {
			return fmt.Errorf("reading schema %s: %w", name, err)
		}
		p.object(name, s)
	}
	return p.err
}

func operationsOf(paths yaml.Node) ([]operation, error) {
	var out []operation
	for path, item := range pairs(&paths) {
		var shared []parameter
		for key, node := range pairs(item) {
			if key == "parameters" {
				if err := node.Decode(&shared); err != nil {
					return nil, fmt.Errorf("reading the parameters of %s: %w", path, err)
				}
				continue
			}
			o := operation{method: strings.ToUpper(key), path: path}
			if err := node.Decode(&o); err != nil {
				return nil, fmt.Errorf("reading %s %s: %w", key, path, err)
			}
			o.Parameters = append(slices.Clone(shared), o.Parameters...)
			out = append(out, o)
		}
	}
	return out, nil
}

// pairs is a mapping's entries in their order.
func pairs(n *yaml.Node) func(func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

// printer writes Markdown and remembers the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *printer) operation(o operation, known map[string]parameter) {
	p.line("\n### `%s %s`\n\n%s.", o.method, o.path, o.Summary)
	if o.Description != "" {
		p.line("\n%s", strings.TrimSpace(o.Description))
	}
	var rows []string
	for _, param := range o.Parameters {
		if name, ok := strings.CutPrefix(param.Ref, "#/components/parameters/"); ok {
			param = known[name]
		}
		if param.In != "path" {
			rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |", param.Name, param.In, param.Schema.text(), cell(param.Description)))
		}
	}
	if len(rows) > 0 {
		p.line("\n| parameter | in | type | |\n|---|---|---|---|\n%s", strings.Join(rows, "\n"))
	}
	if o.RequestBody != nil {
		body := "[Spec](#spec)"
		for _, content := range o.RequestBody.Content {
			body = content.Schema.text()
		}
		p.line("\nBody: %s.", body)
	}
	for _, status := range sorted(o.Responses) {
		if status == "default" {
			continue
		}
		for media, content := range o.Responses[status].Content {
			p.line("\n`%s`: %s (%s) %s", status, content.Schema.text(), media, o.Responses[status].Description)
		}
		if len(o.Responses[status].Content) == 0 {
			p.line("\n`%s`: %s", status, o.Responses[status].Description)
		}
	}
}

func (p *printer) object(name string, s schema) {
	p.line("\n### %s", name)
	if s.Description != "" {
		p.line("\n%s", strings.TrimSpace(s.Description))
	}
	var parts []string
	for _, part := range s.AllOf {
		if part.Ref != "" {
			parts = append(parts, part.text())
		}
	}
	if len(parts) > 0 {
		p.line("\nAll of %s.", strings.Join(parts, " and "))
	}
	if t := s.text(); len(s.AllOf) == 0 && t != "object" {
		p.line("\nType: %s.", t)
	}
	p.properties(s)
	for _, part := range s.AllOf {
		p.properties(part)
	}
}

func (p *printer) properties(s schema) {
	if len(s.Properties.Content) == 0 {
		return
	}
	p.line("\n| field | type | |\n|---|---|---|")
	for name, node := range pairs(&s.Properties) {
		var field schema
		if err := node.Decode(&field); err != nil && p.err == nil {
			p.err = fmt.Errorf("reading field %s: %w", name, err)
		}
		required := ""
		if slices.Contains(s.Required, name) {
			required = "required. "
		}
		p.line("| `%s` | %s | %s%s |", name, field.text(), required, cell(field.Description))
	}
}

// text is a type in a few words.
func (s schema) text() string {
	switch {
	case strings.HasPrefix(s.Ref, "#/components/schemas/"):
		name := strings.TrimPrefix(s.Ref, "#/components/schemas/")
		return fmt.Sprintf("[%s](#%s)", name, strings.ToLower(name))
	case len(s.Enum) > 0:
		return s.values()
	case len(s.OneOf) > 0:
		var parts []string
		for _, part := range s.OneOf {
			parts = append(parts, part.text())
		}
		return strings.Join(parts, " or ")
	case s.Items != nil:
		return "list of " + s.Items.text()
	case len(s.AdditionalProperties.Content) > 0:
		var value schema
		_ = s.AdditionalProperties.Decode(&value) // The document is checked by a test.
		return "map to " + value.text()
	}
	return s.simple()
}

func (s schema) values() string {
	values := make([]string, len(s.Enum))
	for i, v := range s.Enum {
		values[i] = "`" + v + "`"
	}
	return strings.Join(values, ", ") + s.otherwise()
}

func (s schema) simple() string {
	kind := s.Type.Value
	if s.Type.Kind == yaml.SequenceNode {
		var kinds []string
		_ = s.Type.Decode(&kinds) // As above.
		kind = strings.Join(kinds, " or ")
	}
	out := cmp.Or(kind, "any JSON")
	if s.Const != nil {
		out = fmt.Sprintf("`%v`", s.Const)
	}
	if s.Minimum != nil && s.Maximum != nil {
		out += fmt.Sprintf(", %v to %v", s.Minimum, s.Maximum)
	}
	return out + s.otherwise()
}

func (s schema) otherwise() string {
	if s.Default == nil {
		return ""
	}
	return fmt.Sprintf(", default `%v`", s.Default)
}

func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
