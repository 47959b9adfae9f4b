package schema

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/inflect-dev/inflect/plugins/record"
)

// protoFormat converts between Protobuf's wire format and its specified JSON mapping, with fields that have their default
// value written out.
//
// What is plain goes from bytes to bytes; the rest, and everything that is wrong, goes through the Protobuf library, with
// which the plain way agrees to the byte.
type protoFormat struct {
	file  protoreflect.FileDescriptor
	types *dynamicpb.Types
	// message is what is encoded, and what bare payloads are; only says that nothing else is taken. Path is where it is
	// declared in the file, as the frame gives it.
	message protoreflect.MessageDescriptor
	only    bool
	path    []byte

	// plain is what it takes to convert the file's messages, by full name.
	plain protoTypes
	// decoders and encoders are memory that is used again.
	decoders, encoders sync.Pool
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
	return protoFormatOf(known, o)
}

// protoFormatOf makes the format of rootFile among the files.
func protoFormatOf(known *protoregistry.Files, o Options) (*protoFormat, error) {
	p := &protoFormat{types: dynamicpb.NewTypes(known), only: o.Message != "", plain: protoTypes{}}
	var err error
	if p.file, err = known.FindFileByPath(rootFile); err != nil {
		return nil, err
	}
	if p.message, err = p.choose(o.Message); err != nil {
		return nil, err
	}
	p.path = indexPath(p.message)
	p.plain.add(p.file.Messages())
	p.decoders.New = func() any { return &protoDecoder{} }
	p.encoders.New = func() any { return &protoEncoder{} }
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
	d := p.decoders.Get().(*protoDecoder)
	defer p.decoders.Put(d)
	if out, ok := d.decode(p.plain[desc.FullName()], payload); ok {
		return out, nil
	}
	if d.swollen {
		return nil, swollen(payload)
	}
	return p.decodeByLibrary(desc, payload, own)
}

func swollen(payload []byte) *record.Failure {
	return violation("", "size", "its %d bytes would be more than %d bytes of JSON, because the fields that they do not set are written out", len(payload), maxSwollen(payload))
}

func (p *protoFormat) encode(b, json []byte, framed bool) ([]byte, *record.Failure) {
	if framed {
		b = append(b, p.path...)
	}
	e := p.encoders.Get().(*protoEncoder)
	defer p.encoders.Put(e)
	if out, ok := e.encode(p.plain[p.message.FullName()], b, json); ok {
		return out, nil
	}
	return p.encodeByLibrary(b, json)
}
