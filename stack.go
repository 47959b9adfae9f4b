//go:build !connect

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// stack runs parts that stand on each other. They are stopped in the reverse order of their start, each before what it
// stands on. The first part that fails ends the whole.
type stack struct {
	parts  []part
	failed chan error
	once   sync.Once
}

type part struct {
	name string
	stop context.CancelFunc
	done chan struct{}
}

func newStack() *stack { return &stack{failed: make(chan error, 1)} }

// start runs a part until it is stopped. It has not begun to serve when start returns.
func (s *stack) start(name string, run func(context.Context) error) {
	ctx, stop := context.WithCancel(context.Background())
	p := part{name: name, stop: stop, done: make(chan struct{})}
	s.parts = append(s.parts, p)
	go func() {
		defer close(p.done)
		err := run(ctx)
		if err == nil && ctx.Err() == nil {
			err = errors.New("it ended by itself")
		}
		if err != nil {
			s.once.Do(func() { s.failed <- fmt.Errorf("%s: %w", name, err) })
		}
	}()
}

// wait returns when ctx ends, or with the error of a part that failed.
func (s *stack) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return err
	}
}

// stop ends every part, waiting for each before what it stands on, and names those that were not done after timeout in
// all.
func (s *stack) stop(timeout time.Duration) error {
	deadline := time.After(timeout)
	expired := make(chan struct{})
	var late []string
	for _, p := range slices.Backward(s.parts) {
		p.stop()
		select {
		case <-p.done:
			continue
		case <-deadline:
			close(expired)
		case <-expired:
		}
		late = append(late, p.name)
	}
	if late != nil {
		return fmt.Errorf("stopping took longer than %s; still busy: %s: see --shutdown-timeout", timeout, strings.Join(late, ", "))
	}
	return nil
}
