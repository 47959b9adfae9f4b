package kafka

import (
	"strings"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

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
)

// health is what the board last said, so that it and the log are told of changes only.
type health struct {
	stats *record.Pipeline
	log   *service.Logger

	mu            sync.Mutex
	state, reason string
	failed        time.Time // when reading failed last
}

func (h *health) set(state, reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
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
	waited := h.state == stateWaiting && !strings.HasPrefix(h.reason, joining) && time.Since(h.failed) > calmTime
	remarked := h.state == stateRunning && h.reason != ""
	h.mu.Unlock()
	if waited || remarked {
		h.set(stateRunning, slowed)
	}
}

// unread notes that reading failed.
func (h *health) unread(reason string) {
	h.mu.Lock()
	h.failed = time.Now()
	h.mu.Unlock()
	h.set(stateWaiting, reason)
}
