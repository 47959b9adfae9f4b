package arch

import (
	"slices"
	"strings"
	"testing"
)

// rule says which of our packages a unit may import besides its own. A unit is a
// package with all below it. In allow, a trailing /* stands for each unit below
// the folder and * alone for everything but tests.
type rule struct {
	unit  string
	allow []string
}

// rules are read from the top; the first whose unit fits a package counts. A
// trailing /* makes each folder below a unit of its own. docs/DESIGN.md says why.
var rules = []rule{
	{"pipeline", nil},
	{"transforms", nil},
	{"config", nil},
	{"ui", nil},

	{"plugins/record", nil},
	{"plugins/all", []string{"plugins/*"}},
	{"plugins/js", []string{"plugins/record", "transforms"}},
	{"plugins/*", []string{"plugins/record"}},

	{"configgen/*", []string{"pipeline", "transforms"}},
	{"configgen", []string{"pipeline", "transforms"}},
	{"api", []string{"pipeline", "transforms"}},
	{"cli", []string{"pipeline", "transforms", "config"}},
	{"local", []string{"pipeline"}},
	{"deploy", nil},

	{"tests/*", []string{"*", "tests/*"}},
	{"", []string{"*"}}, // the wiring in the root folder
}

func TestPackagesImportOnlyWhatTheyMay(t *testing.T) {
	t.Parallel()
	for _, p := range golist(t, "./...") {
		name := local(p.ImportPath)
		rule, unit, ok := ruleFor(name)
		if !ok {
			t.Errorf("%s: no rule says what it may import; see the layout in docs/DESIGN.md and add it to rules", name)
			continue
		}
		for _, imported := range p.Imports {
			if !ours(imported) {
				continue
			}
			if imported := local(imported); !within(imported, unit) && !allowed(rule, imported) {
				t.Errorf("%s imports %s; %s", p.ImportPath, imported, may(rule))
			}
		}
	}
}

func TestPipelineNeedsTheStandardLibraryAlone(t *testing.T) {
	t.Parallel()
	for _, p := range golist(t, "-deps", "./pipeline") {
		if !p.Standard && local(p.ImportPath) != "pipeline" {
			t.Errorf("pipeline depends on %s; it holds the words of the domain and needs no library", p.ImportPath)
		}
	}
}

func TestRulesRefuseWhatTheyShould(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		importer, imported string
		want               bool
	}{
		{"", "configgen/postgres", true},
		{"", "tests/parts", false},
		{"api", "pipeline", true},
		{"api", "api/catalog", true},
		{"api", "configgen", false},
		{"api/catalog", "plugins/kafka", false},
		{"configgen", "configgen/postgres", true},
		{"configgen", "api", false},
		{"configgen/kube", "configgen/kube/manifest", true},
		{"configgen/kube", "configgen/postgres", false},
		{"configgen/kube", "configgen", false},
		{"plugins/all", "plugins/js", true},
		{"plugins/js", "transforms", true},
		{"plugins/js", "plugins/kafka", false},
		{"plugins/kafka", "transforms", false},
		{"plugins/record", "plugins/kafka", false},
		{"pipeline", "config", false},
		{"tests/integration", "api", true},
	} {
		rule, unit, ok := ruleFor(test.importer)
		if !ok {
			t.Errorf("no rule for %s", test.importer)
			continue
		}
		if got := within(test.imported, unit) || allowed(rule, test.imported); got != test.want {
			t.Errorf("%q imports %q: allowed is %t, want %t", test.importer, test.imported, got, test.want)
		}
	}
}

// ruleFor returns the rule for a package and the folder of the package's unit.
func ruleFor(name string) (r rule, unit string, ok bool) {
	for _, r := range rules {
		parent, each := strings.CutSuffix(r.unit, "/*")
		switch {
		case r.unit == "":
			if name == "" {
				return r, ".", true // nothing is below the root's own unit
			}
		case !each:
			if within(name, r.unit) {
				return r, r.unit, true
			}
		case within(name, parent) && name != parent:
			below, _, _ := strings.Cut(strings.TrimPrefix(name, parent+"/"), "/")
			return r, parent + "/" + below, true
		}
	}
	return rule{}, "", false
}

func allowed(r rule, imported string) bool {
	return slices.ContainsFunc(r.allow, func(pattern string) bool {
		if pattern == "*" {
			return !within(imported, "tests")
		}
		if parent, each := strings.CutSuffix(pattern, "/*"); each {
			return within(imported, parent) && imported != parent
		}
		return within(imported, pattern)
	})
}

func may(r rule) string {
	if len(r.allow) == 0 {
		return "it may import nothing of ours"
	}
	if r.allow[0] == "*" {
		return "code that ships does not import tests"
	}
	return "of ours it may import only " + strings.Join(r.allow, ", ")
}

func within(name, unit string) bool { return name == unit || strings.HasPrefix(name, unit+"/") }

func ours(path string) bool { return within(path, module) }

// local is a package's folder in the tree; empty for the root.
func local(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
}
