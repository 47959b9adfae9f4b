package evolution

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inflect-dev/inflect/api/sample"
	"github.com/inflect-dev/inflect/pipeline"
)

// maxFields bounds how many fields of a schema are compared, maxDepth how deep they lie, and maxVisits how often references
// may lead to the same ones; beyond maxDifferences nobody reads on.
const (
	maxFields = 5000
	maxDepth  = 40
	maxVisits = 200_000

	maxDifferences = 500
)

// differences compares two schemas field by field, by the JSON that steps see of their events. What a schema says of a field
// beyond its type is compared rule by rule and not interpreted.
func differences(before, after pipeline.RegisteredSchema) ([]pipeline.SchemaDifference, error) {
	was, err := fieldsOf(before)
	if err != nil {
		return nil, fmt.Errorf("version %d cannot be read: %w", before.Version, err)
	}
	is, err := fieldsOf(after)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	out := []pipeline.SchemaDifference{}
	add := func(path string, kind pipeline.DifferenceKind, format string, args ...any) {
		out = append(out, pipeline.SchemaDifference{Path: path, Kind: kind, Message: fmt.Sprintf(format, args...)})
	}
	paths := slices.Sorted(maps.Keys(was))
	for path := range is {
		if was[path] == nil {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	for _, path := range paths {
		old, now := was[path], is[path]
		switch {
		case old == nil && was[now.parent] != nil:
			add(path, pipeline.FieldAdded, "is new: %s, %s", now.typeName(), presence(now.required))
		case now == nil && is[old.parent] != nil:
			add(path, pipeline.FieldRemoved, "is gone: it was %s, %s", old.typeName(), presence(old.required))
		case old == nil || now == nil:
			// What holds it is new or gone, too.
		default:
			if old.typeName() != now.typeName() {
				add(path, pipeline.TypeChanged, "was %s and is %s", old.typeName(), now.typeName())
			}
			if now.required && !old.required {
				add(path, pipeline.FieldRequired, "is required now")
			}
			if old.required && !now.required {
				add(path, pipeline.FieldOptional, "may be missing now")
			}
			for _, rule := range slices.Sorted(maps.Keys(joined(old.rules, now.rules))) {
				if x, y := old.rule(rule), now.rule(rule); x != y {
					add(path, pipeline.RuleChanged, "%s was %s and is %s", rule, x, y)
				}
			}
		}
	}
	if more := len(out) - maxDifferences; more > 0 {
		out = out[:maxDifferences]
		add("", pipeline.RuleChanged, "differs in %d ways more", more)
	}
	return out, nil
}

func presence(required bool) string {
	if required {
		return "required"
	}
	return "optional"
}

func joined(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// field is what a schema says of one place in an event. Several parts of a schema may speak of the same place.
type field struct {
	parent   string
	required bool
	types    map[string]bool
	rules    map[string]string
}

func (f *field) typeName() string {
	if len(f.types) == 0 {
		return "anything"
	}
	return strings.Join(slices.Sorted(maps.Keys(f.types)), " or ")
}

// maxRule bounds how much of a rule is quoted.
const maxRule = 100

func (f *field) rule(name string) string {
	text, ok := f.rules[name]
	if !ok {
		return "not there"
	}
	if runes := []rune(text); len(runes) > maxRule {
		return string(runes[:maxRule]) + "…"
	}
	return text
}

func fieldsOf(s pipeline.RegisteredSchema) (map[string]*field, error) {
	doc, err := sample.Document(s)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	w := &walk{root: doc, fields: map[string]*field{}, following: map[string]bool{"#": true}}
	w.schema("", "", doc, true, 0)
	return w.fields, nil
}

// walk collects the fields of one document.
type walk struct {
	root   any
	fields map[string]*field
	// following are the references on the way to where the walk is, so that a recursive schema ends.
	following map[string]bool
	visits    int
}

// notes are the keywords that say nothing of events.
var notes = map[string]bool{"$schema": true, "$id": true, "id": true, "$comment": true, "$anchor": true, "title": true, "description": true,
	"default": true, "examples": true, "definitions": true, "$defs": true, "readOnly": true, "writeOnly": true, "deprecated": true}

func (w *walk) schema(path, parent string, node any, required bool, depth int) {
	f := w.fields[path]
	if f == nil {
		if len(w.fields) >= maxFields {
			return
		}
		f = &field{parent: parent, types: map[string]bool{}, rules: map[string]string{}}
		w.fields[path] = f
	}
	f.required = f.required || required
	if w.visits++; depth > maxDepth || w.visits > maxVisits {
		return
	}
	s, ok := node.(map[string]any)
	if !ok {
		if node == false {
			f.types["nothing"] = true
		}
		return
	}
	w.types(f, s)
	for _, keyword := range slices.Sorted(maps.Keys(s)) {
		w.keyword(f, path, keyword, s, depth)
	}
}

// widths are the names of whole numbers by their bounds, which stand for types of Avro.
var widths = map[[2]string]string{
	{"-2147483648", "2147483647"}:                   "int32",
	{"-9223372036854775808", "9223372036854775807"}: "int64",
}

// width is the name of a whole number that is of a type of Avro.
func width(s map[string]any) (string, bool) {
	name, ok := widths[[2]string{fmt.Sprint(s["minimum"]), fmt.Sprint(s["maximum"])}]
	return name, ok && s["type"] == "integer"
}

// types notes what a schema says of the type. A format of ours stands for a type of Avro or Protobuf.
func (w *walk) types(f *field, s map[string]any) {
	format, _ := s["format"].(string)
	if own, ok := strings.CutPrefix(format, "inflect:"); ok {
		f.types[own] = true
		return
	}
	if name, ok := width(s); ok {
		f.types[name] = true
		return
	}
	switch t := s["type"].(type) {
	case string:
		f.types[t] = true
	case []any:
		for _, one := range t {
			f.types[fmt.Sprint(one)] = true
		}
	}
}

func (w *walk) keyword(f *field, path, keyword string, s map[string]any, depth int) {
	v := s[keyword]
	switch keyword {
	case "type", "required":
	case "$ref":
		w.reference(f, path, v, depth)
	case "allOf", "anyOf", "oneOf":
		branches, _ := v.([]any)
		for _, branch := range branches {
			w.schema(path, f.parent, branch, false, depth+1)
		}
	case "properties":
		properties, _ := v.(map[string]any)
		needed, _ := s["required"].([]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			required := slices.ContainsFunc(needed, func(n any) bool { return n == name })
			w.schema(below(path, name), path, properties[name], required, depth+1)
		}
	case "items":
		if _, tuple := v.([]any); !tuple {
			w.schema(path+"[]", path, v, false, depth+1)
			return
		}
		w.rule(f, keyword, v)
	case "additionalProperties":
		if _, ok := v.(map[string]any); ok {
			w.schema(path+"{}", path, v, false, depth+1)
			return
		}
		w.rule(f, keyword, v)
	case "minimum", "maximum":
		if _, ok := width(s); !ok {
			w.rule(f, keyword, v)
		}
	case "format":
		if text, _ := v.(string); !strings.HasPrefix(text, "inflect:") {
			w.rule(f, keyword, v)
		}
	default:
		if !notes[keyword] {
			w.rule(f, keyword, v)
		}
	}
}

func below(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// rule notes a rule by its text; the same rule in several branches is one of them all.
func (w *walk) rule(f *field, keyword string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		return
	}
	if before, twice := f.rules[keyword]; twice && before != string(text) {
		f.rules[keyword] = before + ", " + string(text)
		return
	}
	f.rules[keyword] = string(text)
}

// reference follows a reference within the document. One that leads elsewhere is a rule like any other.
func (w *walk) reference(f *field, path string, v any, depth int) {
	to, _ := v.(string)
	target, ok := w.find(to)
	if !ok {
		w.rule(f, "$ref", v)
		return
	}
	if w.following[to] {
		f.types["the same again"] = true
		return
	}
	w.following[to] = true
	w.schema(path, f.parent, target, false, depth+1)
	delete(w.following, to)
}

// find is the part of the document that a JSON pointer in a fragment names.
func (w *walk) find(reference string) (any, bool) {
	pointer, ok := strings.CutPrefix(reference, "#")
	if !ok || pointer != "" && pointer[0] != '/' {
		return nil, false
	}
	node := w.root
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if pointer == "" {
			break
		}
		object, _ := node.(map[string]any)
		if node, ok = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]; !ok {
			return nil, false
		}
	}
	return node, true
}
