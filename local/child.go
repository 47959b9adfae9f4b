package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Child is a process that lives no longer than this one.
type Child struct {
	Name string
	Path string
	Args []string
	Env  []string
	Dir  string
	// Output gets stdout and stderr.
	Output io.Writer
	// Stop asks it to end, after Grace it is killed.
	Stop  os.Signal
	Grace time.Duration
	// Orphaned is what it gets from the kernel when this process dies first; Linux only.
	Orphaned syscall.Signal
	// User runs it as another user; nil as ours.
	User *User
}

// Run starts the child and waits for its end. When ctx ends first the child is stopped and nil is returned.
func (c Child) Run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() {
		// Pdeathsig is bound to the thread that forked, so that thread has to outlive the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		done <- c.run(ctx)
	}()
	return <-done
}

func (c Child) run(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, c.Path, c.Args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = c.Env, c.Dir, c.Output, c.Output
	cmd.SysProcAttr = attributes(c.User, c.Orphaned)
	cmd.Cancel = func() error { return cmd.Process.Signal(c.Stop) }
	cmd.WaitDelay = c.Grace
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		err = nil
	case err == nil:
		err = errors.New("it ended by itself")
	}
	if err != nil {
		err = fmt.Errorf("running %s: %w", c.Name, err)
	}
	return err
}

// The pauses between restarts of a part that keeps ending.
const (
	firstPause = 200 * time.Millisecond
	maxPause   = 15 * time.Second
	// settled is how long a part must have run for the pauses to begin anew.
	settled = 30 * time.Second
)

// Keep runs a part again whenever it ends, until ctx does.
func Keep(ctx context.Context, log *slog.Logger, name string, run func(context.Context) error) error {
	pause := firstPause
	for {
		started := time.Now()
		err := run(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // a part may end as it likes once it is told to
		}
		if time.Since(started) > settled {
			pause = firstPause
		}
		log.Error(name+" ended and is started again", "error", err, "pause", pause)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, maxPause)
	}
}
