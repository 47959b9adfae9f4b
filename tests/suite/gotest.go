package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

const module = "github.com/inflect-dev/inflect"

// listing is the Go packages: those beside the code, and those under tests/, of
// which two wait more than they work. Benchmarks have a command of their own.
type listing struct{ beside, chaos, kube, systems []string }

func packages(ctx context.Context) (listing, error) {
	output, err := exec.CommandContext(ctx, "go", "list", "./...").Output()
	if err != nil {
		return listing{}, fmt.Errorf("listing the packages: %w", err)
	}
	var all listing
	for _, name := range strings.Fields(string(output)) {
		switch {
		case strings.HasPrefix(name, module+"/tests/bench"):
		case name == module+"/tests/chaos":
			all.chaos = append(all.chaos, name)
		case name == module+"/tests/kube":
			all.kube = append(all.kube, name)
		case strings.HasPrefix(name, module+"/tests/"):
			all.systems = append(all.systems, name)
		default:
			all.beside = append(all.beside, name)
		}
	}
	return all, nil
}

// raceFlags is -race, which needs a C compiler. Where there is none it says so.
func raceFlags(ctx context.Context, out io.Writer) ([]string, error) {
	output, err := exec.CommandContext(ctx, "go", "env", "CC").Output()
	if err != nil {
		return nil, fmt.Errorf("asking go for the C compiler: %w", err)
	}
	compiler := strings.TrimSpace(string(output))
	if _, err := exec.LookPath(compiler); err == nil {
		return []string{"-race"}, nil
	}
	printf(out, "no C compiler (%s), so without the race detector; as root on Debian: apt-get install -y gcc libc6-dev\n", compiler)
	return nil, nil
}

// goTests runs packages in a random order of tests, which also keeps go from
// answering out of its cache.
func goTests(flags, packages []string) func(context.Context, io.Writer) (result, error) {
	return func(ctx context.Context, out io.Writer) (result, error) {
		if len(packages) == 0 {
			return result{}, nil
		}
		args := slices.Concat([]string{"test", "-json", "-shuffle=on"}, flags, packages)
		cmd := group(exec.CommandContext(ctx, "go", args...))
		cmd.Stderr = out
		output, err := cmd.StdoutPipe()
		if err != nil {
			return result{}, err
		}
		if err := cmd.Start(); err != nil {
			return result{}, fmt.Errorf("running go test: %w", err)
		}
		report := newReport(out)
		readErr := report.read(output)
		waitErr := cmd.Wait()
		if readErr != nil {
			return report.result, fmt.Errorf("reading go test's events: %w", readErr)
		}
		if waitErr != nil {
			return report.result, fmt.Errorf("running go test: %w", waitErr)
		}
		return report.result, nil
	}
}

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64 // seconds
}

// slow is how long a test takes that is named in the report: what to look at when
// the whole takes too long.
const slow = 20 * time.Second

// report turns events into what a person reads (a line per package and slow
// test, and all that a failed test said) and into a tally.
type report struct {
	result

	out   io.Writer
	tests map[[2]string]*strings.Builder // what running tests have said, by package and test
	fails map[string]bool                // packages with a failed test
}

func newReport(out io.Writer) *report {
	return &report{out: out, tests: make(map[[2]string]*strings.Builder), fails: make(map[string]bool)}
}

func (r *report) read(events io.Reader) error {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				printf(r.out, "%s", line) // go itself complains in plain words
			} else {
				r.handle(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) handle(e event) {
	key := [2]string{e.Package, e.Test}
	switch {
	case e.Action == "build-output":
		printf(r.out, "%s", e.Output)
	case e.Test == "":
		r.handlePackage(e)
	case e.Action == "run":
		r.tests[key] = new(strings.Builder)
	case e.Action == "output":
		// What starts with === is go test's own running comment.
		if said, ok := r.tests[key]; ok && !strings.HasPrefix(e.Output, "=== ") {
			said.WriteString(e.Output)
		}
	case e.Action == "pass":
		r.passed++
		if e.Elapsed >= slow.Seconds() {
			printf(r.out, "slow\t%s %s\t%.1fs\n", e.Package, e.Test, e.Elapsed)
		}
		delete(r.tests, key)
	case e.Action == "skip":
		r.skipped++
		r.show(key)
	case e.Action == "fail":
		r.fail(key)
	}
}

// handlePackage shows what a package says besides its tests. Tests without a
// verdict when their package ends are those that it died in.
func (r *report) handlePackage(e event) {
	switch e.Action {
	case "output":
		if e.Output != "PASS\n" && !strings.HasPrefix(e.Output, "-test.shuffle ") {
			printf(r.out, "%s", e.Output)
		}
	case "fail":
		for key := range r.tests {
			if key[0] == e.Package {
				r.fail(key)
			}
		}
		if !r.fails[e.Package] {
			r.failed++
		}
	}
}

func (r *report) fail(key [2]string) {
	r.failed++
	r.fails[key[0]] = true
	r.failures = append(r.failures, failure{title: strings.Join(key[:], " "), said: brief(r.tests[key].String())})
	r.show(key)
}

func (r *report) show(key [2]string) {
	printf(r.out, "%s", r.tests[key])
	delete(r.tests, key)
}

// briefLines is how much of a failed test is told again.
const briefLines = 20

// message is the start of what a test says at a line of its own.
var message = regexp.MustCompile(`^\s+\w+\.go:\d+: `)

// brief is what a failed test said, without the ends of the logs of the servers
// it had (tests/parts shows them).
func brief(said string) string {
	var out strings.Builder
	isLog, lines := false, 0
	for line := range strings.Lines(said) {
		if message.MatchString(line) {
			isLog = strings.Contains(line, ": the end of ")
		}
		if isLog || strings.HasPrefix(strings.TrimSpace(line), "--- FAIL") {
			continue
		}
		if lines++; lines > briefLines {
			out.WriteString("    and more, above\n")
			break
		}
		out.WriteString(line)
	}
	return out.String()
}
