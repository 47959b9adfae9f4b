package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/inflect-dev/inflect/plugins/record"
)

// protoForm is what a message looks like in JSON.
type protoForm uint8

const (
	// formFields is an object of the message's fields, all others are of well-known types.
	formFields protoForm = iota
	formTimestamp
	formDuration
	formWrapper
	formStruct
	formList
	formValue
	// formLibrary is left to the library: Any, FieldMask, message sets, and well-known names on other messages.
	formLibrary
)

// protoType is what converting a message takes, looked up once. Types of recursive messages form cycles.
type protoType struct {
	form protoForm
	// fields are in the order in which they are declared and stand in JSON; wire is their order in binary.
	fields []protoField
	wire   []int
	// dense finds a field by a small number, one more than its index; sparse finds those of larger ones.
	dense  []int32
	sparse map[protowire.Number]int32
	// names finds a field by its JSON name and by its original one.
	names      map[string]int
	extensions protoreflect.FieldRanges
	// defaults is how long the fields are that are written out though they are not set.
	defaults int
}

type protoField struct {
	kind protoreflect.Kind
	// name is the field's name in JSON, label the name as it is written behind a comma, and zero its value where the payload
	// has none.
	name, label, zero string
	// wire is the type of one value. A list of scalars may also come packed.
	wire protowire.Type
	// tag begins each value; the whole list, when packed; end closes a group.
	tag, end string

	list, packed, required bool
	// presence says that a zero that is set differs from no value.
	presence bool
	// nullable fields have a value that is null in JSON.
	nullable bool
	// oneof is one more than the index of the oneof to which the field belongs.
	oneof int

	message    *protoType
	enum       *protoEnum
	key, value *protoField
}

// single reports whether the field has one value at most.
func (f *protoField) single() bool { return !f.list && f.key == nil }

// scalar reports whether values of the field can be packed.
func (f *protoField) scalar() bool {
	return f.wire != protowire.BytesType && f.kind != protoreflect.GroupKind
}

type protoEnum struct {
	// texts are the values in JSON, by number.
	texts   map[int32]string
	numbers map[string]int32
	// null is the enum whose only value is null in JSON.
	null bool
}

// maxOneofs is how many oneofs a message may have to be converted here.
const maxOneofs = 64

// denseNumbers bounds the field numbers that are looked up by place.
const denseNumbers = 256

// field finds a field and its index by its number; nil when there is none.
func (t *protoType) field(number protowire.Number) (int, *protoField) {
	i := int32(0)
	if int(number) < len(t.dense) {
		i = t.dense[number]
	} else if t.sparse != nil {
		i = t.sparse[number]
	}
	if i == 0 {
		return 0, nil
	}
	return int(i - 1), &t.fields[i-1]
}

// protoTypes builds the types of messages and of all that they contain.
type protoTypes map[protoreflect.FullName]*protoType

// add builds the types of the messages of a file and of those inside of them.
func (ts protoTypes) add(ms protoreflect.MessageDescriptors) {
	for i := range ms.Len() {
		ts.of(ms.Get(i))
		ts.add(ms.Get(i).Messages())
	}
}

func (ts protoTypes) of(m protoreflect.MessageDescriptor) *protoType {
	if t := ts[m.FullName()]; t != nil {
		return t
	}
	t := &protoType{names: map[string]int{}, form: formOf(m)}
	ts[m.FullName()] = t
	if t.form == formLibrary {
		return t
	}
	if r := m.ExtensionRanges(); r.Len() > 0 {
		t.extensions = r
	}
	fields := m.Fields()
	t.fields = make([]protoField, fields.Len())
	for i := range t.fields {
		fd := fields.Get(i)
		t.fields[i] = ts.field(fd)
		t.wire = append(t.wire, i)
		if f := &t.fields[i]; !f.presence {
			t.defaults += len(f.label) + len(f.zero)
		}
		t.number(fd.Number(), i)
		for _, name := range []string{fd.JSONName(), strings.ToLower(fd.JSONName()), fd.TextName(), strings.ToLower(fd.TextName())} {
			if found := fieldNamed(fields, name); found != nil {
				t.names[name] = found.Index()
			}
		}
		if fieldNamed(fields, fd.JSONName()) != fd || strings.HasPrefix(fd.JSONName(), "[") {
			t.form = formLibrary
		}
	}
	// Members of oneofs come last, as in the library's deterministic order.
	slices.SortFunc(t.wire, func(a, b int) int {
		return cmp.Or(cmp.Compare(t.fields[a].oneof, t.fields[b].oneof), cmp.Compare(fields.Get(a).Number(), fields.Get(b).Number()))
	})
	return t
}

// number notes where the field of that number stands.
func (t *protoType) number(number protowire.Number, i int) {
	if number >= denseNumbers {
		if t.sparse == nil {
			t.sparse = map[protowire.Number]int32{}
		}
		t.sparse[number] = int32(i + 1)
		return
	}
	if n := int(number) + 1 - len(t.dense); n > 0 {
		t.dense = append(t.dense, make([]int32, n)...)
	}
	t.dense[number] = int32(i + 1)
}

// fieldNamed is the field that a name in JSON stands for.
func fieldNamed(fields protoreflect.FieldDescriptors, name string) protoreflect.FieldDescriptor {
	if fd := fields.ByJSONName(name); fd != nil {
		return fd
	}
	return fields.ByTextName(name)
}

func (ts protoTypes) field(fd protoreflect.FieldDescriptor) protoField {
	f := protoField{kind: fd.Kind(), name: fd.JSONName(), label: "," + string(record.AppendString(nil, fd.JSONName())) + ":",
		wire: wireType(fd.Kind()), list: fd.IsList(), packed: fd.IsPacked(), presence: fd.HasPresence(), required: fd.Cardinality() == protoreflect.Required}
	f.tag = string(protowire.AppendTag(nil, fd.Number(), f.wire))
	if f.packed {
		f.tag = string(protowire.AppendTag(nil, fd.Number(), protowire.BytesType))
	}
	if f.kind == protoreflect.GroupKind {
		f.end = string(protowire.AppendTag(nil, fd.Number(), protowire.EndGroupType))
	}
	if o := fd.ContainingOneof(); o != nil && !o.IsSynthetic() {
		f.oneof = o.Index() + 1
	}
	if e := fd.Enum(); e != nil {
		f.enum = enumOf(e)
		f.nullable = f.enum.null
	}
	switch {
	case fd.IsMap():
		key, value := ts.field(fd.MapKey()), ts.field(fd.MapValue())
		f.key, f.value = &key, &value
	case fd.Message() != nil:
		f.message = ts.of(fd.Message())
		f.nullable = fd.Message().FullName() == "google.protobuf.Value"
	}
	f.zero = f.zeroText(fd)
	return f
}

func wireType(k protoreflect.Kind) protowire.Type {
	switch k {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.GroupKind:
		return protowire.StartGroupType
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	}
	return protowire.VarintType
}

// zeroText is the JSON of the value that the field has when nothing is set, empty for messages.
func (f *protoField) zeroText(fd protoreflect.FieldDescriptor) string {
	switch {
	case fd.IsMap():
		return "{}"
	case f.list:
		return "[]"
	case f.message != nil:
		return ""
	case f.enum != nil:
		return string(f.enum.append(nil, int32(fd.Default().Enum())))
	}
	switch f.kind {
	case protoreflect.BoolKind:
		return "false"
	case protoreflect.StringKind, protoreflect.BytesKind:
		return `""`
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return `"0"`
	}
	return "0"
}

func enumOf(e protoreflect.EnumDescriptor) *protoEnum {
	out := &protoEnum{texts: map[int32]string{}, numbers: map[string]int32{}, null: e.FullName() == "google.protobuf.NullValue"}
	values := e.Values()
	for i := range values.Len() {
		v := values.Get(i)
		out.numbers[string(v.Name())] = int32(v.Number())
		out.texts[int32(v.Number())] = string(record.AppendString(nil, string(values.ByNumber(v.Number()).Name())))
	}
	return out
}

func (e *protoEnum) append(b []byte, number int32) []byte {
	if e.null {
		return append(b, "null"...)
	}
	if text, ok := e.texts[number]; ok {
		return append(b, text...)
	}
	return strconv.AppendInt(b, int64(number), 10)
}

// wellKnown is the forms of the messages that have one of their own, with the fields by which they have to be recognised:
// a schema may come with its own idea of what google.protobuf.Timestamp is.
var wellKnown = map[protoreflect.FullName]struct {
	form  protoForm
	shape string
}{
	"google.protobuf.Timestamp":   {formTimestamp, "1 int64, 2 int32"},
	"google.protobuf.Duration":    {formDuration, "1 int64, 2 int32"},
	"google.protobuf.BoolValue":   {formWrapper, "1 bool"},
	"google.protobuf.Int32Value":  {formWrapper, "1 int32"},
	"google.protobuf.Int64Value":  {formWrapper, "1 int64"},
	"google.protobuf.UInt32Value": {formWrapper, "1 uint32"},
	"google.protobuf.UInt64Value": {formWrapper, "1 uint64"},
	"google.protobuf.FloatValue":  {formWrapper, "1 float"},
	"google.protobuf.DoubleValue": {formWrapper, "1 double"},
	"google.protobuf.StringValue": {formWrapper, "1 string"},
	"google.protobuf.BytesValue":  {formWrapper, "1 bytes"},
	"google.protobuf.Struct":      {formStruct, "1 map of google.protobuf.Value by string"},
	"google.protobuf.ListValue":   {formList, "1 list of google.protobuf.Value"},
	"google.protobuf.Value": {formValue, "1 kind google.protobuf.NullValue, 2 kind double, 3 kind string, 4 kind bool, " +
		"5 kind google.protobuf.Struct, 6 kind google.protobuf.ListValue"},
	"google.protobuf.Any":       {formLibrary, ""},
	"google.protobuf.FieldMask": {formLibrary, ""},
}

func formOf(m protoreflect.MessageDescriptor) protoForm {
	if o, ok := m.Options().(*descriptorpb.MessageOptions); ok && o.GetMessageSetWireFormat() || m.Oneofs().Len() >= maxOneofs {
		return formLibrary
	}
	known, ok := wellKnown[m.FullName()]
	switch {
	case !ok:
		return formFields
	case shapeOf(m) != known.shape:
		return formLibrary
	}
	return known.form
}

// shapeOf describes the fields of a message.
func shapeOf(m protoreflect.MessageDescriptor) string {
	typeOf := func(fd protoreflect.FieldDescriptor) string {
		switch {
		case fd.Message() != nil:
			return string(fd.Message().FullName())
		case fd.Enum() != nil:
			return string(fd.Enum().FullName())
		}
		return fd.Kind().String()
	}
	var out []string
	for i := range m.Fields().Len() {
		fd := m.Fields().Get(i)
		text := typeOf(fd)
		switch {
		case fd.IsMap():
			text = "map of " + typeOf(fd.MapValue()) + " by " + typeOf(fd.MapKey())
		case fd.IsList():
			text = "list of " + text
		case fd.ContainingOneof() != nil:
			text = string(fd.ContainingOneof().Name()) + " " + text
		case fd.HasPresence():
			text += " or none"
		}
		out = append(out, fmt.Sprintf("%d %s", fd.Number(), text))
	}
	return strings.Join(out, ", ")
}
