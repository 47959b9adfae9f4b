package parts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// Program describes a program of ours, such as the engine, that a test wants to
// treat as it treats the outside servers.
type Program struct {
	Path string
	Args []string
	Env  []string // on top of the test's own; the last value of a name counts
	Dir  string   // working directory; empty means a scratch folder
	// Ready is a piece of a line that the program writes once it serves. It must
	// not stretch over two lines.
	Ready string
}

// Start starts a program, waits until it is ready and ends it with the test.
// Stop sends it SIGTERM.
func Start(t testing.TB, name string, program Program) *Server {
	t.Helper()
	dir, err := scratchDir("program")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{name: name, owned: true, ready: program.Ready, graceful: syscall.SIGTERM}
	s.log = filepath.Join(dir, "program.log")
	s.command = func() (*exec.Cmd, error) {
		cmd := exec.Command(program.Path, program.Args...)
		cmd.Env = append(os.Environ(), program.Env...)
		if cmd.Dir = program.Dir; cmd.Dir == "" {
			cmd.Dir = dir
		}
		return cmd, nil
	}
	closeWith(t, func() error { return s.end(syscall.SIGKILL) })
	s.showWhenFailed(t)
	s.Start(t)
	return s
}

// Address reserves a free address of the loopback interface until the end of the
// test, for a server that starts later, and may start again.
func Address(t testing.TB) string {
	t.Helper()
	return loopback(Port(t))
}

// Inflect returns the path of the inflect binary of this tree: $INFLECT_BINARY,
// or one that is built once for the test binary.
func Inflect(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("INFLECT_BINARY"); path != "" {
		return path
	}
	path, err := shared.inflect.get(buildInflect)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func buildInflect() (string, error) {
	dir, err := scratchDir("inflect")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "inflect")
	build := exec.Command("go", "build", "-o", path, "github.com/inflect-dev/inflect")
	if output, err := build.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("building inflect: %w", err), errors.New(string(output)))
	}
	return path, nil
}
