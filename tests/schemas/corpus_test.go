package schemas

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/setup/cache"
)

// corpus is schemas by the path of their file.
type corpus map[string]publicSchema

// publicSchema is a schema and the files that it refers to, by the names that it has for them.
type publicSchema struct {
	typ, text  string
	references map[string]string
}

// unusable is the files of which no registry could have a schema of events.
var unusable = []string{
	"heetch/benchschema.avsc", // is empty
	// Two schemas that refer to each other, so that neither can be registered first.
	"heetch/cmd/avrogo/internal/generated_tests/multiSchemaMutualRecursive/schema.avsc",
	"heetch/cmd/avrogo/internal/generated_tests/multiSchemaMutualRecursive/schema1.avsc",
}

func publicAvro(t testing.TB) corpus {
	t.Helper()
	root, err := cache.AvroSchemas()
	if err != nil {
		t.Fatal(err)
	}
	c := readCorpus(t, root, ".avsc", "AVRO")
	maps.DeleteFunc(c, func(name string, _ publicSchema) bool { return slices.Contains(unusable, name) })
	c.linkAvro(t)
	return c
}

func publicProtobuf(t testing.TB) corpus {
	t.Helper()
	root, err := cache.ProtobufSchemas()
	if err != nil {
		t.Fatal(err)
	}
	c := readCorpus(t, root, ".proto", "PROTOBUF")
	c.linkProtobuf()
	return c
}

// readCorpus reads the files of a folder.
func readCorpus(t testing.TB, root, ending, typ string) corpus {
	t.Helper()
	out := corpus{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ending {
			return err
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		out[name] = publicSchema{typ: typ, text: string(text), references: map[string]string{}}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var protoMessage = regexp.MustCompile(`(?m)^message\s`)

// events is the files that are schemas of events, sorted: those of Protobuf that declare no message, but services or types of
// options, are only imported. Large ones take the time of the whole test and show nothing that others do not.
func (c corpus) events() []string {
	var out []string
	for name, s := range c {
		if len(s.text) < 20_000 && (s.typ != "PROTOBUF" || protoMessage.MatchString(s.text)) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// registered is a schema as the generator takes it, with everything that it refers to.
func (c corpus) registered(name string) pipeline.RegisteredSchema {
	s := pipeline.RegisteredSchema{Subject: name, Version: 1, Type: c[name].typ, Text: c[name].text, Imports: map[string]string{}}
	c.addImports(s.Imports, name)
	return s
}

func (c corpus) addImports(imports map[string]string, name string) {
	for called, file := range c[name].references {
		if _, ok := imports[called]; !ok {
			imports[called] = c[file].text
			c.addImports(imports, file)
		}
	}
}

// register registers a schema under its file's name, after those that it refers to.
func (c corpus) register(t testing.TB, to *catalog, name string) {
	t.Helper()
	if to.known[name] {
		return
	}
	var references []sr.SchemaReference
	for _, called := range slices.Sorted(maps.Keys(c[name].references)) {
		file := c[name].references[called]
		c.register(t, to, file)
		references = append(references, sr.SchemaReference{Name: called, Subject: file, Version: 1})
	}
	var kind sr.SchemaType
	if err := kind.UnmarshalText([]byte(c[name].typ)); err != nil {
		t.Fatal(err)
	}
	schema := sr.Schema{Schema: c[name].text, Type: kind, References: references}
	if _, err := to.cl.RegisterSchema(t.Context(), name, schema, -1, -1); err != nil {
		t.Fatalf("registering %s: %v", name, err)
	}
	to.known[name] = true
}

var protoImport = regexp.MustCompile(`(?m)^import\s+(?:public\s+|weak\s+)?"([^"]+)"\s*;`)

// linkProtobuf finds what files import. Well-known types come with every compiler.
func (c corpus) linkProtobuf() {
	for _, s := range c {
		for _, found := range protoImport.FindAllStringSubmatch(s.text, -1) {
			if !strings.HasPrefix(found[1], "google/protobuf/") {
				s.references[found[1]] = found[1]
			}
		}
	}
}
