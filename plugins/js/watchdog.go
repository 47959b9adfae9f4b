package js

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"

	"github.com/inflect-dev/inflect/plugins/record"
)

// watchdog looks at the lanes of one shift from time to time. It interrupts a step that takes longer than the program's
// timeout, or during which the heap has grown too much, and abandons a lane that does not stop after that.
type watchdog struct {
	shift  *shift
	tick   time.Duration
	grace  time.Duration
	lanes  map[*lane]*watched
	heap   []metrics.Sample
	before uint64
	// collected is when the garbage was last collected to tell a large heap from an untidy one.
	collected time.Time
}

// watched is what the watchdog remembers of a lane.
type watched struct {
	beat  uint64
	since time.Time
	ticks int
	why   *interruption
	at    time.Time
}

func newWatchdog(s *shift) *watchdog {
	w := &watchdog{shift: s, tick: tickOf(s.pool.program.timeout), lanes: map[*lane]*watched{},
		heap: []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}}
	w.grace = max(500*time.Millisecond, min(s.pool.program.timeout/2, 2*time.Second))
	return w
}

// run looks until the shift is done.
func (w *watchdog) run() {
	timer := time.NewTimer(w.tick)
	defer timer.Stop()
	w.before = w.heapBytes()
	start := time.Now()
	for {
		select {
		case <-w.shift.done:
			return
		case now := <-timer.C:
			w.look(now)
			if spent := now.Sub(start); spent > w.shift.pool.program.budget {
				w.shift.pool.fail(fmt.Sprintf("a batch of %d events took longer than %s: make batches smaller or the steps faster",
					len(w.shift.jobs), w.shift.pool.program.budget))
			}
			timer.Reset(w.tick)
		}
	}
}

func (w *watchdog) look(now time.Time) {
	grown := w.grown(now)
	w.shift.mu.Lock()
	lanes := slices.Clone(w.shift.lanes)
	w.shift.mu.Unlock()
	timeout := w.shift.pool.program.timeout
	for _, l := range lanes {
		beat := l.beat.Load()
		s := w.lanes[l]
		if s == nil || s.beat != beat {
			w.lanes[l] = &watched{beat: beat, since: now}
			continue
		}
		s.ticks++
		switch {
		case s.why != nil:
			if now.Sub(s.at) > w.grace {
				l.abandon(s.why)
			}
		case now.Sub(s.since) >= timeout:
			s.stop(l, now, record.CodeTimeout, fmt.Sprintf("took longer than %s", timeout))
		case grown:
			s.stop(l, now, record.CodeMemory, fmt.Sprintf("made the heap grow by more than %d MiB", w.shift.pool.program.memory>>20))
		}
	}
}

func (s *watched) stop(l *lane, now time.Time, code, message string) {
	s.why, s.at = &interruption{code: code, message: message}, now
	l.interrupt(s.beat, s.why)
}

// grown reports whether the live heap has grown by more than the limit since the shift began. Other pipelines share the
// heap, so only steps that stand still while it is too large are held responsible.
func (w *watchdog) grown(now time.Time) bool {
	limit := w.before + w.shift.pool.program.memory
	if w.heapBytes() <= limit {
		return false
	}
	if now.Sub(w.collected) < 20*w.tick {
		return w.heapBytes() > limit+w.shift.pool.program.memory
	}
	runtime.GC()
	w.collected = time.Now()
	return w.heapBytes() > limit
}

func (w *watchdog) heapBytes() uint64 {
	metrics.Read(w.heap)
	return w.heap[0].Value.Uint64()
}
