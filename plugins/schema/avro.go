package schema

import (
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/avro"

	"github.com/inflect-dev/inflect/plugins/record"
)

// avroFormat converts between Avro's binary encoding and JSON, from bytes to bytes.
//
// The JSON is natural: a union's value stands alone where its look says which branch it is of, a decimal is a number, a
// UUID text. In standard JSON, Avro's own JSON encoding, unions are tagged and decimals are the bytes that carry them.
// docs/guides/schemas.md has the whole mapping.
type avroFormat struct {
	schema *avro.Schema
	root   *avroType

	// readers are schemas that read what another version wrote, by the writer's id.
	readers sync.Map
	// documents are indexes of JSON texts that are used again.
	documents sync.Pool
}

func newAvro(d *Definition, o Options) (*avroFormat, error) {
	var cache avro.SchemaCache
	b := &avroBuilder{standard: o.StandardJSON, definitions: map[string]*avro.SchemaNode{}, types: map[string]*avroType{}}
	for _, r := range d.References {
		s, err := cache.Parse(r.Text)
		if err != nil {
			return nil, fmt.Errorf("parsing its reference %s: %w", r.Name, err)
		}
		b.collect(s.Root())
	}
	s, err := cache.Parse(d.Text)
	if err != nil {
		return nil, err
	}
	root := s.Root()
	b.collect(root)
	a := &avroFormat{schema: s}
	a.documents.New = func() any { return &document{} }
	a.root, err = b.build(root, root.Namespace)
	return a, err
}

func (a *avroFormat) decode(payload []byte, writer *compiled) ([]byte, *record.Failure) {
	if writer != nil && writer.format != format(a) {
		var f *record.Failure
		if payload, f = a.translate(payload, writer); f != nil {
			return nil, f
		}
	}
	d := &avroDecoder{in: payload, out: make([]byte, 0, 2*len(payload)+64), values: 100_000 + 8*len(payload)}
	d.value(a.root, 0)
	if d.trouble == nil && d.at < len(d.in) {
		d.fail("length", "%d bytes follow the end of the record", len(d.in)-d.at)
	}
	if d.trouble != nil {
		return nil, d.trouble.failure(CodeNotAvro)
	}
	return d.out, nil
}

// translate turns a payload that another version of the subject wrote into one of this version.
func (a *avroFormat) translate(payload []byte, writer *compiled) ([]byte, *record.Failure) {
	w, ok := writer.format.(*avroFormat)
	if !ok {
		return nil, fail(CodeIncompatible, "was written with %s, which is not Avro", writer)
	}
	v, ok := a.readers.Load(writer.ID)
	if !ok {
		s, err := avro.Resolve(w.schema, a.schema)
		if err != nil {
			v = err
		} else {
			v = s
		}
		a.readers.Store(writer.ID, v)
	}
	reader, ok := v.(*avro.Schema)
	if !ok {
		var c *avro.CompatibilityError
		f := fail(CodeIncompatible, "was written with %s, from which this version cannot read: %v", writer, v)
		if errors.As(v.(error), &c) {
			f.Rule = c.ReaderType
		}
		return nil, f
	}
	var value any
	rest, err := reader.Decode(payload, &value, avro.TaggedUnions())
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes follow the end of the record", len(rest))
	}
	if err == nil {
		payload, err = a.schema.AppendEncode(nil, value)
	}
	if err != nil {
		return nil, fail(CodeNotAvro, "cannot be read as what %s wrote: %v", writer, err)
	}
	return payload, nil
}

func (a *avroFormat) encode(b, json []byte, _ bool) ([]byte, *record.Failure) {
	d := a.documents.Get().(*document)
	defer a.documents.Put(d)
	if bad := d.index(json); bad >= 0 {
		if _, f := parseJSON(json); f != nil {
			return nil, f
		}
		return nil, fail(record.CodeNotJSON, "is not JSON that Avro can hold: it nests deeper than %d, at byte %d", maxDepth, bad)
	}
	e := &avroEncoder{document: d, out: b}
	e.value(a.root, 0)
	if e.trouble != nil {
		return nil, e.trouble.failure(CodeViolation)
	}
	return e.out, nil
}
