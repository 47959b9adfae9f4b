package kafka

import (
	"sync"

	"github.com/inflect-dev/inflect/plugins/record"
)

// The states of a pipeline's board.
const (
	stateRunning = "running"
	stateWaiting = "waiting"
	stateFailed  = "failed"
)

// health is what the board last said, so that it is told of changes only.
type health struct {
	stats *record.Pipeline

	mu            sync.Mutex
	state, reason string
}

func (h *health) set(state, reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state == state && h.reason == reason {
		return
	}
	h.state, h.reason = state, reason
	h.stats.SetState(state, reason)
}
