package schema

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/inflect-dev/inflect/plugins/record"
)

// decodeByLibrary converts any payload, and explains what is wrong with those that are not of the message.
func (p *protoFormat) decodeByLibrary(desc protoreflect.MessageDescriptor, payload []byte, own bool) ([]byte, *record.Failure) {
	m := dynamicpb.NewMessage(desc)
	if err := (proto.UnmarshalOptions{Resolver: p.types, RecursionLimit: maxDepth, AllowPartial: true}).Unmarshal(payload, m); err != nil {
		return nil, fail(CodeNotProtobuf, "is not a Protobuf %s: %s", desc.FullName(), plain(err))
	}
	if f := inspect(m, len(payload), own); f != nil {
		return nil, f
	}
	switch size, deepest := p.defaults(m, 0); {
	case deepest > maxPacked:
		return nil, violation("", "depth", "it has a google.protobuf.Any inside of %d others, at most %d are possible", deepest-1, maxPacked-1)
	case size > maxSwollen(payload):
		return nil, swollen(payload)
	}
	out, err := protojson.MarshalOptions{EmitDefaultValues: true, Resolver: p.types}.Marshal(m)
	if err != nil {
		return nil, violation("", "json", "the %s has no JSON form: %s", desc.FullName(), plain(err))
	}
	return compact(out), nil
}

// inspect finds what a Protobuf parser lets pass: required fields that are missing, fields whose wire type is not the
// schema's, and payloads in which nothing is a field of the message.
func inspect(m protoreflect.Message, size int, own bool) *record.Failure {
	t := inspectMessage(m)
	known := false
	m.Range(func(protoreflect.FieldDescriptor, protoreflect.Value) bool { known = true; return false })
	if own && !known && len(m.GetUnknown()) == size && size > 0 && (t == nil || t.rule != "type") {
		return fail(CodeNotProtobuf, "is not a Protobuf %s: none of its fields is one of the message", m.Descriptor().FullName())
	}
	if t != nil {
		return t.failure(CodeViolation)
	}
	return nil
}

func inspectMessage(m protoreflect.Message) *trouble {
	fields := m.Descriptor().Fields()
	for b := m.GetUnknown(); len(b) > 0; {
		number, wire, n := protowire.ConsumeField(b)
		if n < 0 {
			break
		}
		if fd := fields.ByNumber(number); fd != nil {
			return &trouble{rule: "type", path: []string{fd.JSONName()},
				text: fmt.Sprintf("expected %s, found wire type %d", article(fd.Kind().String()), wire)}
		}
		b = b[n:]
	}
	for i := range fields.Len() {
		if fd := fields.Get(i); fd.Cardinality() == protoreflect.Required && !m.Has(fd) {
			return &trouble{rule: "required", path: []string{fd.JSONName()}, text: "is missing: expected " + article(fd.Kind().String())}
		}
	}
	var found *trouble
	inside := func(fd protoreflect.FieldDescriptor, v protoreflect.Value, names ...string) bool {
		if found = inspectMessage(v.Message()); found != nil {
			for _, name := range append(names, fd.JSONName()) {
				found.within(name)
			}
		}
		return found == nil
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.IsMap():
			if fd.MapValue().Message() != nil {
				v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool { return inside(fd, v, k.String()) })
			}
		case fd.Message() == nil:
		case fd.IsList():
			for i := range v.List().Len() {
				if !inside(fd, v.List().Get(i), strconv.Itoa(i)) {
					break
				}
			}
		default:
			return inside(fd, v)
		}
		return found == nil
	})
	return found
}

// maxPacked bounds how deep Any may nest: what is inside of one is copied, so that the bytes of all levels add up.
const maxPacked = 32

// defaults is how long the JSON is of all fields that could be written out though they are not set, and how deep Any nests. It
// stops where that is too deep.
func (p *protoFormat) defaults(m protoreflect.Message, depth int) (total, deepest int) {
	if deepest = depth; depth > maxPacked {
		return 0, deepest
	}
	if t := p.plain[m.Descriptor().FullName()]; t != nil {
		total = t.defaults
	}
	add := func(m protoreflect.Message, depth int) {
		size, deep := p.defaults(m, depth)
		total, deepest = total+size, max(deepest, deep)
	}
	if inner, ok := p.packed(m); ok {
		add(inner, depth+1)
		return total, deepest
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.IsMap() && fd.MapValue().Message() != nil:
			v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool { add(v.Message(), depth); return true })
		case fd.IsMap() || fd.Message() == nil:
		case fd.IsList():
			for i := range v.List().Len() {
				add(v.List().Get(i).Message(), depth)
			}
		default:
			add(v.Message(), depth)
		}
		return true
	})
	return total, deepest
}

// packed is the message inside a google.protobuf.Any.
func (p *protoFormat) packed(m protoreflect.Message) (protoreflect.Message, bool) {
	d := m.Descriptor()
	if d.FullName() != "google.protobuf.Any" || shapeOf(d) != "1 string, 2 bytes" {
		return nil, false
	}
	typ, err := p.types.FindMessageByURL(m.Get(d.Fields().Get(0)).String())
	if err != nil {
		return nil, false
	}
	inner := typ.New()
	err = proto.UnmarshalOptions{Resolver: p.types, RecursionLimit: maxDepth, AllowPartial: true}.Unmarshal(m.Get(d.Fields().Get(1)).Bytes(), inner.Interface())
	return inner, err == nil
}

// encodeByLibrary converts any JSON, and explains what does not fit the message.
func (p *protoFormat) encodeByLibrary(b, json []byte) ([]byte, *record.Failure) {
	var d document
	if d.index(json) >= 0 {
		if _, f := parseJSON(json); f != nil {
			return nil, f
		}
		return nil, fail(record.CodeNotJSON, "is not JSON that Protobuf can hold: it nests deeper than %d", maxDepth)
	}
	if n := wideNumber(json); n != "" {
		return nil, fail(CodeNumber, "has the number %s", clip(n, maxShown))
	}
	m := dynamicpb.NewMessage(p.message)
	if err := (protojson.UnmarshalOptions{Resolver: p.types, RecursionLimit: maxDepth, AllowPartial: true}).Unmarshal(json, m); err != nil {
		return nil, mappingFailure(&d, err)
	}
	if t := inspectMessage(m); t != nil {
		return nil, t.failure(CodeViolation)
	}
	out, err := proto.MarshalOptions{Deterministic: true, AllowPartial: true}.MarshalAppend(b, m)
	if err != nil {
		return nil, violation("", "protobuf", "the %s cannot be encoded: %s", p.message.FullName(), plain(err))
	}
	return out, nil
}

var (
	positionForm = regexp.MustCompile(`^\(line (\d+):(\d+)\): `)
	quotedForm   = regexp.MustCompile(`unknown field "(.*)"`)
)

// mappingFailure finds the value in the event about which protojson complains, by its line and column.
func mappingFailure(d *document, err error) *record.Failure {
	text := plain(err)
	pointer, rule := "", "type"
	if at := positionForm.FindStringSubmatch(text); at != nil {
		text = text[len(at[0]):]
		line, _ := strconv.Atoi(at[1])
		column, _ := strconv.Atoi(at[2])
		pointer = d.pointer(d.offset(line, column))
	}
	if quotedForm.MatchString(text) {
		return violation(pointer, "unknown_field", "is not a field of the message: remove it in a step or add it to the schema")
	}
	return violation(pointer, rule, "%s", clip(text, maxShown*2))
}

// plain is a Protobuf error without its prefix, whose blank varies from build to build.
func plain(err error) string {
	s := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	return strings.TrimPrefix(strings.TrimPrefix(s, "proto: "), "protobuf: ")
}

// compact takes out the blanks that protojson puts in at random.
func compact(b []byte) []byte {
	out := b[:0]
	inside := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inside && c == '\\':
			out = append(out, c)
			i++
			out = append(out, b[i])
			continue
		case c == '"':
			inside = !inside
		case !inside && c == ' ':
			continue
		}
		out = append(out, b[i])
	}
	return out
}
