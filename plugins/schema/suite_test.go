package schema

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/plugins/record"
)

// suiteModule is a Go module that carries the official JSON-Schema-Test-Suite with its remote documents. Nothing is built
// with it.
const suiteModule = "github.com/kaptinlin/jsonschema@v0.9.0"

// suite is the suite's directory. The module is downloaded once.
func suite(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "mod", "download", "-json", suiteModule).Output()
	var module struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &module); jsonErr != nil || module.Dir == "" {
		t.Fatalf("downloading the module with the test suite: %v: %s", err, module.Error)
	}
	return filepath.Join(module.Dir, "testdata", "JSON-Schema-Test-Suite")
}

// drafts are the suite's directories with what $schema says in them.
var drafts = []struct{ dir, uri string }{
	{"draft4", "http://json-schema.org/draft-04/schema#"},
	{"draft6", "http://json-schema.org/draft-06/schema#"},
	{"draft7", "http://json-schema.org/draft-07/schema#"},
	{"draft2019-09", "https://json-schema.org/draft/2019-09/schema"},
	{"draft2020-12", "https://json-schema.org/draft/2020-12/schema"},
}

// optional are the suite's optional files that a pipeline relies on: numbers as they are written, and patterns that mean
// what ECMA-262 says. Up to draft 7, after which formats are notes, there are those of every format as well but for the
// internationalised host names and e-mail addresses, which are not checked.
var optional = []string{"bignum.json", "float-overflow.json", "ecmascript-regex.json", "non-bmp-regex.json"}

// unmet are the optional tests that do not pass, by draft, file and case, and why.
var unmet = map[string]string{
	`draft2020-12/ecmascript-regex.json/\a is not an ECMA 262 control escape`: "a schema that escapes more than it has to is of use",
}

// Every mandatory test of the official suite passes through the processor, with schemas that come from a registry.
func TestOfficialSuite(t *testing.T) {
	t.Parallel()
	root := suite(t)
	remotes := map[string]string{}
	err := filepath.WalkDir(filepath.Join(root, "remotes"), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(file)
		rel, _ := filepath.Rel(filepath.Join(root, "remotes"), file)
		remotes["http://localhost:1234/"+filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range drafts {
		t.Run(d.dir, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			own := map[string]string{}
			for name, text := range remotes {
				if strings.Contains(name, "/draft") && !strings.Contains(name, "/"+d.dir+"/") {
					continue
				}
				b.register(name, "JSON", text)
				own[name] = text
			}
			files, err := filepath.Glob(filepath.Join(root, "tests", d.dir, "*.json"))
			if err != nil || len(files) == 0 {
				t.Fatalf("no tests: %v", err)
			}
			for _, name := range optional {
				files = append(files, filepath.Join(root, "tests", d.dir, "optional", name))
			}
			formats, err := filepath.Glob(filepath.Join(root, "tests", d.dir, "optional", "format", "*.json"))
			if err != nil || len(formats) == 0 {
				t.Fatalf("no tests of formats: %v", err)
			}
			for _, file := range formats {
				if !strings.Contains(d.uri, "/draft/20") && !strings.HasPrefix(filepath.Base(file), "idn-") {
					files = append(files, file)
				}
			}
			passed, total := 0, 0
			for _, file := range files {
				p, n := suiteFile(t, b, file, d.dir, d.uri, own)
				passed, total = passed+p, total+n
			}
			t.Logf("%s: %d of %d", d.dir, passed, total)
			if passed != total || total < 500 {
				t.Errorf("%s: %d of %d tests pass", d.dir, passed, total)
			}
		})
	}
}

// mentioned is the remote documents that a schema speaks of, directly or not.
func mentioned(schema string, remotes map[string]string) []sr.SchemaReference {
	var refs []sr.SchemaReference
	seen := map[string]bool{}
	for texts := []string{schema}; len(texts) > 0; texts = texts[1:] {
		for name, text := range remotes {
			if !seen[name] && strings.Contains(texts[0], path.Base(name)) {
				seen[name] = true
				refs = append(refs, ref(name, name))
				texts = append(texts, text)
			}
		}
	}
	return refs
}

func suiteFile(t *testing.T, b *bench, file, dir, uri string, remotes map[string]string) (passed, total int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Description string
		Schema      json.RawMessage
		Tests       []struct {
			Description string
			Data        json.RawMessage
			Valid       bool
		}
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		subject := fmt.Sprintf("%s/%s", filepath.Base(file), c.Description)
		schema := string(c.Schema)
		if strings.HasPrefix(schema, "{") && !strings.Contains(schema, `"$schema"`) {
			schema = `{"$schema":"` + uri + `",` + strings.TrimPrefix(schema, "{")
			schema = strings.Replace(schema, ",}", "}", 1)
		}
		if unmet[dir+"/"+subject] != "" {
			continue
		}
		var refs []sr.SchemaReference
		if strings.Contains(schema, "localhost:1234") {
			refs = mentioned(schema, remotes)
		}
		b.register(subject, "JSON", schema, refs...)
		conf, err := spec().ParseYAML(fmt.Sprintf("{registry: {url: %q}, subject: %q, direction: decode}", b.url, subject), nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := newProcessor(conf, b.mgr)
		if err != nil {
			t.Fatal(err)
		}
		for _, tc := range c.Tests {
			total++
			m := b.batch(p, service.MessageBatch{messages(string(tc.Data))[0]}...)[0]
			f := record.FailureOf(m)
			if valid := f == nil; valid == tc.Valid && (valid || f.Code == CodeViolation) {
				passed++
				continue
			}
			t.Logf("%s / %s: valid %v, %v", subject, tc.Description, tc.Valid, f)
		}
		closeIdle(p.registry)
	}
	return passed, total
}
