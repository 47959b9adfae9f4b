package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/tests/parts"
)

const examples = "../../config/examples"

func TestExamplesAreLinted(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%d examples: %v", len(files), err)
	}
	files = append(files, "../../config/benthos.yaml")
	if out, err := exec.CommandContext(t.Context(), parts.Inflect(t), append([]string{"lint"}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestExampleOnStdinDoesWhatItSays(t *testing.T) {
	run := exec.CommandContext(t.Context(), parts.Inflect(t), "run", filepath.Join(examples, "stdin.yaml"))
	run.Stdin = strings.NewReader(`{"id":1,"total":12}` + "\n" + `{"id":2,"total":9}` + "\nnot JSON\n")
	out, err := run.Output()
	if want := `{"id":1,"total":12,"tax":2.28}` + "\n"; err != nil || string(out) != want {
		t.Errorf("got %q (%v), want %q", out, err, want)
	}
}

// TestFilesOfStepsAreRooted runs a config whose file: is relative to --transforms, and one that leaves it.
func TestFilesOfStepsAreRooted(t *testing.T) {
	dir := t.TempDir()
	root := filepath.Join(dir, "transforms")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"transforms/in.ts": "export default (e) => ({in: true})", "out.ts": "export default (e) => ({out: true})"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for file, want := range map[string]string{"./in.ts": `{"in":true}`, "../out.ts": "", filepath.Join(dir, "out.ts"): ""} {
		config := filepath.Join(dir, "config.yaml")
		text := "input: {stdin: {}}\npipeline: {processors: [{inflect_js: {steps: [{name: s, kind: transform, file: '" + file + "'}]}}]}\noutput: {stdout: {}}\n"
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		run := exec.CommandContext(t.Context(), parts.Inflect(t), "run", "--transforms", root, config)
		run.Stdin = strings.NewReader("{}\n")
		out, err := run.Output()
		if strings.TrimSpace(string(out)) != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q (%v), want %q", file, out, err, want)
		}
	}
}
