package schemas

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
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
	protoc := codecs(t).Protoc
	c := fake(t)
	names := map[string]string{"everything": "inflect.test.Everything", "legacy": "Legacy"}
	for _, s := range own(t, ".proto", "PROTOBUF") {
		t.Run(s.Subject, func(t *testing.T) {
			c.register(t, s.Subject, "PROTOBUF", s.Text)
			valid, edges, _ := generate(t, s, compared, true)
			events := slices.Concat(valid, edges)
			payloads := texts(process(t, c.config("framing: bare, direction: encode, subject: "+s.Subject), events...))
			ours := process(t, c.config("framing: bare, direction: decode, subject: "+s.Subject), payloads...)

			// protoc takes one message a call, so all events travel as one: a message of messages.
			set := descriptors(t, s.Text+"\nmessage InflectList { repeated "+names[s.Subject]+" events = 1; }\n")
			wrapper := "InflectList"
			if i := strings.LastIndex(names[s.Subject], "."); i > 0 {
				wrapper = names[s.Subject][:i+1] + wrapper
			}
			text := run(t, wrap(payloads), protoc, "--descriptor_set_in="+set, "--decode="+wrapper, "s.proto")
			back := unwrap(t, run(t, text, protoc, "--descriptor_set_in="+set, "--encode="+wrapper, "s.proto"))
			if len(back) != len(payloads) {
				t.Fatalf("protoc read %d of %d events", len(back), len(payloads))
			}
			theirs := process(t, c.config("framing: bare, direction: decode, subject: "+s.Subject), back...)
			for i := range ours {
				if ours[i].code != "" || theirs[i].code != "" || !equalJSON(t, ours[i].value, theirs[i].value) {
					t.Fatalf("event %d:\nours   %s\ntheirs %s", i, ours[i].value, theirs[i].value)
				}
			}
			t.Logf("%d events in both directions", len(payloads))
		})
	}
}

// descriptors writes a schema and what it imports as protoc wants to have them, and returns the file.
func descriptors(t *testing.T, text string) string {
	t.Helper()
	sources := protocompile.SourceAccessorFromMap(map[string]string{"s.proto": text})
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{Accessor: sources})}
	files, err := compiler.Compile(t.Context(), "s.proto")
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
