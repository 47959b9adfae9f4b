package engine

import (
	"fmt"
	"sync"
	"time"

	"github.com/inflect-dev/inflect/plugins/record"
)

const (
	// stuckTime is how long a pipeline may have records in hand, say that it runs and get nowhere, until its process is taken
	// for stuck. Brokers let no transaction last longer than this (transaction.max.timeout.ms).
	stuckTime = 15 * time.Minute
	// stuckLooks is how often it must have been seen so. A process that stood still for that time was not looked at.
	stuckLooks = 10
)

// liveness remembers where pipelines were when somebody last asked whether the process lives.
type liveness struct {
	mu   sync.Mutex
	seen map[string]standstill
}

// standstill is how many records a pipeline had read and finished, since when, and how often it was seen so.
type standstill struct {
	records int64
	since   time.Time
	looks   int
}

// check is nil unless one of the pipelines is stuck. What is waiting or has failed says so itself, and another process
// would do no better.
func (l *liveness) check(boards []record.Board) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, seen := time.Now(), map[string]standstill{}
	var stuck error
	for _, b := range boards {
		if b.State != "running" || b.InFlight == 0 {
			continue
		}
		records := b.Read + b.Delivered + b.Filtered + b.DeadLettered + b.Dropped
		s, ok := l.seen[b.Pipeline]
		if !ok || s.records != records {
			s = standstill{records: records, since: now}
		}
		s.looks++
		seen[b.Pipeline] = s
		if stood := now.Sub(s.since); stood >= stuckTime && s.looks > stuckLooks {
			stuck = fmt.Errorf("pipeline %s has had %d records in hand for %s and finishes none", b.Pipeline, b.InFlight, stood.Round(time.Second))
		}
	}
	l.seen = seen
	return stuck
}
