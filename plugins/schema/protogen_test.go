package schema

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// protoGen makes schemas, and messages of them, out of a source of chance.
type protoGen struct{ *rand.Rand }

func chance(seed uint64) protoGen { return protoGen{rand.New(rand.NewPCG(seed, 1))} }

func pick[T any](g protoGen, from ...T) T { return from[g.IntN(len(from))] }

// one reports true once in n times.
func (g protoGen) one(n int) bool { return g.IntN(n) == 0 }

var wellKnownNames = []string{".google.protobuf.Timestamp", ".google.protobuf.Duration", ".google.protobuf.BoolValue", ".google.protobuf.Int32Value",
	".google.protobuf.Int64Value", ".google.protobuf.UInt32Value", ".google.protobuf.UInt64Value", ".google.protobuf.FloatValue",
	".google.protobuf.DoubleValue", ".google.protobuf.StringValue", ".google.protobuf.BytesValue", ".google.protobuf.Struct",
	".google.protobuf.ListValue", ".google.protobuf.Value", ".google.protobuf.Empty", ".google.protobuf.FieldMask"}

const (
	protoMessages = 3
	protoEnums    = 2
)

// schema is a file of three messages and two enums with fields of every kind.
func (g protoGen) schema(t testing.TB) *protoFormat {
	t.Helper()
	file := &descriptorpb.FileDescriptorProto{Name: proto.String(rootFile), Package: proto.String("r"), Syntax: proto.String(pick(g, "proto2", "proto3", "editions"))}
	if file.GetSyntax() == "editions" {
		file.Edition = descriptorpb.Edition_EDITION_2023.Enum()
	}
	known := &protoregistry.Files{}
	for _, f := range []protoreflect.FileDescriptor{anypb.File_google_protobuf_any_proto, durationpb.File_google_protobuf_duration_proto, emptypb.File_google_protobuf_empty_proto,
		fieldmaskpb.File_google_protobuf_field_mask_proto, structpb.File_google_protobuf_struct_proto, timestamppb.File_google_protobuf_timestamp_proto,
		wrapperspb.File_google_protobuf_wrappers_proto} {
		if err := known.RegisterFile(f); err != nil {
			t.Fatal(err)
		}
		file.Dependency = append(file.Dependency, f.Path())
	}
	for i := range protoEnums {
		e := &descriptorpb.EnumDescriptorProto{Name: proto.String(fmt.Sprintf("E%d", i)), Options: &descriptorpb.EnumOptions{AllowAlias: proto.Bool(true)}}
		for j, n := range []int32{0, 1, 1, -3, math.MaxInt32} {
			e.Value = append(e.Value, &descriptorpb.EnumValueDescriptorProto{Name: proto.String(fmt.Sprintf("E%d_%d", i, j)), Number: proto.Int32(n)})
		}
		file.EnumType = append(file.EnumType, e)
	}
	for i := range protoMessages {
		file.MessageType = append(file.MessageType, g.message(file.GetSyntax(), i))
	}
	fd, err := protodesc.NewFile(file, known)
	if err != nil {
		t.Fatalf("%v\n%v", err, file)
	}
	if err := known.RegisterFile(fd); err != nil {
		t.Fatal(err)
	}
	p, err := protoFormatOf(known, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (g protoGen) message(syntax string, index int) *descriptorpb.DescriptorProto {
	m := &descriptorpb.DescriptorProto{Name: proto.String(fmt.Sprintf("M%d", index))}
	if syntax != "proto3" && g.one(3) {
		m.ExtensionRange = []*descriptorpb.DescriptorProto_ExtensionRange{{Start: proto.Int32(5000), End: proto.Int32(6000)}}
	}
	oneofs := g.IntN(3)
	for i := range oneofs {
		m.OneofDecl = append(m.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: proto.String(fmt.Sprintf("o%d", i))})
	}
	numbers := g.Perm(30)
	used := map[int]bool{}
	for i := range 2 + g.IntN(8) {
		f := &descriptorpb.FieldDescriptorProto{Name: proto.String(fmt.Sprintf("field_n%d", i)), Number: proto.Int32(int32(numbers[i] + 1)),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Options: &descriptorpb.FieldOptions{}}
		if g.one(8) {
			f.Number = proto.Int32(*f.Number * 100)
		}
		f.JsonName = proto.String(pick(g, fmt.Sprintf("fieldN%d", i), fmt.Sprintf("fieldN%d", i), fmt.Sprintf("odd \"name\" %d é", i)))
		g.typed(f, syntax)
		if f.GetType() == descriptorpb.FieldDescriptorProto_TYPE_GROUP {
			g.group(m, f, i)
		}
		switch n := g.IntN(10); {
		case n < 3:
			f.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
			g.packing(f, syntax)
		case n < 4:
			g.mapped(m, f, i)
		case n < 7 && oneofs > 0:
			o := g.IntN(oneofs)
			f.OneofIndex, used[o] = proto.Int32(int32(o)), true
		case n < 8 && syntax == "proto2":
			f.Label = descriptorpb.FieldDescriptorProto_LABEL_REQUIRED.Enum()
		case syntax == "editions":
			f.Options.Features = g.features(f)
		}
		m.Field = append(m.Field, f)
	}
	for i := range oneofs {
		if !used[i] {
			m.Field = append(m.Field, &descriptorpb.FieldDescriptorProto{Name: proto.String(fmt.Sprintf("only%d", i)), Number: proto.Int32(int32(40 + i)), OneofIndex: proto.Int32(int32(i)),
				Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum()})
		}
	}
	// The members of a oneof stand together: those of the first one before all other fields, those of the second behind.
	slices.SortStableFunc(m.Field, func(a, b *descriptorpb.FieldDescriptorProto) int {
		place := func(f *descriptorpb.FieldDescriptorProto) int32 {
			if f.OneofIndex == nil {
				return 0
			}
			return 2*f.GetOneofIndex() - 1
		}
		return cmp.Compare(place(a), place(b))
	})
	if syntax == "proto3" {
		g.optional(m)
	}
	return m
}

// optional gives some fields the presence that proto3 has on demand, by a oneof of their own.
func (g protoGen) optional(m *descriptorpb.DescriptorProto) {
	for _, f := range m.Field {
		if f.OneofIndex == nil && f.GetLabel() == descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL && g.one(4) {
			f.Proto3Optional, f.OneofIndex = proto.Bool(true), proto.Int32(int32(len(m.OneofDecl)))
			m.OneofDecl = append(m.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: proto.String("_" + f.GetName())})
		}
	}
}

func (g protoGen) typed(f *descriptorpb.FieldDescriptorProto, syntax string) {
	f.Type = descriptorpb.FieldDescriptorProto_Type(1 + g.IntN(18)).Enum()
	switch f.GetType() {
	case descriptorpb.FieldDescriptorProto_TYPE_GROUP:
		f.Type = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
		fallthrough
	case descriptorpb.FieldDescriptorProto_TYPE_MESSAGE:
		f.TypeName = proto.String(pick(g, wellKnownNames...))
		if g.one(2) {
			f.TypeName = proto.String(fmt.Sprintf(".r.M%d", g.IntN(protoMessages)))
		}
		if syntax == "proto2" && g.one(3) {
			f.Type = descriptorpb.FieldDescriptorProto_TYPE_GROUP.Enum()
		}
	case descriptorpb.FieldDescriptorProto_TYPE_ENUM:
		f.TypeName = proto.String(pick(g, ".r.E0", ".r.E1", ".google.protobuf.NullValue"))
	}
}

// group declares the group that the field is. Its field is named after it.
func (g protoGen) group(m *descriptorpb.DescriptorProto, f *descriptorpb.FieldDescriptorProto, i int) {
	name := fmt.Sprintf("Group%d", i)
	optional := descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()
	m.NestedType = append(m.NestedType, &descriptorpb.DescriptorProto{Name: proto.String(name), Field: []*descriptorpb.FieldDescriptorProto{
		{Name: proto.String("a"), Number: proto.Int32(1), Label: optional, Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum()},
		{Name: proto.String("b"), Number: proto.Int32(20), Label: optional, Type: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(),
			TypeName: proto.String(fmt.Sprintf(".r.M%d", g.IntN(protoMessages)))}}})
	f.Name, f.JsonName, f.TypeName = proto.String(strings.ToLower(name)), nil, proto.String(".r."+m.GetName()+"."+name)
}

func (g protoGen) packing(f *descriptorpb.FieldDescriptorProto, syntax string) {
	switch f.GetType() {
	case descriptorpb.FieldDescriptorProto_TYPE_STRING, descriptorpb.FieldDescriptorProto_TYPE_BYTES, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, descriptorpb.FieldDescriptorProto_TYPE_GROUP:
		return
	}
	switch {
	case syntax != "editions":
		f.Options.Packed = proto.Bool(g.one(2))
	case g.one(2):
		f.Options.Features = &descriptorpb.FeatureSet{RepeatedFieldEncoding: descriptorpb.FeatureSet_EXPANDED.Enum()}
	}
}

// mapped makes the field a map with values of its type.
func (g protoGen) mapped(m *descriptorpb.DescriptorProto, f *descriptorpb.FieldDescriptorProto, i int) {
	if f.GetType() == descriptorpb.FieldDescriptorProto_TYPE_GROUP {
		return
	}
	keys := []descriptorpb.FieldDescriptorProto_Type{3, 4, 5, 6, 7, 8, 9, 13, 15, 16, 17, 18}
	optional := descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()
	name := fmt.Sprintf("FieldN%dEntry", i)
	m.NestedType = append(m.NestedType, &descriptorpb.DescriptorProto{Name: proto.String(name), Options: &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)},
		Field: []*descriptorpb.FieldDescriptorProto{
			{Name: proto.String("key"), Number: proto.Int32(1), Label: optional, Type: pick(g, keys...).Enum()},
			{Name: proto.String("value"), Number: proto.Int32(2), Label: optional, Type: f.Type, TypeName: f.TypeName}}})
	f.Label, f.Type = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum(), descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
	f.TypeName = proto.String(".r." + m.GetName() + "." + name)
}

func (g protoGen) features(f *descriptorpb.FieldDescriptorProto) *descriptorpb.FeatureSet {
	out := &descriptorpb.FeatureSet{}
	switch f.GetType() {
	case descriptorpb.FieldDescriptorProto_TYPE_MESSAGE:
		out.MessageEncoding = pick(g, descriptorpb.FeatureSet_DELIMITED, descriptorpb.FeatureSet_LENGTH_PREFIXED).Enum()
		return out
	case descriptorpb.FieldDescriptorProto_TYPE_STRING:
		out.Utf8Validation = pick(g, descriptorpb.FeatureSet_NONE, descriptorpb.FeatureSet_VERIFY).Enum()
	}
	out.FieldPresence = pick(g, descriptorpb.FeatureSet_EXPLICIT, descriptorpb.FeatureSet_IMPLICIT, descriptorpb.FeatureSet_LEGACY_REQUIRED).Enum()
	return out
}

// fill sets fields of a message to values that are within what JSON can hold.
func (g protoGen) fill(m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	switch name := m.Descriptor().FullName(); name {
	case "google.protobuf.Timestamp":
		m.Set(fields.Get(0), protoreflect.ValueOfInt64(pick(g, 0, -1, minTimestamp, maxTimestamp, g.Int64N(maxTimestamp))))
		m.Set(fields.Get(1), protoreflect.ValueOfInt32(pick(g, 0, 1, maxNanos, 5e8, 120_000, g.Int32N(maxNanos))))
		return
	case "google.protobuf.Duration":
		sign := pick(g, int64(1), -1)
		m.Set(fields.Get(0), protoreflect.ValueOfInt64(sign*pick(g, 0, 1, maxDuration, g.Int64N(maxDuration))))
		m.Set(fields.Get(1), protoreflect.ValueOfInt32(int32(sign)*pick(g, 0, 1, maxNanos, 5e8, g.Int32N(maxNanos))))
		return
	case "google.protobuf.FieldMask":
		m.Mutable(fields.Get(0)).List().Append(protoreflect.ValueOfString("a.b_c"))
		return
	case "google.protobuf.Value":
		i := pick(g, valueNull, valueNumber, valueString, valueBool, valueStruct, valueList)
		if depth <= 0 {
			i = valueNumber
		}
		if fd := fields.Get(i); i == valueNumber {
			m.Set(fd, protoreflect.ValueOfFloat64(g.NormFloat64()))
		} else {
			m.Set(fd, g.value(m.NewField(fd), fd, depth))
		}
		return
	}
	for i := range fields.Len() {
		fd := fields.Get(i)
		if fd.Cardinality() != protoreflect.Required && (g.one(3) || depth <= 0) || depth < -3 {
			continue
		}
		switch {
		case fd.IsMap():
			for range g.IntN(4) {
				v := m.Mutable(fd).Map().NewValue()
				m.Mutable(fd).Map().Set(g.value(fd.MapKey().Default(), fd.MapKey(), depth).MapKey(), g.value(v, fd.MapValue(), depth-1))
			}
		case fd.IsList():
			list := m.Mutable(fd).List()
			for range g.IntN(4) {
				list.Append(g.value(list.NewElement(), fd, depth-1))
			}
		default:
			m.Set(fd, g.value(m.NewField(fd), fd, depth-1))
		}
	}
}

// value is a value for the field; messages are filled in place.
func (g protoGen) value(v protoreflect.Value, fd protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	bits := pick(g, 0, 1, 127, 128, math.MaxUint64, math.MaxInt64, 1<<63, 1<<31, math.MaxInt32, math.MaxUint32, g.Uint64(), g.Uint64N(1000))
	float := pick(g, 0, 1, -1.5, 1e-6, 1e-7, 1e21, 1e20, 123456789.125, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), math.Float64frombits(bits))
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(bits&1 != 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(pick(g, 0, 1, -3, math.MaxInt32, protoreflect.EnumNumber(bits)))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(bits))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(bits))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(int64(bits))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(bits)
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(pick(g, float32(float), math.Float32frombits(uint32(bits)), 1e-6, 1e21))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float)
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(pick(g, "", "a", "é\u2028😀", "\"\\/\b\f\n\r\t\x00\x1f\x7f", "\uFFFD", strings.Repeat("long ", 40), fmt.Sprint(bits)))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(pick(g, nil, []byte{0}, []byte("\xff\xfe\xfb"), []byte(strings.Repeat("x", 200)), fmt.Append(nil, bits)))
	}
	g.fill(v.Message(), depth)
	return v
}

// random is a message of the schema, in binary and as JSON.
func (g protoGen) random(t testing.TB, p *protoFormat) (wire, json []byte) {
	t.Helper()
	m := dynamicpb.NewMessage(p.message)
	g.fill(m, 3)
	wire, err := proto.MarshalOptions{Deterministic: true, AllowPartial: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	json, f := p.decodeByLibrary(p.message, wire, true)
	if f != nil {
		json = []byte("{}")
	}
	return wire, json
}
