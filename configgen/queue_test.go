package configgen

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func take(t *testing.T, q *queue) string {
	t.Helper()
	name, ok := q.take()
	if !ok {
		return ""
	}
	return name
}

func TestQueueHandsOutEachNameOnce(t *testing.T) {
	t.Parallel()
	q := newQueue(time.Second, time.Minute)
	for _, name := range []string{"a", "b", "a", "a"} {
		q.offer(name)
	}
	if first, second, third := take(t, q), take(t, q), take(t, q); first != "a" || second != "b" || third != "" {
		t.Errorf("handed out %q, %q, %q", first, second, third)
	}
	// What is added while a worker has it comes again, but not to a second worker at the same time.
	q.add("a")
	if name := take(t, q); name != "" {
		t.Errorf("%q was handed out twice at once", name)
	}
	q.done("a", nil)
	if name := take(t, q); name != "a" {
		t.Errorf("after the change, %q was handed out", name)
	}
}

func TestQueueLetsHintsPass(t *testing.T) {
	t.Parallel()
	q := newQueue(time.Second, time.Minute)
	defer q.stop()
	for _, name := range []string{"a", "b", "c"} {
		q.offer(name)
	}
	q.add("c")
	q.add("d")
	for _, want := range []string{"d", "c", "a", "b", ""} {
		if got := take(t, q); got != want {
			t.Errorf("%q came, want %q", got, want)
		}
	}
	q.done("a", context.DeadlineExceeded)
	q.offer("a")
	if got := take(t, q); got != "" {
		t.Errorf("%q came, which failed and has to wait", got)
	}
}

func TestQueueBacksOffAndForgives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(time.Second, 5*time.Second)
		defer q.stop()
		failed := errors.New("failed")
		q.add("a")
		for _, wait := range []time.Duration{1, 2, 4, 5, 5} {
			if take(t, q) != "a" {
				t.Fatal("it was not handed out")
			}
			q.done("a", failed)
			<-time.After(wait*time.Second - time.Millisecond)
			synctest.Wait()
			if name := take(t, q); name != "" {
				t.Fatalf("%q came before its %d s", name, wait)
			}
			<-time.After(time.Millisecond)
			synctest.Wait()
		}
		take(t, q)
		q.done("a", failed)
		q.add("a")
		if take(t, q) != "a" {
			t.Error("a hint has to wait for the backoff")
		}
		q.done("a", nil)
		q.add("a")
		take(t, q)
		q.done("a", failed)
		<-time.After(time.Second)
		synctest.Wait()
		if take(t, q) != "a" {
			t.Error("a success does not end the backoff")
		}
	})
}

func TestQueueWakesEveryWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(time.Second, time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan string, 10)
		for range 3 {
			go func() {
				name, ok := q.next(ctx)
				if ok {
					got <- name
				}
			}()
		}
		synctest.Wait()
		q.add("a")
		q.add("b")
		synctest.Wait()
		if len(got) != 2 {
			t.Errorf("%d of 2 names were taken", len(got))
		}
		cancel()
		synctest.Wait()
	})
}
