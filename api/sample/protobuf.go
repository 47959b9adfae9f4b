package sample

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/inflect-dev/inflect/pipeline"
)

const rootFile = "inflect/schema.proto"

// protobufDocument is the JSON Schema of the first message of a Protobuf schema in its specified JSON mapping, as lenient
// as parsers of that mapping are.
func protobufDocument(s pipeline.RegisteredSchema) (any, error) {
	compiler := protocompile.Compiler{MaxParallelism: 1, Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: func(path string) (io.ReadCloser, error) {
			text, ok := s.Imports[path]
			if path == rootFile {
				text, ok = s.Text, true
			}
			if !ok {
				return nil, &fs.PathError{Op: "import", Path: path, Err: errors.New("no reference of the schema is named so")}
			}
			return io.NopCloser(strings.NewReader(text)), nil
		}})}
	files, err := compiler.Compile(context.Background(), rootFile)
	if err != nil {
		return nil, err
	}
	if files[0].Messages().Len() == 0 {
		return nil, errors.New("it declares no message")
	}
	w := &protoWriter{file: files[0], written: object{}}
	root := w.message(files[0].Messages().Get(0))
	return object{"$schema": "http://json-schema.org/draft-07/schema#", "allOf": []any{root}, "definitions": w.written}, nil
}

type protoWriter struct {
	file    protoreflect.FileDescriptor
	written object
}

// message is a reference to the message's schema, or the schema of a well-known type. A null stands for a field that is
// not set, which fields may be and messages may not.
func (w *protoWriter) message(m protoreflect.MessageDescriptor) object {
	if known := w.wellKnown(m); known != nil {
		return known
	}
	name := string(m.FullName())
	if _, ok := w.written[name]; !ok {
		w.written[name] = true
		w.written[name] = w.body(m)
	}
	return object{"$ref": "#/definitions/" + name}
}

func (w *protoWriter) body(m protoreflect.MessageDescriptor) object {
	properties, required := object{}, []any{}
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		s := w.field(f)
		if f.Cardinality() == protoreflect.Required {
			required = append(required, f.JSONName())
		} else {
			s = nullable(s)
		}
		properties[f.JSONName()] = s
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	var exclusive []any
	for i := range m.Oneofs().Len() {
		if o := m.Oneofs().Get(i); !o.IsSynthetic() {
			exclusive = append(exclusive, atMostOne(o))
		}
	}
	if exclusive != nil {
		out["allOf"] = exclusive
	}
	return out
}

// atMostOne allows one member of a oneof, or none.
func atMostOne(o protoreflect.OneofDescriptor) object {
	var alternatives, all []any
	for i := range o.Fields().Len() {
		has := object{"required": []any{o.Fields().Get(i).JSONName()}}
		others := object{}
		for j := range o.Fields().Len() {
			if i != j {
				others[o.Fields().Get(j).JSONName()] = false
			}
		}
		alternatives = append(alternatives, object{"required": has["required"], "properties": others})
		all = append(all, has)
	}
	return object{"anyOf": append(alternatives, object{"not": object{"anyOf": all}})}
}

// nullable adds null to what the schema takes.
func nullable(s object) object {
	switch t := s["type"].(type) {
	case string:
		s["type"] = []any{t, "null"}
	case []any:
		if !slices.Contains(t, any("null")) {
			s["type"] = append(t, "null")
		}
	default:
		if len(s) > 0 {
			return object{"anyOf": []any{s, object{"type": "null"}}}
		}
	}
	return s
}

func (w *protoWriter) field(f protoreflect.FieldDescriptor) object {
	switch {
	case f.IsMap():
		out := object{"type": "object", "additionalProperties": w.value(f.MapValue())}
		switch f.MapKey().Kind() {
		case protoreflect.StringKind:
		case protoreflect.BoolKind:
			out["propertyNames"] = object{"enum": []any{"true", "false"}}
		default:
			out["propertyNames"] = object{"format": integerFormat(f.MapKey().Kind())}
		}
		return out
	case f.IsList():
		return object{"type": "array", "items": w.value(f)}
	}
	return w.value(f)
}

func integerFormat(k protoreflect.Kind) string {
	switch k {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return formatInt32
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return formatUint32
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return formatUint64
	}
	return formatInt64
}

func (w *protoWriter) value(f protoreflect.FieldDescriptor) object {
	switch k := f.Kind(); k {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return w.message(f.Message())
	case protoreflect.EnumKind:
		if f.Enum().FullName() == "google.protobuf.NullValue" {
			return nullable(enum(f.Enum()))
		}
		return enum(f.Enum())
	case protoreflect.BoolKind:
		return object{"type": "boolean"}
	case protoreflect.StringKind:
		return object{"type": "string"}
	case protoreflect.BytesKind:
		return object{"type": "string", "format": formatBase64}
	case protoreflect.FloatKind:
		return object{"type": []any{"number", "string"}, "format": formatFloat}
	case protoreflect.DoubleKind:
		return object{"type": []any{"number", "string"}, "format": formatDouble}
	default:
		return object{"type": []any{"integer", "string"}, "format": integerFormat(k)}
	}
}

// enum takes the symbols and, as text is not the only way to say one, any number of 32 bits.
func enum(e protoreflect.EnumDescriptor) object {
	var symbols []any
	for i := range e.Values().Len() {
		symbols = append(symbols, string(e.Values().Get(i).Name()))
	}
	return object{"type": []any{"string", "integer"}, "minimum": json.Number("-2147483648"), "maximum": json.Number("2147483647"),
		"if": object{"type": "string"}, "then": object{"enum": symbols}}
}

// wellKnown is the schema of the types that have a JSON form of their own, nil for others.
func (w *protoWriter) wellKnown(m protoreflect.MessageDescriptor) object {
	name, ok := strings.CutPrefix(string(m.FullName()), "google.protobuf.")
	if !ok {
		return nil
	}
	switch name {
	case "Timestamp":
		return object{"type": "string", "format": formatTimestamp}
	case "Duration":
		return object{"type": "string", "format": formatDuration}
	case "FieldMask":
		return object{"type": "string", "format": formatFieldMask}
	case "Struct":
		return object{"type": "object"}
	case "Value":
		return object{}
	case "ListValue":
		return object{"type": "array"}
	case "Any":
		return w.any()
	}
	if strings.HasSuffix(name, "Value") && m.Fields().Len() == 1 && m.Fields().Get(0).Name() == "value" {
		return w.value(m.Fields().Get(0))
	}
	return nil
}

// maxAny is how many messages an Any may hold. A parser takes any that it knows; more of them would only make the schema large.
const maxAny = 3

// any is a reference to the schema of a message of the file with its type's address, or of nothing. Messages of the file are
// what whoever has the schema is sure to know.
func (w *protoWriter) any() object {
	const name = "google.protobuf.Any"
	if _, ok := w.written[name]; ok {
		return object{"$ref": "#/definitions/" + name}
	}
	w.written[name] = true
	alternatives := []any{object{"type": "object", "maxProperties": json.Number("0")}}
	for i := range min(w.file.Messages().Len(), maxAny) {
		m := w.file.Messages().Get(i)
		if w.wellKnown(m) != nil {
			continue
		}
		body := w.body(m)
		body["properties"].(object)["@type"] = object{"const": "type.googleapis.com/" + string(m.FullName())}
		required, _ := body["required"].([]any)
		body["required"] = append(required, "@type")
		alternatives = append(alternatives, body)
	}
	w.written[name] = object{"anyOf": alternatives}
	return object{"$ref": "#/definitions/" + name}
}
