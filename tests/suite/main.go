// Command suite runs every test of the tree and adds up what they say: go vet,
// the Go packages, the page's tests, and the journeys in a real browser. Its
// last line is `N passed, N failed`, after what failed tests said, in short; it
// exits with 1 unless everything passed.
//
// It expects what `make test` brings first: the outside parts (tests/setup) and
// a built bin/inflect, which the tests find by INFLECT_BINARY.
//
// A process that a step leaves running fails the step (on Linux) and is killed.
//
// Packages beside the code run with the race detector. Those under tests/ run
// without it and one after the other: they start whole systems and look at how
// fast these react, on machines with two cores. Two of them run beside the others,
// since they mostly wait: for what was killed to come back, and for Kubernetes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// tally is what a step's tests came to. A step that broke without a test that
// failed counts as one failure.
type tally struct {
	passed, failed, skipped int
}

func (t *tally) add(other tally) {
	t.passed += other.passed
	t.failed += other.failed
	t.skipped += other.skipped
}

// failure is a test that failed, and what it said of it.
type failure struct {
	title, said string
}

// result is what a step's tests came to. Its failures are told again at the end:
// they are far up in a long log by then.
type result struct {
	tally

	failures []failure
}

func (r *result) add(other result) {
	r.tally.add(other.tally)
	r.failures = append(r.failures, other.failures...)
}

type step struct {
	title string
	run   func(ctx context.Context, out io.Writer) (result, error)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run does every step, whether or not the ones before it passed.
func run(ctx context.Context, out io.Writer) (ok bool, err error) {
	binary, err := filepath.Abs("bin/inflect")
	if err != nil {
		return false, err
	}
	if err := os.Setenv("INFLECT_BINARY", binary); err != nil {
		return false, err
	}
	if err := adopt(); err != nil {
		return false, err
	}
	all, err := packages(ctx)
	if err != nil {
		return false, err
	}
	race, err := raceFlags(ctx, out)
	if err != nil {
		return false, err
	}
	steps := []step{
		{"go vet", func(ctx context.Context, out io.Writer) (result, error) {
			return result{}, command(ctx, out, ".", "go", "vet", "./...")
		}},
		{"the page", pageTests("test")},
		{"Go packages", goTests(append(race, "-timeout=20m"), all.beside)},
		{"Go systems", together(
			goTests([]string{"-parallel=3", "-timeout=45m"}, all.chaos),
			goTests([]string{"-parallel=2", "-timeout=45m"}, all.kube),
			goTests([]string{"-p=1", "-timeout=45m"}, all.systems))},
		{"journeys in the browser", pageTests("e2e")},
	}

	var total result
	for _, step := range steps {
		printf(out, "\n== %s\n", step.title)
		start := time.Now()
		done, err := step.run(ctx, out)
		if ctx.Err() != nil {
			return false, fmt.Errorf("interrupted while running %s", step.title)
		}
		if err := errors.Join(err, orphans(ctx)); err != nil {
			printf(out, "FAIL: %s: %v\n", step.title, err)
			done.failed = max(done.failed, 1)
		}
		printf(out, "-- %s took %s\n", step.title, time.Since(start).Round(time.Second))
		total.add(done)
	}
	for _, f := range total.failures {
		printf(out, "\nfailed: %s\n%s", f.title, f.said)
	}
	if total.skipped > 0 {
		printf(out, "\n%d skipped\n", total.skipped)
	}
	printf(out, "\n%d passed, %d failed\n", total.passed, total.failed)
	return total.failed == 0, nil
}

// together runs at the same time what belongs to one step.
func together(runs ...func(context.Context, io.Writer) (result, error)) func(context.Context, io.Writer) (result, error) {
	return func(ctx context.Context, out io.Writer) (result, error) {
		var (
			shared   = &lockedWriter{to: out}
			results  = make([]result, len(runs))
			problems = make([]error, len(runs))
			wait     sync.WaitGroup
			total    result
		)
		for i, run := range runs {
			wait.Go(func() { results[i], problems[i] = run(ctx, shared) })
		}
		wait.Wait()
		for _, r := range results {
			total.add(r)
		}
		return total, errors.Join(problems...)
	}
}

// lockedWriter lets several write, each write whole.
type lockedWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

// command runs a program to its end, its output going to out.
func command(ctx context.Context, out io.Writer, dir, name string, args ...string) error {
	cmd := group(exec.CommandContext(ctx, name, args...))
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running %s: %w", name, err)
	}
	return nil
}

// group makes the end of the command's context the end of every process that it
// started.
func group(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	return cmd
}

// printf writes to the terminal or the log of a runner: when that is gone there
// is nobody left to tell.
func printf(out io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(out, format, args...)
}
