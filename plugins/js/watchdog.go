package js

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"

	"github.com/inflect-dev/inflect/plugins/record"
)

// stallShare is the part of a step's time that a stall of the process may cost, be it stopped, throttled or starved. The
// step did not run meanwhile, so the event would fail for nothing.
const stallShare = 10

// collectEvery is how many ticks apart garbage is collected at least.
const collectEvery = 20

// watchdog looks at the lanes of one shift from time to time. It interrupts a step that takes longer than the program's
// timeout, or during which the heap has grown too much, and abandons a lane that does not stop after that.
type watchdog struct {
	shift  *shift
	tick   time.Duration
	clock  clock
	grace  time.Duration
	lanes  map[*lane]*watched
	heap   []metrics.Sample
	before uint64
	// collected is when the garbage was last collected to tell a large heap from an untidy one.
	collected time.Duration
}

// clock tells the time that has gone by while somebody looked at it. It does not go on while nobody could.
type clock struct {
	last    time.Time
	elapsed time.Duration
	most    time.Duration // between two looks
}

// look tells the time. It is the first look that starts the clock.
func (c *clock) look(now time.Time) time.Duration {
	if !c.last.IsZero() {
		c.elapsed += min(now.Sub(c.last), c.most)
	}
	c.last = now
	return c.elapsed
}

// watched is what the watchdog remembers of a lane.
type watched struct {
	beat  uint64
	since time.Duration // on the watchdog's clock, and so is at
	why   *interruption
	at    time.Duration
}

func newWatchdog(s *shift) *watchdog {
	w := &watchdog{shift: s, tick: tickOf(s.pool.program.timeout), lanes: map[*lane]*watched{},
		heap: []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}}
	w.clock.most = max(2*w.tick, s.pool.program.timeout/stallShare)
	w.collected = -collectEvery * w.tick
	w.grace = max(500*time.Millisecond, min(s.pool.program.timeout/2, 2*time.Second))
	return w
}

// run looks until the shift is done.
func (w *watchdog) run() {
	timer := time.NewTimer(w.tick)
	defer timer.Stop()
	w.before = w.heapBytes()
	w.clock.look(time.Now())
	for {
		select {
		case <-w.shift.done:
			return
		case <-timer.C:
			spent := w.clock.look(time.Now())
			w.look(spent)
			if spent > w.shift.pool.program.budget {
				w.shift.pool.fail(fmt.Sprintf("a batch of %d events took longer than %s: make batches smaller or the steps faster",
					len(w.shift.jobs), w.shift.pool.program.budget))
			}
			timer.Reset(w.tick)
		}
	}
}

func (w *watchdog) look(now time.Duration) {
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
		switch {
		case s.why != nil:
			if now-s.at > w.grace {
				l.abandon(s.why)
			}
		case now-s.since >= timeout:
			s.stop(l, now, record.CodeTimeout, fmt.Sprintf("took longer than %s", timeout))
		case grown:
			s.stop(l, now, record.CodeMemory, fmt.Sprintf("made the heap grow by more than %d MiB", w.shift.pool.program.memory>>20))
		}
	}
}

func (s *watched) stop(l *lane, now time.Duration, code, message string) {
	s.why, s.at = &interruption{code: code, message: message}, now
	l.interrupt(s.beat, s.why)
}

// grown reports whether the live heap has grown by more than the limit since the shift began. Other pipelines share the
// heap, so only steps that stand still while it is too large are held responsible.
func (w *watchdog) grown(now time.Duration) bool {
	limit := w.before + w.shift.pool.program.memory
	if w.heapBytes() <= limit {
		return false
	}
	if now-w.collected < collectEvery*w.tick {
		return w.heapBytes() > limit+w.shift.pool.program.memory
	}
	runtime.GC()
	w.collected = w.clock.look(time.Now())
	return w.heapBytes() > limit
}

func (w *watchdog) heapBytes() uint64 {
	metrics.Read(w.heap)
	return w.heap[0].Value.Uint64()
}
