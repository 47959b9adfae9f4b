package transforms

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the reference page")

const referencePage = "../docs/reference/transforms.md"

// TestReferenceIsFresh generates the library's page from its doc comments and schemas.
func TestReferenceIsFresh(t *testing.T) {
	t.Parallel()
	want := reference(t)
	if *update {
		if err := os.WriteFile(referencePage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(referencePage)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/reference/transforms.md is stale: run go test ./transforms -run Reference -update")
	}
}

// TestLibraryIsDocumented holds every ready-made step to a kind, a doc comment, a schema and a test.
func TestLibraryIsDocumented(t *testing.T) {
	t.Parallel()
	for _, f := range library(t) {
		if f.Kind == "" || f.Doc == "" || f.Params == nil {
			t.Errorf("%s: kind %q, doc of %d bytes, params %s", f.ID, f.Kind, len(f.Doc), f.Params)
		}
		if _, err := os.Stat(strings.TrimSuffix(f.File, ".ts") + ".yaml"); err != nil {
			t.Errorf("%s has no test: %v", f.ID, err)
		}
	}
}

func library(t *testing.T) []Function {
	t.Helper()
	all, err := List(".")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(f Function) bool { return filepath.Dir(f.File) != "." })
}

func reference(t *testing.T) string {
	var b strings.Builder
	b.WriteString("<!-- Generated from transforms/*.ts by go test ./transforms -run Reference -update. -->\n" +
		"# Ready-made transforms\n\n" +
		"Steps that most pipelines need. Use one as `transform: mask.ts`, or copy its file and its tests into your own directory\n" +
		"and change it. A path names a value inside the event: `customer.email`, `items.0.sku`, and `items.*.sku` for every\n" +
		"element; a dot that belongs to a name is written `\\.`.\n")
	for _, f := range library(t) {
		fmt.Fprintf(&b, "\n## %s\n\n*%s*. %s\n\n", f.File, f.Kind, f.Doc)
		var schema struct {
			Properties map[string]struct {
				Type        any             `json:"type"`
				Enum        []any           `json:"enum"`
				Default     json.RawMessage `json:"default"`
				Description string          `json:"description"`
			} `json:"properties"`
			Required []string `json:"required"`
		}
		if err := json.Unmarshal(f.Params, &schema); err != nil {
			t.Fatalf("%s: %v", f.ID, err)
		}
		b.WriteString("| parameter | type | default | |\n|---|---|---|---|\n")
		names := make([]string, 0, len(schema.Properties))
		for name := range schema.Properties {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			p := schema.Properties[name]
			kind := fmt.Sprint(p.Type)
			if p.Type == nil {
				kind = "any"
			}
			if p.Enum != nil {
				kind = strings.Trim(strings.ReplaceAll(fmt.Sprint(p.Enum), " ", ", "), "[]")
			}
			otherwise := ""
			if p.Default != nil {
				otherwise = "`" + string(p.Default) + "`"
			}
			if slices.Contains(schema.Required, name) {
				otherwise = "required"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, kind, otherwise, strings.ReplaceAll(p.Description, "|", "\\|"))
		}
	}
	return b.String()
}
