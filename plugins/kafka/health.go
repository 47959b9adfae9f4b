package kafka

import (
	"strings"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/plugins/record"
)

// The states of a pipeline's board.
const (
	stateRunning = "running"
	stateWaiting = "waiting"
	stateFailed  = "failed"
)

const (
	// joining is how the reasons begin of an input that has no place in the group.
	joining = "joining the consumer group"
	// calmTime is how long no reading may have failed until a wait is over, and how long a topic may be unknown until it is
	// taken for gone. The client tries again more often than that.
	calmTime = 6 * time.Second
	// haltTime is how long a pipeline counts as failed though other records than the one that it stopped on are done. It is
	// read again before; once another instance has its partition it is not.
	haltTime = 2 * longPause
)

// health is what the board last said, so that it and the log are told of changes only.
type health struct {
	stats *record.Pipeline
	log   *service.Logger

	mu            sync.Mutex
	state, reason string
	unreadAt      time.Time // when reading failed last
	stuckOn       time.Time // when the batch was read that is waited for, zero when none is
	halt          halt
}

// halt is the record that a pipeline stopped on.
type halt struct {
	place  place
	offset int64
	at     time.Time
}

func (h *health) set(state, reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.say(state, reason)
}

// say is set for who holds the lock.
func (h *health) say(state, reason string) {
	if state == stateRunning {
		h.stuckOn = time.Time{}
	}
	if h.state == state && h.reason == reason {
		return
	}
	switch {
	case state == stateFailed:
		h.log.Errorf("the pipeline has failed: %s", reason)
	case state == stateWaiting && h.state != stateWaiting && reason != joining:
		h.log.Warnf("the pipeline waits: %s", reason)
	case state == stateRunning && h.state != stateRunning && h.state != "" && h.reason != joining:
		h.log.Infof("the pipeline runs again")
	}
	if state == stateRunning && reason != "" {
		h.log.Infof("the pipeline runs: %s", reason)
	}
	h.state, h.reason = state, reason
	h.stats.SetState(state, reason)
}

// joined ends the wait for the group. Whatever else the pipeline waits for is left to those who said so: an assignment
// says nothing about it.
func (h *health) joined() {
	h.mu.Lock()
	waiting := strings.HasPrefix(h.reason, joining)
	h.mu.Unlock()
	if waiting {
		h.set(stateRunning, "")
	}
}

// calm ends a wait whose reason is gone, and a remark that is no longer so: everything answers, and nothing is in flight.
// What slows the pipeline down, if anything does, remains to be said. A failed pipeline stays failed until it has got
// beyond the record that it stopped on.
func (h *health) calm(slowed string) {
	h.mu.Lock()
	waited := h.state == stateWaiting && !strings.HasPrefix(h.reason, joining) && time.Since(h.unreadAt) > calmTime
	remarked := h.state == stateRunning && h.reason != ""
	h.mu.Unlock()
	if waited || remarked {
		h.set(stateRunning, slowed)
	}
}

// remark says something about a pipeline that runs.
func (h *health) remark(reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state == stateRunning {
		h.say(stateRunning, reason)
	}
}

// unread notes that reading failed.
func (h *health) unread(reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unreadAt = time.Now()
	h.say(stateWaiting, reason)
}

// stuck notes that a batch, by the time when it was read, waits for something.
func (h *health) stuck(read time.Time, reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stuckOn = read
	h.say(stateWaiting, reason)
}

// stopped notes that the pipeline stops on a record.
func (h *health) stopped(e *stopError) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.halt = halt{place: place{e.source.Topic, e.source.Partition}, offset: e.source.Offset, at: time.Now()}
	h.say(stateFailed, e.Error())
}

// moved is called with what was committed, the batch that is in flight for the longest time, and what slows the pipeline
// down. It ends a wait or a failure, unless they are of something else: a batch of another lane that is still stuck, a
// partition that cannot be read, the record that the pipeline stopped on. It is false as long as it stops on that.
func (h *health) moved(offsets map[place]kgo.EpochOffset, oldest func() (time.Time, bool), slowed string) bool {
	read, busy := oldest()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.state == stateFailed:
		if o, ok := offsets[h.halt.place]; (!ok || o.Offset <= h.halt.offset) && time.Since(h.halt.at) < haltTime {
			return false
		}
	case h.state == stateWaiting && time.Since(h.unreadAt) < calmTime, busy && !read.After(h.stuckOn):
		return true
	}
	h.say(stateRunning, slowed)
	return true
}
