package main

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Not parallel: the children of a test binary are those of all its tests.
func TestProcessThatAStepLeavesIsReportedAndKilled(t *testing.T) {
	if err := adopt(); err != nil {
		t.Fatal(err)
	}
	// It is sleep once it has left the shell's program.
	const leave = "sleep 300 >/dev/null 2>&1 & until grep -q sleep /proc/$!/comm; do :; done"
	if err := exec.CommandContext(t.Context(), "sh", "-c", leave).Run(); err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := orphans(impatient); err == nil || !strings.Contains(err.Error(), "(sleep) was left running") {
		t.Fatalf("got %v, want a complaint about sleep", err)
	}
	if err := orphans(t.Context()); err != nil {
		t.Errorf("it still runs: %v", err)
	}
}

func TestParseStat(t *testing.T) {
	t.Parallel()
	pid, name, state, parent, ok := parseStat("42 (tmux: (a) b) S 7 42 42 0 -1 4194560")
	if !ok || pid != 42 || name != "tmux: (a) b" || state != "S" || parent != 7 {
		t.Errorf("got %d, %q, %q, %d, %t", pid, name, state, parent, ok)
	}
	for _, content := range []string{"", "42", "42 (x)", "42 (x) S", "x (y) S 7"} {
		if _, _, _, _, ok := parseStat(content); ok {
			t.Errorf("%q is taken for a process", content)
		}
	}
}
