package configgen

import (
	"context"
	"maps"
	"reflect"
	"sync"
	"time"

	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/pipeline"
)

const (
	// window is the time over which rates are measured.
	window = 10 * time.Second
	// backlog is how many statuses a subscriber may be behind.
	backlog = 256
)

// hub keeps what engines show, measures rates on it, and tells who listens.
type hub struct {
	mu      sync.Mutex
	sights  []streams.Sight
	samples map[string][]sample
	told    map[string]pipeline.Status
	// behind is the lag of consumer groups that nobody was in when it was measured.
	behind  map[string]int64
	readers map[chan pipeline.Status]bool
}

// sample is a pipeline's sums over all engines at one moment.
type sample struct {
	at     time.Time
	counts pipeline.Counts
	lag    int64
}

func newHub() *hub {
	return &hub{samples: map[string][]sample{}, told: map[string]pipeline.Status{}, readers: map[chan pipeline.Status]bool{}, behind: map[string]int64{}}
}

func (h *hub) setBehind(found map[string]int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.Copy(h.behind, found)
}

func (h *hub) behindOf(group string) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.behind[group]
}

// seen takes what engines showed. What an engine that cannot be reached showed last counts on.
func (h *hub) seen(sights []streams.Sight) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range sights {
		for _, before := range h.sights {
			if sights[i].Err != nil && before.Engine == sights[i].Engine {
				sights[i].Boards = before.Boards
				sights[i].Instance = before.Instance
			}
		}
	}
	h.sights = sights
	now := time.Now()
	sums := map[string]sample{}
	for _, s := range sights {
		for name, b := range s.Boards {
			sum := sums[name]
			sum.at = now
			sum.lag += b.Lag
			sum.counts.Read += b.Read
			sum.counts.InFlight += b.InFlight
			sum.counts.Delivered += b.Delivered
			sum.counts.Filtered += b.Filtered
			sum.counts.DeadLettered += b.DeadLettered
			sum.counts.Dropped += b.Dropped
			sums[name] = sum
		}
	}
	for name, samples := range h.samples {
		if _, ok := sums[name]; !ok {
			// What does not run any more keeps its counts and has no rates.
			h.samples[name] = samples[len(samples)-1:]
		}
	}
	for name, sum := range sums {
		h.samples[name] = append(fresh(h.samples[name], sum), sum)
	}
}

// fresh is the samples that can be compared with a new one: those of the window, and none from before a counter began
// anew because an engine restarted.
func fresh(samples []sample, next sample) []sample {
	if n := len(samples); n > 0 && next.counts.Read < samples[n-1].counts.Read-samples[n-1].counts.InFlight {
		return nil
	}
	// The oldest sample may be just outside, so that the window is always full.
	for len(samples) > 1 && next.at.Sub(samples[1].at) >= window {
		samples = samples[1:]
	}
	return samples
}

// of is what is seen of one pipeline. LagRate is records per second by which the lag grows.
func (h *hub) of(name string) (sights []streams.Sight, counts pipeline.Counts, rates pipeline.Rates, lagRate float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	samples := h.samples[name]
	if len(samples) == 0 {
		return h.sights, counts, rates, 0
	}
	first, last := samples[0], samples[len(samples)-1]
	seconds := last.at.Sub(first.at).Seconds()
	per := func(a, b int64) float64 {
		if seconds <= 0 {
			return 0
		}
		return max(0, float64(b-a)/seconds)
	}
	rates = pipeline.Rates{
		Read:         per(first.counts.Read, last.counts.Read),
		Delivered:    per(first.counts.Delivered, last.counts.Delivered),
		Filtered:     per(first.counts.Filtered, last.counts.Filtered),
		DeadLettered: per(first.counts.DeadLettered, last.counts.DeadLettered),
	}
	if seconds > 0 {
		lagRate = float64(last.lag-first.lag) / seconds
	}
	return h.sights, last.counts, rates, lagRate
}

// forget drops a pipeline that has been deleted.
func (h *hub) forget(name, group string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.behind, group)
	delete(h.samples, name)
	delete(h.told, name)
}

func (h *hub) subscribe(ctx context.Context) <-chan pipeline.Status {
	c := make(chan pipeline.Status, backlog)
	h.mu.Lock()
	h.readers[c] = true
	h.mu.Unlock()
	context.AfterFunc(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.readers, c)
		close(c)
	})
	return c
}

// publish tells a status to those who listen, if it says anything new.
func (h *hub) publish(s pipeline.Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.told[s.Name]
	before.UpdatedAt = s.UpdatedAt
	if reflect.DeepEqual(before, s) {
		return
	}
	h.told[s.Name] = s
	for c := range h.readers {
		select {
		case c <- s:
		default:
		}
	}
}
