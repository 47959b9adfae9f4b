package parts_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/tests/parts"
)

// helperVariable tells the test binary that one of its own tests started it.
const helperVariable = "INFLECT_PARTS_HELPER"

func TestProgramIsStoppedPausedAndStartedLikeAServer(t *testing.T) {
	t.Parallel()
	server := parts.Start(t, "shell", parts.Program{
		Path:  "/bin/sh",
		Args:  []string{"-c", `echo "$GREETING"; exec tail -f /dev/null`},
		Env:   []string{"GREETING=at work"},
		Ready: "at work",
	})
	server.Pause(t)
	server.Resume(t)
	server.Stop(t)
	server.Start(t)
	log, err := os.ReadFile(server.Log())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(log), "at work\nat work\n"; got != want {
		t.Errorf("the log of two starts is %q, want %q", got, want)
	}
}

func TestAProgramIsGoneWithWhatItStarted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// It leaves a process that notices its end, and has something to write then.
	const heir = `(while [ -d /proc/$$ ]; do sleep 0.1; done; sleep 1; echo done >last-words) >/dev/null 2>&1 &`
	server := parts.Start(t, "shell", parts.Program{
		Path: "/bin/sh", Args: []string{"-c", heir + ` echo "at work"; exec tail -f /dev/null`}, Dir: dir, Ready: "at work",
	})
	server.Kill(t)
	if _, err := os.Stat(filepath.Join(dir, "last-words")); err != nil {
		t.Errorf("what it started is still at work: %v", err)
	}
}

func TestNothingOutlivesAKilledTestBinary(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	// Postgres runs as another user when the tests run as root.
	for dir := temp; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	address, kill, _ := startHelper(t, temp)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatalf("the helper's postgres is not there: %v", err)
	}
	defer func() { _ = conn.Close() }()

	kill()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.ReadAll(conn); err != nil && os.IsTimeout(err) {
		t.Error("postgres lives on after its test binary was killed")
	}
	left := scratchDirs(t, temp)
	if len(left) != 1 {
		t.Fatalf("the killed helper left %q, want one folder", left)
	}

	// The next test binary clears up.
	_, _, end := startHelper(t, temp)
	defer end()
	now := scratchDirs(t, temp)
	if len(now) != 1 || now[0] == left[0] {
		t.Errorf("there are %q, want only the new helper's folder and not %q", now, left)
	}
}

func scratchDirs(t *testing.T, temp string) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(temp, "inflect-parts-*"))
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

// startHelper starts this test binary as one that runs a Postgres and waits. It
// returns the server's address and the two ways to be done with the binary.
func startHelper(t *testing.T, temp string) (address string, kill, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestHelperHoldsPostgres$")
	cmd.Env = append(os.Environ(), helperVariable+"=1", "TMPDIR="+temp)
	cmd.Stderr = os.Stderr
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		cancel()
		_ = cmd.Wait() // it says that it was killed
	}
	end = func() {
		defer cancel()
		_ = input.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("ending the helper: %v", err)
		}
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		kill()
		t.Fatalf("the helper said %q and ended: %v", line, err)
	}
	return line[:len(line)-1], kill, end
}

// TestHelperHoldsPostgres is the scene that startHelper plays, until its input
// ends. By itself it has nothing to show.
func TestHelperHoldsPostgres(t *testing.T) {
	if os.Getenv(helperVariable) == "" {
		return
	}
	database := parts.OwnPostgres(t)
	if _, err := os.Stdout.WriteString(database.Addr() + "\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
}
