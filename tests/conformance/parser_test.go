package conformance

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/inflect-dev/inflect/plugins/js"
	"github.com/inflect-dev/inflect/tests/setup/cache"
)

// strictBodies prints those of a directory's files that Node takes as the body of a strict function.
const strictBodies = `
const fs = require('fs');
const ok = fs.readdirSync(process.argv[1]).filter((f) => f.endsWith('.js') && !f.endsWith('.module.js')).filter((f) => {
  try { new Function("'use strict';" + fs.readFileSync(process.argv[1] + '/' + f, 'utf8')); return true; } catch { return false; }
});
process.stdout.write(JSON.stringify(ok));`

// TestParserTakesWhatTest262Has loads the programs of Test262's parser tests as steps. Those that Node takes as strict code
// have to load, but for a share that the log names: most of it is what no module may hold, or what steps may not.
func TestParserTakesWhatTest262Has(t *testing.T) {
	t.Parallel()
	pass, err := cache.Programs()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "node", "-e", strictBodies, pass).Output()
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	if err := json.Unmarshal(out, &files); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var refused []string
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(pass, f))
		if err != nil {
			t.Fatal(err)
		}
		step := filepath.Join(dir, "step.js")
		if err := os.WriteFile(step, []byte("export default function (e) {\n"+string(text)+"\n}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := js.Explain(dir, "step.js"); err != nil {
			refused = append(refused, f+": "+err.Error())
		}
	}
	t.Logf("%d of %d programs load", len(files)-len(refused), len(files))
	for _, r := range refused {
		t.Log(r)
	}
	if len(files) < 500 || len(refused)*33 > len(files) {
		t.Errorf("%d of %d programs are refused, more than 3 %%", len(refused), len(files))
	}
}
