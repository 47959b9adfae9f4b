package dryrun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// maxComplaint is how much of a child's stderr is kept.
const maxComplaint = 8 << 10

// Child says how to start this program again as a child process.
type Child struct {
	// Command is the program and its arguments: the path of the running program and a hidden subcommand.
	Command []string
	// Env is the child's whole environment.
	Env []string
	// Timeout is how long it may take, 30 s by default.
	Timeout time.Duration
	// Slots bounds how many run at the same time, by its capacity; nil is no bound. Children may share it.
	Slots chan struct{}
}

var (
	// errTimeout says that a child took too long.
	errTimeout = errors.New("it took too long")
	// errNotStarted says that there was no child, which is nobody's fault who wrote a config.
	errNotStarted = errors.New("the child process cannot be started")
)

// run gives the child input on its stdin and returns what it wrote to stdout, which may be something even when it failed.
func (c Child) run(ctx context.Context, input []byte) ([]byte, error) {
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	if c.Slots != nil {
		select {
		case c.Slots <- struct{}{}:
			defer func() { <-c.Slots }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
	cmd.Env = c.Env
	cmd.Stdin = bytes.NewReader(input)
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = attributes()
	var out bytes.Buffer
	complaint := &tail{}
	cmd.Stdout, cmd.Stderr = &out, complaint
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotStarted, err)
	}
	err := cmd.Wait()
	if err == nil {
		return out.Bytes(), nil
	}
	if ctx.Err() != nil {
		return out.Bytes(), context.Cause(ctx)
	}
	return out.Bytes(), fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
}

// tail keeps the end of what is written to it.
type tail struct{ bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	n, _ := t.Buffer.Write(p)
	if over := t.Len() - maxComplaint; over > 0 {
		t.Next(over)
	}
	return n, nil
}
