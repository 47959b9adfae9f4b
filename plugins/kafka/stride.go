package kafka

import (
	"sync"
	"time"
)

const (
	// strideTime is how long the pipeline may work on a batch. Offsets that move every few seconds tell whoever scales on
	// lag that reading goes on, a stop does not wait long, and what a crash brings again is little.
	strideTime = 2 * time.Second
	// firstStride is the most records of the first batch, when nobody knows yet how long a record takes.
	firstStride = 1000
)

// stride is the most records that a batch may have, by the time that the pipeline took for those before. It is shared by
// an input's lanes.
type stride struct {
	time time.Duration

	mu    sync.Mutex
	limit int
	each  time.Duration // what a record of the last batch took
	done  time.Time     // when the pipeline was done with it
}

// newStride leaves a batch a small part of its transaction's time.
func newStride(transactionTimeout time.Duration) *stride {
	return &stride{time: min(strideTime, transactionTimeout/4), limit: firstStride}
}

// of is the limit, at most the configured maximum.
func (s *stride) of(configured int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return min(s.limit, configured)
}

// took is called with how long the pipeline worked on a batch of n records. Small batches say little of large ones, so
// that a limit grows only after a batch that was at least half as large.
func (s *stride) took(n int, d time.Duration, configured int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.each, s.done = d/time.Duration(max(1, n)), time.Now()
	switch {
	case d > s.time:
		s.limit = max(1, min(s.limit, int(float64(n)*float64(s.time)/float64(d))))
	case n >= (s.limit+1)/2 && d*time.Duration(s.limit)/time.Duration(n) <= s.time/2:
		s.limit = min(2*s.limit, configured)
	}
}

// soon is how many records the pipeline does in the time of a batch, 0 when that is not known.
func (s *stride) soon() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.each == 0 {
		return 0
	}
	return max(1, int(s.time/s.each))
}

// last is when the pipeline was done with a batch last.
func (s *stride) last() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done
}
