package schema

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/inflect-dev/inflect/plugins/record"
)

// protoFormat converts between Protobuf's wire format and its specified JSON mapping, with fields that have their default
// value written out.
type protoFormat struct {
	file  protoreflect.FileDescriptor
	types *dynamicpb.Types
	// message is what is encoded, and what bare payloads are; only says that nothing else is taken. Path is where it is
	// declared in the file, as the frame gives it.
	message protoreflect.MessageDescriptor
	only    bool
	path    []byte
}

// rootFile is the name of the schema itself among its imports.
const rootFile = "inflect/schema.proto"

func newProtobuf(d *Definition, o Options) (*protoFormat, error) {
	sources := map[string]string{rootFile: d.Text}
	for _, r := range d.References {
		sources[r.Name] = r.Text
	}
	compiler := protocompile.Compiler{MaxParallelism: 1, Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: func(path string) (io.ReadCloser, error) {
			text, ok := sources[path]
			if !ok {
				return nil, &fs.PathError{Op: "import", Path: path, Err: errors.New("no reference of the schema is named so: register the schema with its references")}
			}
			return io.NopCloser(strings.NewReader(text)), nil
		}})}
	files, err := compiler.Compile(context.Background(), rootFile)
	if err != nil {
		return nil, err
	}
	known, err := linked(files[0])
	if err != nil {
		return nil, err
	}
	p := &protoFormat{types: dynamicpb.NewTypes(known), only: o.Message != ""}
	if p.file, err = known.FindFileByPath(rootFile); err != nil {
		return nil, err
	}
	if p.message, err = p.choose(o.Message); err != nil {
		return nil, err
	}
	p.path = indexPath(p.message)
	return p, nil
}

// linked is the file and all that it imports as the Protobuf library's own descriptors, which know at once what the
// compiler's work out at every question.
func linked(file protoreflect.FileDescriptor) (*protoregistry.Files, error) {
	set := &descriptorpb.FileDescriptorSet{}
	seen := map[string]bool{}
	var add func(protoreflect.FileDescriptor)
	add = func(f protoreflect.FileDescriptor) {
		if seen[f.Path()] {
			return
		}
		seen[f.Path()] = true
		for i := range f.Imports().Len() {
			add(f.Imports().Get(i).FileDescriptor)
		}
		set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
	}
	add(file)
	return protodesc.NewFiles(set)
}

// choose finds the message of that full name, or the first one of the file.
func (p *protoFormat) choose(name string) (protoreflect.MessageDescriptor, error) {
	if name == "" {
		if p.file.Messages().Len() == 0 {
			return nil, errors.New("it declares no message")
		}
		return p.file.Messages().Get(0), nil
	}
	if m := findMessage(p.file.Messages(), protoreflect.FullName(name)); m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("it declares no message %s", name)
}

func findMessage(ms protoreflect.MessageDescriptors, name protoreflect.FullName) protoreflect.MessageDescriptor {
	for i := range ms.Len() {
		m := ms.Get(i)
		if m.FullName() == name {
			return m
		}
		if strings.HasPrefix(string(name), string(m.FullName())+".") {
			return findMessage(m.Messages(), name)
		}
	}
	return nil
}

// declared is the messages that the source declares, in its order. The entries of map fields, which descriptors list among
// them, do not count in a frame, as in Confluent's own serialisers for the JVM.
func declared(ms protoreflect.MessageDescriptors) []protoreflect.MessageDescriptor {
	var out []protoreflect.MessageDescriptor
	for i := range ms.Len() {
		if m := ms.Get(i); !m.IsMapEntry() {
			out = append(out, m)
		}
	}
	return out
}

// indexPath is how a frame names a message: the number of indices and the indices from the outermost message inwards, all
// as zigzag varints; a single zero for the first message of the file.
func indexPath(m protoreflect.MessageDescriptor) []byte {
	var path []int
	for {
		parent, nested := m.Parent().(protoreflect.MessageDescriptor)
		siblings := m.ParentFile().Messages()
		if nested {
			siblings = parent.Messages()
		}
		path = append([]int{slices.Index(declared(siblings), m)}, path...)
		if !nested {
			break
		}
		m = parent
	}
	if len(path) == 1 && path[0] == 0 {
		return []byte{0}
	}
	b := binary.AppendVarint(nil, int64(len(path)))
	for _, i := range path {
		b = binary.AppendVarint(b, int64(i))
	}
	return b
}

// written is the message that a frame's index path names, and the payload behind the path.
func (p *protoFormat) written(b []byte) (protoreflect.MessageDescriptor, []byte, *record.Failure) {
	next := func() (int, bool) {
		v, n := binary.Varint(b)
		if n <= 0 {
			return 0, false
		}
		b = b[n:]
		return int(v), true
	}
	cut := fail(CodeTruncated, "ends inside the message indices of its frame")
	count, ok := next()
	if !ok {
		return nil, nil, cut
	}
	if count == 0 {
		return p.file.Messages().Get(0), b, nil
	}
	if count < 0 || count > len(b) {
		return nil, nil, fail(CodeWrongMessage, "is framed with %d message indices", count)
	}
	var m protoreflect.MessageDescriptor
	in := declared(p.file.Messages())
	for range count {
		i, ok := next()
		if !ok {
			return nil, nil, cut
		}
		if i < 0 || i >= len(in) {
			return nil, nil, fail(CodeWrongMessage, "is framed with message index %d, but the schema has %d messages there", i, len(in))
		}
		m = in[i]
		in = declared(m.Messages())
	}
	return m, b, nil
}

func (p *protoFormat) decode(payload []byte, writer *compiled) ([]byte, *record.Failure) {
	desc, own := p.message, true
	if writer != nil {
		w, ok := writer.format.(*protoFormat)
		if !ok {
			return nil, fail(CodeIncompatible, "was written with %s, which is not Protobuf", writer)
		}
		var f *record.Failure
		if desc, payload, f = w.written(payload); f != nil {
			return nil, f
		}
		if own = w == p; !own {
			name := desc.FullName()
			if desc = findMessage(p.file.Messages(), name); desc == nil {
				return nil, fail(CodeWrongMessage, "is a %s, which the schema does not declare", name)
			}
		}
		if p.only && desc.FullName() != p.message.FullName() {
			return nil, fail(CodeWrongMessage, "is a %s, expected a %s", desc.FullName(), p.message.FullName())
		}
	}
	m := dynamicpb.NewMessage(desc)
	if err := (proto.UnmarshalOptions{Resolver: p.types, RecursionLimit: maxDepth, AllowPartial: true}).Unmarshal(payload, m); err != nil {
		return nil, fail(CodeNotProtobuf, "is not a Protobuf %s: %s", desc.FullName(), plain(err))
	}
	if f := inspect(m, len(payload), own); f != nil {
		return nil, f
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

func (p *protoFormat) encode(b, json []byte, framed bool) ([]byte, *record.Failure) {
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
	if framed {
		b = append(b, p.path...)
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
