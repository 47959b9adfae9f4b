package mutation

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/inflect-dev/inflect/tests/parts"
)

// wanted is the share of mutants, in percent, that the transforms' tests have to notice.
const wanted = 90

// oneIn says which of the mutants are tried: one in so many, or all where INFLECT_MUTANTS=all.
const oneIn = 4

// patience bounds one run of a transform's tests; a mutant that loops is stopped by the step's own time limit long before.
const patience = 5 * time.Minute

func TestMain(m *testing.M) { parts.Main(m) }

func TestTransformsTestsNoticeMutants(t *testing.T) {
	t.Parallel()
	library, err := filepath.Abs("../../transforms")
	if err != nil {
		t.Fatal(err)
	}
	binary := parts.Inflect(t)
	var mu sync.Mutex
	var made, killed int
	var alive []string
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(2)
	for _, path := range transforms(t, library) {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all, err := mutants(string(source))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if os.Getenv("INFLECT_MUTANTS") != "all" {
			all = sampled(all)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".ts")
		group.Go(func() error {
			dead, living, err := judge(ctx, binary, library, name, all, t.TempDir())
			mu.Lock()
			defer mu.Unlock()
			made += len(all)
			killed += dead
			alive = append(alive, living...)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d mutants killed (%.1f %%)", killed, made, 100*float64(killed)/float64(made))
	for _, a := range alive {
		t.Logf("lives: %s", a)
	}
	if killed*100 < made*wanted {
		t.Errorf("fewer than %d %% of the mutants were noticed", wanted)
	}
}

// sampled is one in oneIn of a transform's mutants.
func sampled(all []mutant) []mutant {
	var some []mutant
	for i := 0; i < len(all); i += oneIn {
		some = append(some, all[i])
	}
	return some
}

// judge runs a transform's tests on each of its mutants, after it has seen them pass on the original.
func judge(ctx context.Context, binary, library, name string, all []mutant, dir string) (dead int, living []string, err error) {
	modules, err := filepath.Glob(filepath.Join(library, "*.ts"))
	if err != nil {
		return 0, nil, err
	}
	for _, path := range append(modules, filepath.Join(library, name+".yaml")) {
		b, err := os.ReadFile(path)
		if err != nil {
			return 0, nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), b, 0o600); err != nil {
			return 0, nil, err
		}
	}
	if out, ok := passes(ctx, binary, dir, name); !ok {
		return 0, nil, fmt.Errorf("the tests of %s fail without any change: %s", name, out)
	}
	for _, m := range all {
		if err := os.WriteFile(filepath.Join(dir, name+".ts"), []byte(m.text), 0o600); err != nil {
			return 0, nil, err
		}
		if _, ok := passes(ctx, binary, dir, name); ok {
			living = append(living, fmt.Sprintf("%s, line %d of the plain JavaScript: %s", name, m.line, m.what))
		} else {
			dead++
		}
		if ctx.Err() != nil {
			return dead, living, ctx.Err()
		}
	}
	return dead, living, nil
}

func passes(ctx context.Context, binary, dir, name string) (output []byte, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "test", name+".yaml")
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	return output, err == nil
}

// transforms are the sources that have tests; modules that others import have none of their own.
func transforms(t *testing.T, library string) []string {
	t.Helper()
	tests, err := filepath.Glob(filepath.Join(library, "*.yaml"))
	if err != nil || len(tests) == 0 {
		t.Fatalf("no tests in %s: %v", library, err)
	}
	out := make([]string, len(tests))
	for i, path := range tests {
		out[i] = strings.TrimSuffix(path, ".yaml") + ".ts"
	}
	return out
}
