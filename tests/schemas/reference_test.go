package schemas

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/setup/cache"
)

// compared is how many generated events of each schema go through the reference implementations.
const compared = 500

// run calls a reference implementation.
func run(t *testing.T, input []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(input)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("running %s %v: %v\n%s", filepath.Base(name), args, err, problems.String())
	}
	return out
}

func codecs(t *testing.T) cache.CodecBinaries {
	t.Helper()
	c, err := cache.Codecs()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Avro's own implementation, in Java, reads what we write and writes what we read. It speaks Avro's JSON encoding.
func TestAvroAgreesWithJava(t *testing.T) {
	tools := codecs(t).AvroTools
	c := fake(t)
	for _, s := range own(t, ".avsc", "AVRO") {
		t.Run(s.Subject, func(t *testing.T) {
			c.register(t, s.Subject, "AVRO", s.Text)
			valid, edges, _ := generate(t, s, compared, true)
			config := func(direction, json string) string {
				return c.config("framing: bare, direction: " + direction + ", avro_json: " + json + ", subject: " + s.Subject)
			}
			natural := process(t, config("encode", "natural"), slices.Concat(valid, edges)...)
			payloads := texts(natural)
			schema := filepath.Join(t.TempDir(), "s.avsc")
			if err := os.WriteFile(schema, []byte(s.Text), 0o600); err != nil {
				t.Fatal(err)
			}

			theirs := jsonLines(t, run(t, []byte(strings.Join(payloads, "")), "java", "-jar", tools, "fragtojson", "--schema-file", schema, "-"))
			if len(theirs) != len(payloads) {
				t.Fatalf("Java read %d of %d events", len(theirs), len(payloads))
			}
			ours := process(t, config("decode", "standard"), payloads...)
			for i := range ours {
				if ours[i].code != "" || !equalJSON(t, ours[i].value, theirs[i]) {
					t.Fatalf("event %d: %s\nours   %s\ntheirs %s", i, ours[i].message, ours[i].value, theirs[i])
				}
			}

			back := run(t, []byte(strings.Join(texts(ours), "\n")), "java", "-jar", tools, "jsontofrag", "--schema-file", schema, "-")
			if !bytes.Equal(back, []byte(strings.Join(payloads, ""))) {
				// Maps and arrays may be cut into blocks in other ways: what counts is what we read.
				again := jsonLines(t, run(t, back, "java", "-jar", tools, "fragtojson", "--schema-file", schema, "-"))
				for i := range theirs {
					if !equalJSON(t, again[i], theirs[i]) {
						t.Fatalf("event %d: %s\n%s", i, again[i], theirs[i])
					}
				}
			}
			t.Logf("%d events in both directions", len(payloads))
		})
	}
}

// The public schemas go through Java as branches of one union: it starts once for all of them.
func TestAvroAgreesWithJavaOnPublicSchemas(t *testing.T) {
	tools := codecs(t).AvroTools
	c := fake(t)
	schemas := publicAvro(t)
	union, included := schemas.union(t)
	schema := filepath.Join(t.TempDir(), "union.avsc")
	if err := os.WriteFile(schema, union, 0o600); err != nil {
		t.Fatal(err)
	}
	var payloads []byte
	var ours, files []string
	_, oneIn := events(t)
	for branch, b := range included {
		schemas.register(t, c, b.file)
		valid, edges, _ := generate(t, schemas.registered(b.file), 10, branch%oneIn == 0)
		config := func(direction, json string) string {
			return c.config("framing: bare, direction: " + direction + ", avro_json: " + json + ", subject: " + b.file)
		}
		encoded := texts(process(t, config("encode", "natural"), slices.Concat(valid, edges)...))
		for i, r := range process(t, config("decode", "standard"), encoded...) {
			if r.code != "" {
				t.Fatalf("%s: %s: %s", b.file, r.message, encoded[i])
			}
			payloads = append(binary.AppendVarint(payloads, int64(branch)), encoded[i]...)
			ours = append(ours, fmt.Sprintf(`{%q:%s}`, b.name, r.value))
			files = append(files, b.file)
		}
	}
	theirs := jsonLines(t, run(t, payloads, "java", "-jar", tools, "fragtojson", "--schema-file", schema, "-"))
	back := run(t, []byte(strings.Join(ours, "\n")), "java", "-jar", tools, "jsontofrag", "--schema-file", schema, "-")
	again := jsonLines(t, run(t, back, "java", "-jar", tools, "fragtojson", "--schema-file", schema, "-"))
	if len(theirs) != len(ours) || len(again) != len(ours) {
		t.Fatalf("of %d events Java read %d, and wrote %d", len(ours), len(theirs), len(again))
	}
	for i := range ours {
		if !equalJSON(t, ours[i], theirs[i]) || !equalJSON(t, again[i], theirs[i]) {
			t.Fatalf("%s:\nours   %s\ntheirs %s\nagain  %s", files[i], ours[i], theirs[i], again[i])
		}
	}
	t.Logf("%d events of %d schemas in both directions", len(ours), len(included))
	if len(included) < 60 {
		t.Errorf("only %d schemas", len(included))
	}
}

// jsonLines splits concatenated JSON documents.
func jsonLines(t *testing.T, b []byte) []string {
	t.Helper()
	var out []string
	d := json.NewDecoder(bytes.NewReader(b))
	for d.More() {
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		out = append(out, string(v))
	}
	return out
}

func equalJSON(t *testing.T, a, b string) bool {
	t.Helper()
	return within(parse(t, a), parse(t, b)) && within(parse(t, b), parse(t, a))
}

// Protobuf's own implementation, in C++, reads what we write, and we read what it writes.
func TestProtobufAgreesWithProtoc(t *testing.T) {
	c := fake(t)
	for _, s := range own(t, ".proto", "PROTOBUF") {
		t.Run(s.Subject, func(t *testing.T) {
			c.register(t, s.Subject, "PROTOBUF", s.Text)
			t.Logf("%d events in both directions", compareWithProtoc(t, c, s, compared, true))
		})
	}
}

func TestProtobufAgreesWithProtocOnPublicSchemas(t *testing.T) {
	c := fake(t)
	schemas := publicProtobuf(t)
	_, oneIn := events(t)
	total := 0
	for i, name := range schemas.events() {
		schemas.register(t, c, name)
		total += compareWithProtoc(t, c, schemas.registered(name), 10, i%(4*oneIn) == 0)
	}
	t.Logf("%d events of %d schemas in both directions", total, len(schemas.events()))
}

// compareWithProtoc sends events of a registered schema, and edge cases if they are wanted, through protoc and returns how many
// those were.
func compareWithProtoc(t *testing.T, c *catalog, s pipeline.RegisteredSchema, count int, mutants bool) int {
	t.Helper()
	protoc := codecs(t).Protoc
	valid, edges, _ := generate(t, s, count, mutants)
	payloads := texts(process(t, c.config("framing: bare, direction: encode, subject: "+s.Subject), slices.Concat(valid, edges)...))
	ours := process(t, c.config("framing: bare, direction: decode, subject: "+s.Subject), payloads...)

	// protoc takes one message a call, so all events travel as one: a message of messages.
	set := descriptors(t, s)
	text := run(t, wrap(payloads), protoc, "--descriptor_set_in="+set, "--decode=InflectList", listFile)
	back := unwrap(t, run(t, text, protoc, "--descriptor_set_in="+set, "--encode=InflectList", listFile))
	if len(back) != len(payloads) {
		t.Fatalf("%s: protoc read %d of %d events", s.Subject, len(back), len(payloads))
	}
	theirs := process(t, c.config("framing: bare, direction: decode, subject: "+s.Subject), back...)
	for i := range ours {
		if ours[i].code != "" || theirs[i].code != "" || !equalJSON(t, ours[i].value, theirs[i].value) {
			t.Fatalf("%s: event %d: %s%s\nours   %s\ntheirs %s", s.Subject, i, ours[i].message, theirs[i].message, ours[i].value, theirs[i].value)
		}
	}
	return len(payloads)
}

// listFile declares InflectList, a list of a schema's events.
const listFile = "inflect/list.proto"

// descriptors writes a schema, what it imports and the list of its events as protoc wants to have them, and returns the file.
func descriptors(t *testing.T, s pipeline.RegisteredSchema) string {
	t.Helper()
	const root = "inflect/schema.proto"
	texts := maps.Clone(s.Imports)
	if texts == nil {
		texts = map[string]string{}
	}
	texts[root] = s.Text
	sources := protocompile.SourceAccessorFromMap(texts)
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{Accessor: sources})}
	files, err := compiler.Compile(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
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
	add(files[0])
	set.File = append(set.File, &descriptorpb.FileDescriptorProto{
		Name: proto.String(listFile), Dependency: []string{root}, Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("InflectList"), Field: []*descriptorpb.FieldDescriptorProto{{
			Name: proto.String("events"), Number: proto.Int32(1), Label: descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum(),
			Type: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), TypeName: proto.String("." + string(files[0].Messages().Get(0).FullName())),
		}}}},
	})
	b, err := proto.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "set.pb")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// wrap makes each payload an element of field 1.
func wrap(payloads []string) []byte {
	var b []byte
	for _, p := range payloads {
		b = append(b, 0x0a)
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	return b
}

func unwrap(t *testing.T, b []byte) []string {
	t.Helper()
	var out []string
	for len(b) > 0 {
		size, n := binary.Uvarint(b[1:])
		if b[0] != 0x0a || n <= 0 || int(size) > len(b)-1-n {
			t.Fatal("protoc wrote something else than a list")
		}
		out = append(out, string(b[1+n:1+n+int(size)]))
		b = b[1+n+int(size):]
	}
	return out
}
