package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxTypeDepth bounds how deeply a schema is followed; below it everything is unknown.
const maxTypeDepth = 40

// typeOf is the TypeScript declarations of one schema's events: of the type that is named after the subject, and of those
// that it refers to. Protobuf schemas say nothing that could be read here: their events are any.
func typeOf(s namedSchema, taken map[string]bool) (string, error) {
	subject, _, _ := strings.Cut(s.name, "@")
	name := typeName(subject, taken)
	w := &typeWriter{taken: taken, named: map[string]string{}}
	var body string
	switch s.schema.Type {
	case "JSON", "AVRO":
		d := json.NewDecoder(bytes.NewReader([]byte(s.schema.Text)))
		d.UseNumber()
		var doc any
		if err := d.Decode(&doc); err != nil {
			return "", fmt.Errorf("reading the schema: %w", err)
		}
		w.root = doc
		if s.schema.Type == "AVRO" {
			body = w.avro(doc, 0)
		} else {
			w.named["#"] = name
			body = w.json(doc, 0)
		}
	default:
		body = "any"
	}
	return "  export type " + name + " = " + body + ";\n" + w.out.String(), nil
}

type typeWriter struct {
	root any
	// out holds the declarations of types that were referred to, named their names by the reference.
	out   strings.Builder
	named map[string]string
	taken map[string]bool
}

// json is the type of a JSON Schema. What a type cannot say is left out: it allows more than the schema does.
func (w *typeWriter) json(schema any, depth int) string {
	s, ok := schema.(map[string]any)
	if !ok || depth > maxTypeDepth {
		return "unknown"
	}
	if ref, ok := s["$ref"].(string); ok {
		return w.reference(ref, depth)
	}
	if v, ok := s["const"]; ok {
		return literal(v)
	}
	if values, ok := s["enum"].([]any); ok && len(values) > 0 {
		parts := make([]string, len(values))
		for i, v := range values {
			parts[i] = literal(v)
		}
		return union(parts)
	}
	for _, word := range []string{"oneOf", "anyOf"} {
		if list, ok := s[word].([]any); ok {
			return union(w.all(list, depth))
		}
	}
	if list, ok := s["allOf"].([]any); ok {
		parts := w.all(list, depth)
		if s["properties"] != nil {
			parts = append(parts, w.object(s, depth))
		}
		return "(" + strings.Join(parts, " & ") + ")"
	}
	switch t := s["type"].(type) {
	case string:
		return w.primitive(t, s, depth)
	case []any:
		var parts []string
		for _, one := range t {
			name, _ := one.(string)
			parts = append(parts, w.primitive(name, s, depth))
		}
		return union(parts)
	}
	if s["properties"] != nil {
		return w.object(s, depth)
	}
	return "unknown"
}

func (w *typeWriter) all(list []any, depth int) []string {
	parts := make([]string, len(list))
	for i, one := range list {
		parts[i] = w.json(one, depth+1)
	}
	return parts
}

func (w *typeWriter) primitive(name string, s map[string]any, depth int) string {
	switch name {
	case "string", "boolean", "null":
		return name
	case "number", "integer":
		return "number"
	case "array":
		if s["items"] == nil {
			return "unknown[]"
		}
		return "Array<" + w.json(s["items"], depth+1) + ">"
	case "object":
		return w.object(s, depth)
	}
	return "unknown"
}

func (w *typeWriter) object(s map[string]any, depth int) string {
	properties, _ := s["properties"].(map[string]any)
	var required []any
	required, _ = s["required"].([]any)
	indent := strings.Repeat("  ", depth+2)
	var b strings.Builder
	b.WriteString("{\n")
	for _, name := range keys(properties) {
		if p, ok := properties[name].(map[string]any); ok {
			if text, ok := p["description"].(string); ok {
				b.WriteString(indent + "/** " + comment(text) + " */\n")
			}
		}
		mark := "?"
		if slices.Contains(required, any(name)) {
			mark = ""
		}
		b.WriteString(indent + property(name) + mark + ": " + w.json(properties[name], depth+1) + ";\n")
	}
	if more, ok := s["additionalProperties"].(map[string]any); ok && len(properties) == 0 {
		b.WriteString(indent + "[name: string]: " + w.json(more, depth+1) + ";\n")
	} else if s["additionalProperties"] != false {
		b.WriteString(indent + "[name: string]: unknown;\n")
	}
	b.WriteString(strings.Repeat("  ", depth+1) + "}")
	return b.String()
}

// reference is the name of the type that a local reference stands for. Others are not followed.
func (w *typeWriter) reference(ref string, depth int) string {
	if name, ok := w.named[ref]; ok {
		return name
	}
	target, ok := w.lookup(ref)
	if !ok || depth > maxTypeDepth {
		return "unknown"
	}
	name := typeName(ref[strings.LastIndex(ref, "/")+1:], w.taken)
	w.named[ref] = name
	body := w.json(target, 0)
	fmt.Fprintf(&w.out, "  export type %s = %s;\n", name, body)
	return name
}

// lookup follows a JSON pointer (RFC 6901) into the schema.
func (w *typeWriter) lookup(ref string) (any, bool) {
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, false
	}
	at := w.root
	for part := range strings.SplitSeq(path, "/") {
		m, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		if at, ok = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]; !ok {
			return nil, false
		}
	}
	return at, true
}

// avro is the type that an Avro schema's values have as JSON.
func (w *typeWriter) avro(schema any, depth int) string {
	if depth > maxTypeDepth {
		return "unknown"
	}
	switch s := schema.(type) {
	case string:
		if name, ok := w.named[s]; ok {
			return name
		}
		return avroPrimitive(s)
	case []any:
		parts := make([]string, len(s))
		for i, one := range s {
			parts[i] = w.avro(one, depth+1)
		}
		return union(parts)
	case map[string]any:
		return w.avroNamed(s, depth)
	}
	return "unknown"
}

func avroPrimitive(name string) string {
	switch name {
	case "int", "long", "float", "double":
		return "number"
	case "string", "bytes", "fixed":
		return "string"
	case "boolean", "null":
		return name
	}
	return "unknown"
}

func (w *typeWriter) avroNamed(s map[string]any, depth int) string {
	kind, _ := s["type"].(string)
	if logical, ok := s["logicalType"].(string); ok && (logical == "decimal" || logical == "uuid") {
		return "string"
	}
	switch kind {
	case "record", "error":
		return w.avroRecord(s)
	case "enum":
		symbols, _ := s["symbols"].([]any)
		parts := make([]string, len(symbols))
		for i, v := range symbols {
			parts[i] = literal(v)
		}
		return union(parts)
	case "array":
		return "Array<" + w.avro(s["items"], depth+1) + ">"
	case "map":
		return "Record<string, " + w.avro(s["values"], depth+1) + ">"
	case "":
		return w.avro(s["type"], depth+1)
	}
	return avroPrimitive(kind)
}

// avroRecord declares a record under its own name, since it may refer to itself.
func (w *typeWriter) avroRecord(s map[string]any) string {
	full, _ := s["name"].(string)
	name := typeName(full[strings.LastIndex(full, ".")+1:], w.taken)
	w.named[full] = name
	if space, ok := s["namespace"].(string); ok {
		w.named[space+"."+full] = name
	}
	fields, _ := s["fields"].([]any)
	var b strings.Builder
	for _, f := range fields {
		field, ok := f.(map[string]any)
		if !ok {
			continue
		}
		if doc, ok := field["doc"].(string); ok {
			b.WriteString("    /** " + comment(doc) + " */\n")
		}
		label, _ := field["name"].(string)
		b.WriteString("    " + property(label) + ": " + w.avro(field["type"], 1) + ";\n")
	}
	fmt.Fprintf(&w.out, "  export interface %s {\n%s  }\n", name, b.String())
	return name
}

func literal(v any) string {
	b, err := json.Marshal(v)
	if err != nil || len(b) > 0 && (b[0] == '{' || b[0] == '[') {
		return "unknown"
	}
	return string(b)
}

func union(parts []string) string {
	slices.Sort(parts)
	parts = slices.Compact(parts)
	if slices.Contains(parts, "unknown") || len(parts) == 0 {
		return "unknown"
	}
	return strings.Join(parts, " | ")
}

func property(name string) string {
	for i, r := range name {
		if r != '_' && r != '$' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return strconv.Quote(name)
		}
	}
	if name == "" {
		return `""`
	}
	return name
}

// comment is text that cannot end the comment it stands in.
func comment(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "*/", "* /")), " ")
}

func keys(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
