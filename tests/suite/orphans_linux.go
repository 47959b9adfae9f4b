package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// orphanGrace is how long what a step started may take to end after it.
const orphanGrace = time.Minute

// adopt makes this process the parent of every descendant that loses its own,
// so that orphans can find what was left running.
func adopt() error {
	return os.NewSyscallError("prctl", unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
}

// orphans waits for the processes that a step left to end, and kills and reports
// those that do not. It must not be called while a command runs.
func orphans(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, orphanGrace)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		left, err := children()
		if err != nil || len(left) == 0 {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return kill(left)
		}
	}
}

func kill(left map[int]string) error {
	var problems []error
	for pid, name := range left {
		problems = append(problems,
			fmt.Errorf("process %d (%s) was left running", pid, name), unix.Kill(pid, unix.SIGKILL))
	}
	return errors.Join(problems...)
}

// children are this process's children that still run, by pid. Those that ended
// are laid to rest.
func children() (map[int]string, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	left := make(map[int]string)
	for _, path := range stats {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		pid, name, state, parent, ok := parseStat(string(content))
		if !ok || parent != os.Getpid() {
			continue
		}
		if state != "Z" {
			left[pid] = name
		} else if _, err := unix.Wait4(pid, nil, unix.WNOHANG, nil); err != nil {
			return nil, fmt.Errorf("waiting for process %d: %w", pid, err)
		}
	}
	return left, nil
}

// parseStat reads the first fields of /proc/<pid>/stat, see proc_pid_stat(5). The
// name stands in parentheses and may hold some itself.
func parseStat(content string) (pid int, name, state string, parent int, ok bool) {
	before, rest, found := strings.Cut(content, " (")
	end := strings.LastIndex(rest, ") ")
	if !found || end < 0 {
		return 0, "", "", 0, false
	}
	fields := strings.Fields(rest[end+2:])
	pid, err := strconv.Atoi(before)
	if err != nil || len(fields) < 2 {
		return 0, "", "", 0, false
	}
	parent, err = strconv.Atoi(fields[1])
	return pid, rest[:end], fields[0], parent, err == nil
}
