package configgen

import (
	"context"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// Behind measures the distance of consumer groups from the ends of their topics, by group.
type Behind interface {
	Behind(ctx context.Context, places []pipeline.Place) (map[string]int64, error)
}

// behindPause is the time between two looks at groups that nobody is in, and behindTimeout bounds one.
const (
	behindPause   = 5 * time.Second
	behindTimeout = 10 * time.Second
)

// behind measures the lag of pipelines that no instance runs, which nobody else would: paused ones, and those that were
// scaled to zero.
func (r *Reconciler) behind(ctx context.Context) error {
	if r.opts.Behind == nil {
		return nil
	}
	tick := time.NewTicker(min(behindPause, r.opts.Resync))
	defer tick.Stop()
	for {
		var places []pipeline.Place
		for _, v := range r.views.list() {
			p, ok := v.wanted()
			if ok && len(r.status(v).Instances) == 0 {
				places = append(places, r.place(p))
			}
		}
		r.measure(ctx, places)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// measure asks for the lag of some places and keeps it. Without an answer what was known stays.
func (r *Reconciler) measure(ctx context.Context, places []pipeline.Place) {
	if r.opts.Behind == nil || len(places) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, behindTimeout)
	defer cancel()
	found, err := r.opts.Behind.Behind(ctx, places)
	if err != nil {
		r.opts.Log.Debug("measuring the lag of groups that nobody is in", "error", err)
		return
	}
	r.hub.setBehind(found)
}

// place is where a pipeline reads.
func (r *Reconciler) place(p pipeline.Pipeline) pipeline.Place {
	return pipeline.Place{Group: r.opts.Gate.Render.Group(p.Name), Topic: p.Source.Topic, Start: p.WithDefaults().Source.Start}
}
