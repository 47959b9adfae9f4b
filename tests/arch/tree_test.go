package arch

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// maxFile is the size in bytes that no tracked file may pass.
const maxFile = 2 << 20

// elsewhere finds paths that lead out of the tree, to places that only one
// machine has. The page has a folder shared/ of its own.
var (
	elsewhere     = regexp.MustCompile(`(^|[^\w.-])/work/|(\.\./)+shared/`)
	elsewherePage = regexp.MustCompile(`(^|[^\w.-])/work/`)
)

func TestTheTreeStandsAlone(t *testing.T) {
	t.Parallel()
	for _, name := range tracked(t) {
		if name == "tests/arch/tree_test.go" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root(t), name))
		if err != nil {
			t.Fatal(err)
		}
		pattern := elsewhere
		if strings.HasPrefix(name, "ui/") {
			pattern = elsewherePage
		}
		for i, line := range bytes.Split(content, []byte("\n")) {
			if found := pattern.Find(line); found != nil {
				t.Errorf("%s:%d mentions %q, which a fresh clone does not have", name, i+1, bytes.TrimSpace(found))
			}
		}
	}
}

func TestTrackedFilesAreSmall(t *testing.T) {
	t.Parallel()
	for _, name := range tracked(t) {
		info, err := os.Stat(filepath.Join(root(t), name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > maxFile {
			t.Errorf("%s has %d bytes, more than %d: fetch or generate it instead", name, info.Size(), maxFile)
		}
	}
}

func TestPathsOutOfTheTreeAreRecognised(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"see /work/main/README.md":   true,
		"cp ../../shared/data/x .":   true,
		`"/work/` + `x"`:             true,
		"https://a.example/work/x":   false,
		"import x from './shared/x'": false,
		"the network/work/balance":   false,
	} {
		if got := elsewhere.MatchString(line); got != want {
			t.Errorf("%q: found is %t, want %t", line, got, want)
		}
	}
}

// tracked are the files that git has, without those that were deleted since.
func tracked(t *testing.T) []string {
	t.Helper()
	list := func(args ...string) []string {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"ls-files", "-z"}, args...)...)
		cmd.Dir = root(t)
		output, err := cmd.Output()
		if err != nil {
			t.Fatalf("listing the tracked files with %s: %v", cmd, err)
		}
		return strings.FieldsFunc(string(output), func(r rune) bool { return r == 0 })
	}
	deleted := make(map[string]bool)
	for _, name := range list("--deleted") {
		deleted[name] = true
	}
	var names []string
	for _, name := range list() {
		if !deleted[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatal("git tracks no file: this test looked at nothing")
	}
	return names
}
