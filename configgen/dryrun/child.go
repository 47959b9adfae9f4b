package dryrun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// maxComplaint is how much of a child's stderr is kept, maxOutput how much it may write to stdout.
const (
	maxComplaint = 8 << 10
	maxOutput    = 128 << 20
)

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
	// errTooMuch says that a child wrote more than anybody would read.
	errTooMuch = errors.New("it writes more than 128 MiB")
)

// Run gives the child input on its stdin and returns what it wrote to stdout. A child that breaks down or takes too long is
// a [pipeline.Error] of CodeRejected, one that cannot be started of CodeUnavailable.
func (c Child) Run(ctx context.Context, input []byte) ([]byte, error) {
	out, err := c.run(ctx, input)
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, errNotStarted):
		return nil, pipeline.Errorf(pipeline.CodeUnavailable, "", "%v", err)
	case errors.Is(err, errTimeout):
		return nil, pipeline.Errorf(pipeline.CodeRejected, "", "it took too long and was stopped")
	}
	return nil, pipeline.Errorf(pipeline.CodeRejected, "", "it broke down: %v", err)
}

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
	out, complaint := &head{}, &tail{}
	cmd.Stdout, cmd.Stderr = out, complaint
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotStarted, err)
	}
	err := cmd.Wait()
	if err == nil {
		return out.buffer.Bytes(), nil
	}
	if ctx.Err() != nil {
		return out.buffer.Bytes(), context.Cause(ctx)
	}
	return out.buffer.Bytes(), fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.buffer.String()))
}

// head keeps the beginning of what is written to it and refuses the rest, which ends the child. It has no other way in: a
// ReadFrom would pass the bound by.
type head struct{ buffer bytes.Buffer }

func (h *head) Write(p []byte) (int, error) {
	if h.buffer.Len()+len(p) > maxOutput {
		return 0, errTooMuch
	}
	return h.buffer.Write(p)
}

// tail keeps the end of what is written to it, and has no other way in either.
type tail struct{ buffer bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	n, _ := t.buffer.Write(p)
	if over := t.buffer.Len() - maxComplaint; over > 0 {
		t.buffer.Next(over)
	}
	return n, nil
}
