package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	ucli "github.com/urfave/cli/v2"
)

// running keeps command lines apart: the library keeps its help flag and help command in package variables.
var running sync.Mutex

// run runs one command line and returns what it printed.
func run(t *testing.T, a *App, args ...string) (stdout string, code int, err error) {
	t.Helper()
	var out bytes.Buffer
	a.Stdout, a.Stderr = &out, &bytes.Buffer{}
	if a.Stdin == nil {
		a.Stdin = strings.NewReader("")
	}
	app := &ucli.App{Name: "inflect", Commands: a.Commands(), Writer: &out, ErrWriter: a.Stderr, ExitErrHandler: func(*ucli.Context, error) {}}
	running.Lock()
	defer running.Unlock()
	err = app.Run(append([]string{"inflect"}, args...))
	code, _ = ExitCode(err)
	return out.String(), code, err
}

func TestWrongUsageExitsWithTwo(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"version", "--nope"},
		{"version", "-o", "xml"},
		{"completion"},
		{"completion", "tcsh"},
		{"test"},
		{"test", "."},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			if _, code, err := run(t, &App{}, args...); code != ExitUsage {
				t.Errorf("exit code %d (%v), want %d", code, err, ExitUsage)
			}
		})
	}
}

func TestVersionInEveryFormat(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{"table": "inflect  v9", "json": `"version": "v9"`, "yaml": "version: v9"} {
		out, code, err := run(t, &App{Version: "v9"}, "version", "-o", format)
		if code != ExitOK || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d (%v), got %q", format, code, err, out)
		}
	}
}

func TestYAMLKeepsDigitsAndOrder(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, yaml, json string }{
		{"integer that no double holds", "id: 9007199254740993", `{"id":9007199254740993}`},
		{"long decimal", "v: 0.1000000000000000055", `{"v":0.1000000000000000055}`},
		{"order of keys", "b: 1\na: 2", `{"b":1,"a":2}`},
		{"text that looks like a number", `v: "007"`, `{"v":"007"}`},
		{"block text", "v: |\n  a\n  b\n", `{"v":"a\nb\n"}`},
		{"alias", "a: &x [1]\nb: *x", `{"a":[1],"b":[1]}`},
		{"null, booleans, octal", "a: null\nb: yes\nc: true\nd: 0o17", `{"a":null,"b":"yes","c":true,"d":15}`},
		{"JSON is YAML", `{"a":[1,{"b":"<>"}]}`, `{"a":[1,{"b":"<>"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := fromYAML([]byte(tt.yaml))
			if err != nil || string(got) != tt.json {
				t.Errorf("got %s (%v), want %s", got, err, tt.json)
			}
		})
	}
}

func TestJSONSurvivesYAML(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{`{"z":1,"a":"x: y","n":9007199254740993,"s":"true","t":"1e3","m":"a\nb","l":[],"o":{}}`, `[null,"",-0.5]`} {
		text, err := toYAML([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		back, err := fromYAML(text)
		if err != nil || string(back) != doc {
			t.Errorf("got %s (%v) by way of\n%s", back, err, text)
		}
	}
}

func FuzzFromYAML(f *testing.F) {
	f.Add([]byte("a: &x [1, *x]"))
	f.Add([]byte("{? [a] : 1}"))
	f.Fuzz(func(_ *testing.T, doc []byte) { _, _ = fromYAML(doc) })
}

func TestCompletionWalksTheCommands(t *testing.T) {
	t.Parallel()
	a := &App{}
	top := candidates(a.Commands(), nil)
	for _, want := range []string{"version", "test", "streams"} {
		if !slices.Contains(top, want) {
			t.Errorf("%s is missing in %v", want, top)
		}
	}
	if slices.Contains(top, "__complete") {
		t.Error("a hidden command is offered")
	}
	if got := candidates(a.Commands(), []string{"version", "-o"}); !slices.Contains(got, "--output") {
		t.Errorf("got %v", got)
	}
}

func TestTestsAreRootedAtTheirDirectory(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.yaml", "sub/b.yml", "node_modules/p/c.yaml", ".hidden/d.yaml", "e.ts"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	type call struct {
		root string
		args []string
	}
	tests := []struct {
		name string
		args []string
		want []call
	}{
		{"everything below", []string{dir + "/..."}, []call{{dir, []string{dir + "/a.yaml", dir + "/sub/b.yml"}}}},
		{"single files", []string{dir + "/a.yaml", dir + "/sub/b.yml"}, []call{{dir, []string{dir + "/a.yaml"}}, {dir + "/sub", []string{dir + "/sub/b.yml"}}}},
		{"one root for all", []string{"--transforms", "/r", dir + "/a.yaml", dir + "/sub/b.yml"}, []call{{"/r", []string{dir + "/a.yaml", dir + "/sub/b.yml"}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(envTransforms, "")
			var got []call
			a := &App{Benthos: func(_ context.Context, args []string) (int, error) {
				got = append(got, call{os.Getenv(envTransforms), args[2:]})
				return 0, nil
			}}
			if _, code, err := run(t, a, append([]string{"test"}, tt.args...)...); code != ExitOK {
				t.Fatal(err)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i].root != tt.want[i].root || !slices.Equal(got[i].args, tt.want[i].args) {
					t.Errorf("got %v, want %v", got[i], tt.want[i])
				}
			}
		})
	}
}

func TestFailedTestsExitWithOne(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(envTransforms, "")
	a := &App{Benthos: func(context.Context, []string) (int, error) { return 1, nil }}
	if _, code, err := run(t, a, "test", dir+"/..."); code != ExitFailed {
		t.Errorf("exit code %d (%v)", code, err)
	}
}

func TestExamplePipelinesAreValid(t *testing.T) {
	t.Parallel()
	specs, err := (&App{}).specs([]string{"../config/examples/pipelines"})
	if err != nil || len(specs) < 2 {
		t.Errorf("%d specs: %v", len(specs), err)
	}
}

func TestExplainSaysHowAModuleIsEvaluated(t *testing.T) {
	t.Parallel()
	dir := filepath.Dir(file(t, "orders.ts", "export const keep = (e) => e.paid;\n"))
	for reason, want := range map[string]string{"": "evaluated  once\n", "its module calls functions": "evaluated  for each event: its module calls functions\n"} {
		a := &App{Explain: func(string, string) (bool, string, error) { return reason == "", reason, nil }}
		out, code, err := run(t, a, "transforms", "explain", "--transforms", dir, "orders.ts#keep")
		if code != ExitOK || !strings.Contains(out, want) {
			t.Errorf("exit code %d (%v), got\n%s", code, err, out)
		}
	}
}
