package configgen

import (
	"context"
	"slices"
	"sync"
	"time"
)

// queue hands out names: each to one worker at a time, each once however often it was added while it waited, and again
// when it was added while a worker had it.
type queue struct {
	min, max time.Duration

	mu       sync.Mutex
	ready    []string
	waiting  map[string]bool
	working  map[string]bool
	again    map[string]bool
	failures map[string]int
	retries  map[string]*time.Timer
	signal   chan struct{}
}

func newQueue(minBackoff, maxBackoff time.Duration) *queue {
	return &queue{
		min: minBackoff, max: maxBackoff,
		waiting: map[string]bool{}, working: map[string]bool{}, again: map[string]bool{},
		failures: map[string]int{}, retries: map[string]*time.Timer{},
		signal: make(chan struct{}, 1),
	}
}

// add asks for the name to be looked at now, before those that only come by in turn, even if it failed and was to wait.
func (q *queue) add(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting[name] {
		q.ready = slices.DeleteFunc(q.ready, func(n string) bool { return n == name })
		delete(q.waiting, name)
	}
	q.enter(name, 0)
}

// offer asks for the name to be looked at in its turn. One that failed goes on waiting.
func (q *queue) offer(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.retries[name] == nil {
		q.enter(name, len(q.ready))
	}
}

func (q *queue) enter(name string, at int) {
	if t := q.retries[name]; t != nil {
		t.Stop()
		delete(q.retries, name)
	}
	switch {
	case q.working[name]:
		q.again[name] = true
	case !q.waiting[name]:
		q.waiting[name] = true
		q.ready = slices.Insert(q.ready, at, name)
		q.wake()
	}
}

func (q *queue) wake() {
	select {
	case q.signal <- struct{}{}:
	default:
	}
}

// next waits for a name; ok is false when ctx has ended.
func (q *queue) next(ctx context.Context) (name string, ok bool) {
	for {
		if name, ok := q.take(); ok {
			return name, true
		}
		select {
		case <-ctx.Done():
			return "", false
		case <-q.signal:
		}
	}
}

func (q *queue) take() (string, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.ready) == 0 {
		return "", false
	}
	name := q.ready[0]
	q.ready = q.ready[1:]
	delete(q.waiting, name)
	q.working[name] = true
	if len(q.ready) > 0 {
		// One signal may stand for several names.
		q.wake()
	}
	return name, true
}

// done gives a name back. After an error it comes again by itself, later each time.
func (q *queue) done(name string, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.working, name)
	if err == nil {
		delete(q.failures, name)
	}
	if q.again[name] {
		delete(q.again, name)
		q.enter(name, 0)
		return
	}
	if err == nil {
		return
	}
	wait := q.max
	if n := q.failures[name]; n < 16 {
		wait = min(q.min<<n, q.max)
	}
	q.failures[name]++
	q.retries[name] = time.AfterFunc(wait, func() { q.add(name) })
}

// stop ends the pending retries.
func (q *queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for name, t := range q.retries {
		t.Stop()
		delete(q.retries, name)
	}
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.ready)
}
