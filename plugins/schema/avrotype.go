package schema

import (
	"fmt"
	"math"

	"github.com/twmb/avro"

	"github.com/inflect-dev/inflect/plugins/record"
)

type avroKind uint8

const (
	avroNull avroKind = iota
	avroBoolean
	avroInt
	avroLong
	avroFloat
	avroDouble
	avroString
	avroBytes
	avroFixed
	avroEnum
	avroArray
	avroMap
	avroRecord
	avroUnion
)

var avroKinds = map[string]avroKind{"null": avroNull, "boolean": avroBoolean, "int": avroInt, "long": avroLong, "float": avroFloat,
	"double": avroDouble, "string": avroString, "bytes": avroBytes, "fixed": avroFixed, "enum": avroEnum, "array": avroArray,
	"map": avroMap, "record": avroRecord, "error": avroRecord, "union": avroUnion}

// avroType is one type of a schema with all names resolved, so that types of recursive schemas form cycles.
type avroType struct {
	kind avroKind
	// name is what a branch of a union is called: the type, or a named type's full name.
	name string
	// decimal and uuid are logical types that do not look in JSON as what carries them.
	decimal, uuid    bool
	precision, scale int

	fields   []avroField
	position map[string]int
	item     *avroType
	branches []*avroType
	// looks is what its values can be in JSON.
	looks looks
	// bare unions show their value alone: no two branches look alike in JSON.
	bare    bool
	symbols []string
	ordinal map[string]int
	size    int
}

type avroField struct {
	name string
	// label is the name as it is written in an object, with quotes and colon.
	label string
	typ   *avroType
	// missing is the field's default in binary; nil means that there is none.
	missing []byte
}

// avroBuilder turns the library's description of schemas into types.
type avroBuilder struct {
	standard    bool
	definitions map[string]*avro.SchemaNode
	types       map[string]*avroType
}

func fullName(n *avro.SchemaNode) string {
	if n.Namespace == "" {
		return n.Name
	}
	return n.Namespace + "." + n.Name
}

// collect notes every named type that is defined in the tree.
func (b *avroBuilder) collect(n *avro.SchemaNode) {
	if n == nil {
		return
	}
	if n.Name != "" {
		b.definitions[fullName(n)] = n
	}
	for i := range n.Fields {
		b.collect(&n.Fields[i].Type)
	}
	for i := range n.Branches {
		b.collect(&n.Branches[i])
	}
	b.collect(n.Items)
	b.collect(n.Values)
}

func (b *avroBuilder) build(n *avro.SchemaNode, namespace string) (*avroType, error) {
	kind, ok := avroKinds[n.Type]
	if !ok {
		return b.named(n.Type, namespace)
	}
	t := &avroType{kind: kind, name: n.Type, size: n.Size, precision: n.Precision, scale: n.Scale}
	if n.Name != "" {
		t.name, namespace = fullName(n), n.Namespace
		if have := b.types[t.name]; have != nil {
			return have, nil
		}
		b.types[t.name] = t
	}
	if !b.standard {
		t.decimal = n.LogicalType == "decimal" && (kind == avroBytes || kind == avroFixed)
		t.uuid = n.LogicalType == "uuid" && kind == avroFixed && n.Size == 16
	}
	t.looks = t.look()
	var err error
	switch kind {
	case avroEnum:
		t.symbols, t.ordinal = n.Symbols, map[string]int{}
		for i, s := range n.Symbols {
			t.ordinal[s] = i
		}
	case avroArray:
		t.item, err = b.build(n.Items, namespace)
	case avroMap:
		t.item, err = b.build(n.Values, namespace)
	case avroUnion:
		for i := range n.Branches {
			branch, err := b.build(&n.Branches[i], namespace)
			if err != nil {
				return nil, err
			}
			t.branches = append(t.branches, branch)
		}
		t.bare = !b.standard && distinct(t.branches)
	case avroRecord:
		err = b.fields(t, n, namespace)
	}
	return t, err
}

func (b *avroBuilder) named(name, namespace string) (*avroType, error) {
	for _, full := range []string{namespace + "." + name, name} {
		if t := b.types[full]; t != nil {
			return t, nil
		}
		if n := b.definitions[full]; n != nil {
			return b.build(n, n.Namespace)
		}
	}
	return nil, fmt.Errorf("type %s is not defined", name)
}

func (b *avroBuilder) fields(t *avroType, n *avro.SchemaNode, namespace string) error {
	t.position = map[string]int{}
	t.fields = make([]avroField, len(n.Fields))
	for i := range n.Fields {
		f := &n.Fields[i]
		typ, err := b.build(&f.Type, namespace)
		if err != nil {
			return err
		}
		t.position[f.Name] = i
		t.fields[i] = avroField{name: f.Name, label: string(record.AppendString(nil, f.Name)) + ":", typ: typ}
		if !f.HasDefault {
			continue
		}
		s, err := f.Type.Schema()
		if err != nil {
			return fmt.Errorf("reading field %s: %w", f.Name, err)
		}
		if t.fields[i].missing, err = s.AppendEncode([]byte{}, f.Default); err != nil {
			return fmt.Errorf("encoding the default of field %s: %w", f.Name, err)
		}
	}
	return nil
}

// distinct reports whether a value's look in JSON says which branch it is of.
func distinct(branches []*avroType) bool {
	seen := looks(0)
	for _, t := range branches {
		if seen&t.looks != 0 {
			return false
		}
		seen |= t.looks
	}
	return true
}

// looks is a set of kinds of JSON values.
type looks uint32

func looksOf(kinds ...kindOf) looks {
	var l looks
	for _, k := range kinds {
		l |= 1 << (k - 'a')
	}
	return l
}

func (l looks) has(k kindOf) bool { return l&looksOf(k) != 0 }

// look is what values of the type can be in JSON. A float may be text, since JSON has no NaN and no infinity.
func (t *avroType) look() looks {
	switch t.kind {
	case avroNull:
		return looksOf(nullKind)
	case avroBoolean:
		return looksOf(boolKind)
	case avroInt, avroLong:
		return looksOf(numberKind)
	case avroFloat, avroDouble:
		return looksOf(numberKind, stringKind)
	case avroArray:
		return looksOf(arrayKind)
	case avroMap, avroRecord:
		return looksOf(objectKind)
	}
	if t.decimal {
		return looksOf(numberKind)
	}
	return looksOf(stringKind)
}

// maxBytes is how many bytes a decimal of the type's precision can need.
func (t *avroType) maxBytes() int {
	return int(math.Ceil((float64(t.precision)*math.Log2(10)+1)/8)) + 1
}
