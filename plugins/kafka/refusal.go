package kafka

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/inflect-dev/inflect/plugins/record"
)

// permanent reports whether the target will never take what it was given. Everything else may pass.
func permanent(err error) bool {
	for _, e := range []error{kerr.MessageTooLarge, kerr.RecordListTooLarge, kerr.InvalidRecord, kerr.InvalidTimestamp,
		kerr.CorruptMessage, kerr.UnsupportedForMessageFormat} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// refusalOf is the failure of a record for which the target gave a permanent error.
func refusalOf(topic string, err error) *record.Failure {
	code := record.CodeRefused
	if errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.RecordListTooLarge) {
		code = record.CodeTooLarge
	}
	return &record.Failure{Code: code, Stage: record.StageTarget, Message: fmt.Sprintf("topic %s refused the record: %v", topic, err)}
}

// stopError says that the pipeline halts on a record: it must be neither skipped nor turned into a dead letter.
type stopError struct {
	source  *record.Source
	failure *record.Failure
	why     string
}

func (e *stopError) Error() string {
	return fmt.Sprintf("stopped at %s/%d offset %d, %s: %s (%s)", e.source.Topic, e.source.Partition, e.source.Offset,
		e.failure.Stage, e.failure.Message, e.why)
}

// narrowError says that a batch has to be read again in smaller ones, because one of its records cannot be written and
// the others must not suffer.
type narrowError struct {
	narrow *narrow // of who read the batch
	size   int
	err    error
}

// shrink has the next batches be smaller.
func (e *narrowError) shrink() { e.narrow.shrink(e.size) }

func (e *narrowError) Error() string { return e.err.Error() }
func (e *narrowError) Unwrap() error { return e.err }

// refusals are the records of which it is certain that a target refuses them, by their place. A record is certain when
// it was alone in its batch and the batch alone in flight, or when the error says so.
//
// A broker refuses a batch of records as a whole and the client does not say which one is at fault. So the records of
// a refused batch are read again in ever smaller batches, until the culprit is alone: see [narrow].
type refusals struct {
	mu    sync.Mutex
	known map[place]map[int64]refusal
}

// refusal is that of one record. Where a topic was made anew another record has the same place, but not the same time.
type refusal struct {
	timestamp time.Time
	failure   *record.Failure
}

func (r *refusals) add(s *record.Source, f *record.Failure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := place{s.Topic, s.Partition}
	if r.known == nil {
		r.known = map[place]map[int64]refusal{}
	}
	if r.known[p] == nil {
		r.known[p] = map[int64]refusal{}
	}
	r.known[p][s.Offset] = refusal{s.Timestamp, f}
}

// of is why the record is refused, nil when nothing is known against it.
func (r *refusals) of(s *record.Source) *record.Failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.known[place{s.Topic, s.Partition}][s.Offset]; known.timestamp.Equal(s.Timestamp) {
		return known.failure
	}
	return nil
}

// empty spares the output a look at each record in the usual case.
func (r *refusals) empty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.known) == 0
}

// forget drops what lies before the committed offsets.
func (r *refusals) forget(p place, committed int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for offset := range r.known[p] {
		if offset < committed {
			delete(r.known[p], offset)
		}
	}
	if len(r.known[p]) == 0 {
		delete(r.known, p)
	}
}

// narrow is the most records that a batch may have: an eighth of the last one after a batch that a target refused or
// that the pipeline stopped on, twice as many after one that was committed. Each lane has its own: what others commit says
// nothing about the records among which it looks for the culprit.
type narrow struct {
	mu    sync.Mutex
	limit int // 0 for the configured maximum
}

const (
	narrowing = 8
	widening  = 2
)

// of is the limit, and whether it is below the configured maximum.
func (n *narrow) of(configured int) (limit int, narrowed bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.limit == 0 {
		return configured, false
	}
	return n.limit, true
}

// shrink is called for a batch of size records that must be taken apart.
func (n *narrow) shrink(size int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.limit = max(1, size/narrowing)
}

// grow is called for each committed batch.
func (n *narrow) grow(configured int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.limit == 0 {
		return
	}
	if n.limit *= widening; n.limit >= configured {
		n.limit = 0
	}
}
