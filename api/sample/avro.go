package sample

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/twmb/avro"

	"github.com/inflect-dev/inflect/pipeline"
)

type object = map[string]any

// avroDocument is the JSON Schema of an Avro schema's events in natural JSON: what inflect_schema makes of them.
func avroDocument(s pipeline.RegisteredSchema) (any, error) {
	var cache avro.SchemaCache
	w := &avroWriter{definitions: map[string]*avro.SchemaNode{}, written: object{}}
	// Imports come in no order: what needs another one is tried again after it.
	left := names(s.Imports)
	for len(left) > 0 {
		var failed []string
		var last error
		for _, name := range left {
			parsed, err := cache.Parse(s.Imports[name])
			if err != nil {
				failed, last = append(failed, name), fmt.Errorf("reading its reference %s: %w", name, err)
				continue
			}
			w.collect(parsed.Root())
		}
		if len(failed) == len(left) {
			return nil, last
		}
		left = failed
	}
	parsed, err := cache.Parse(s.Text)
	if err != nil {
		return nil, err
	}
	root := parsed.Root()
	w.collect(root)
	doc := w.schema(root, root.Namespace)
	doc["$schema"] = "http://json-schema.org/draft-07/schema#"
	if ref, ok := doc["$ref"]; ok {
		doc = object{"$schema": doc["$schema"], "allOf": []any{object{"$ref": ref}}}
	}
	doc["definitions"] = w.written
	return doc, w.err
}

type avroWriter struct {
	definitions map[string]*avro.SchemaNode
	written     object
	err         error
}

func fullName(n *avro.SchemaNode) string {
	if n.Namespace == "" {
		return n.Name
	}
	return n.Namespace + "." + n.Name
}

func (w *avroWriter) collect(n *avro.SchemaNode) {
	if n == nil {
		return
	}
	if n.Name != "" {
		w.definitions[fullName(n)] = n
	}
	for i := range n.Fields {
		w.collect(&n.Fields[i].Type)
	}
	for i := range n.Branches {
		w.collect(&n.Branches[i])
	}
	w.collect(n.Items)
	w.collect(n.Values)
}

// resolve is the definition behind a name, and the node itself when it is no name.
func (w *avroWriter) resolve(n *avro.SchemaNode, namespace string) *avro.SchemaNode {
	switch n.Type {
	case "null", "boolean", "int", "long", "float", "double", "string", "bytes", "fixed", "enum", "array", "map", "record", "error", "union":
		return n
	}
	for _, full := range []string{namespace + "." + n.Type, n.Type} {
		if d := w.definitions[full]; d != nil {
			return d
		}
	}
	w.err = fmt.Errorf("type %s is not defined", n.Type)
	return &avro.SchemaNode{Type: "null"}
}

func (w *avroWriter) schema(n *avro.SchemaNode, namespace string) object {
	n = w.resolve(n, namespace)
	if n.Name == "" {
		return w.body(n, namespace)
	}
	name := fullName(n)
	if _, ok := w.written[name]; !ok {
		w.written[name] = true
		w.written[name] = w.body(n, n.Namespace)
	}
	return object{"$ref": "#/definitions/" + name}
}

func (w *avroWriter) body(n *avro.SchemaNode, namespace string) object {
	switch n.Type {
	case "null", "boolean":
		return object{"type": n.Type}
	case "int":
		return hinted(whole("-2147483648", "2147483647"), n.LogicalType)
	case "long":
		return hinted(whole("-9223372036854775808", "9223372036854775807"), n.LogicalType)
	case "float":
		return object{"type": []any{"number", "string"}, "format": formatFloat}
	case "double":
		return object{"type": []any{"number", "string"}, "format": formatDouble}
	case "string":
		return hinted(object{"type": "string"}, n.LogicalType)
	case "bytes", "fixed":
		return binary(n)
	case "enum":
		values := make([]any, len(n.Symbols))
		for i, s := range n.Symbols {
			values[i] = s
		}
		return object{"type": "string", "enum": values}
	case "array":
		return object{"type": "array", "items": w.schema(n.Items, namespace)}
	case "map":
		return object{"type": "object", "additionalProperties": w.schema(n.Values, namespace)}
	case "union":
		return w.union(n, namespace)
	}
	properties, required := object{}, []any{}
	for i := range n.Fields {
		f := &n.Fields[i]
		properties[f.Name] = w.schema(&f.Type, namespace)
		if !f.HasDefault {
			required = append(required, f.Name)
		}
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func whole(low, high string) object {
	return object{"type": "integer", "minimum": json.Number(low), "maximum": json.Number(high)}
}

// hinted says what a logical type's values look like. None of them narrows what the encoding takes.
func hinted(o object, logical string) object {
	hints := map[string]string{"date": formatDate, "time-millis": formatTimeMillis, "time-micros": formatTimeMicros, "uuid": formatUUID,
		"timestamp-millis": formatMillis, "timestamp-micros": formatMicros, "timestamp-nanos": formatNanos,
		"local-timestamp-millis": formatMillis, "local-timestamp-micros": formatMicros, "local-timestamp-nanos": formatNanos}
	if f := hints[logical]; f != "" {
		o["format"] = f
	}
	return o
}

func binary(n *avro.SchemaNode) object {
	switch {
	case isDecimal(n):
		digits := n.Precision
		if n.Type == "fixed" {
			// As many digits as the bytes surely hold.
			limit := new(big.Int).Lsh(big.NewInt(1), uint(8*n.Size-1))
			digits = min(digits, len(limit.String())-1)
		}
		limit := decimalText(strings.Repeat("9", digits), n.Scale)
		return object{"type": "number", "minimum": json.Number("-" + limit), "maximum": json.Number(limit),
			"multipleOf": json.Number(decimalText("1", n.Scale))}
	case isUUID(n):
		return object{"type": "string", "format": "uuid"}
	case n.Type == "fixed":
		size := json.Number(fmt.Sprint(n.Size))
		return object{"type": "string", "format": formatBytes, "minLength": size, "maxLength": size}
	}
	return object{"type": "string", "format": formatBytes}
}

func isDecimal(n *avro.SchemaNode) bool {
	return n.LogicalType == "decimal" && (n.Type == "bytes" || n.Type == "fixed")
}

func isUUID(n *avro.SchemaNode) bool {
	return n.LogicalType == "uuid" && n.Type == "fixed" && n.Size == 16
}

func decimalText(digits string, scale int) string {
	if scale == 0 {
		return digits
	}
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	return digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

// union is one value alone where the branches look different in JSON, and an object that names the branch elsewhere.
func (w *avroWriter) union(n *avro.SchemaNode, namespace string) object {
	bare := true
	seen := map[string]bool{}
	branches := make([]*avro.SchemaNode, len(n.Branches))
	for i := range n.Branches {
		branches[i] = w.resolve(&n.Branches[i], namespace)
		for _, look := range looks(branches[i]) {
			bare = bare && !seen[look]
			seen[look] = true
		}
	}
	var alternatives []any
	for _, b := range branches {
		s := w.schema(b, namespace)
		if !bare && b.Type != "null" {
			name := b.Type
			if b.Name != "" {
				name = fullName(b)
			}
			s = object{"type": "object", "properties": object{name: s}, "required": []any{name}, "additionalProperties": false}
		}
		alternatives = append(alternatives, s)
	}
	return object{"anyOf": alternatives}
}

// looks is what values of a type can be in JSON.
func looks(n *avro.SchemaNode) []string {
	switch n.Type {
	case "null", "boolean", "array":
		return []string{n.Type}
	case "int", "long":
		return []string{"number"}
	case "float", "double":
		return []string{"number", "string"}
	case "map", "record", "error":
		return []string{"object"}
	}
	if isDecimal(n) {
		return []string{"number"}
	}
	return []string{"string"}
}
