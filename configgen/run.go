package configgen

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/inflect-dev/inflect/configgen/postgres"
	"github.com/inflect-dev/inflect/pipeline"
)

// Run works until ctx ends. It leaves engines as they are.
func (r *Reconciler) Run(ctx context.Context) error {
	defer r.queue.stop()
	g, ctx := errgroup.WithContext(ctx)
	everything := make(chan struct{}, 1)
	all := func() {
		select {
		case everything <- struct{}{}:
		default:
		}
	}
	g.Go(func() error {
		return r.opts.Store.Watch(ctx, postgres.Watcher{
			Hint: func(name string) {
				if name == "" {
					all()
					return
				}
				r.metrics.hints.Inc()
				r.queue.add(name)
			},
			Standing: func(s postgres.Standing) {
				r.setStanding(s)
				all()
			},
		})
	})
	g.Go(func() error { return r.resync(ctx, everything) })
	g.Go(func() error { return r.observe(ctx) })
	g.Go(func() error { return r.pollSchemas(ctx) })
	g.Go(func() error { return r.behind(ctx) })
	g.Go(func() error { return r.scaling(ctx) })
	for range r.opts.Workers {
		g.Go(func() error { return r.work(ctx) })
	}
	return g.Wait()
}

func (r *Reconciler) work(ctx context.Context) error {
	for {
		name, ok := r.queue.next(ctx)
		if !ok {
			return nil
		}
		began := time.Now()
		err := r.sync(ctx, name)
		r.metrics.synced(time.Since(began), err)
		if err != nil && ctx.Err() == nil {
			r.opts.Log.Warn("a pipeline is not as its row says yet", "pipeline", name, "error", err)
		}
		r.queue.done(name, err)
		r.publish(name)
	}
}

// resync looks at everything now and then, and whenever asked.
func (r *Reconciler) resync(ctx context.Context, now <-chan struct{}) error {
	tick := time.NewTicker(r.opts.Resync)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-now:
		case <-tick.C:
		}
		r.lookAtEverything(ctx)
	}
}

// lookAtEverything queues every pipeline that has a row, that is remembered, or that an engine runs.
func (r *Reconciler) lookAtEverything(ctx context.Context) {
	names := map[string]bool{}
	rows, err := r.opts.Store.Rows(ctx)
	for _, row := range rows {
		names[row.Name] = true
	}
	for _, v := range r.views.list() {
		names[v.name] = true
	}
	if err == nil {
		// Streams that no row asks for go, which only a readable database can say.
		for _, s := range r.opts.Target.Observe(ctx) {
			for name := range s.Active {
				names[name] = true
			}
		}
		if w, ok := r.opts.Target.(*Workloads); ok {
			for _, name := range w.names() {
				names[name] = true
			}
		}
	}
	for name := range names {
		r.queue.offer(name)
	}
	r.metrics.resyncs.Inc()
}

// pollSchemas makes a new revision of a pipeline whose "latest" schema moved on, which then goes through the gate.
func (r *Reconciler) pollSchemas(ctx context.Context) error {
	tick := time.NewTicker(r.opts.SchemaPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if acts, adrift := r.acts(); !acts || adrift {
			continue
		}
		for _, v := range r.views.list() {
			if err := r.renew(ctx, v); err != nil && ctx.Err() == nil {
				r.opts.Log.Warn("looking for newer schemas", "pipeline", v.name, "error", err)
			}
		}
	}
}

func (r *Reconciler) renew(ctx context.Context, v *view) error {
	v.mu.Lock()
	row, good := v.row, v.good
	v.mu.Unlock()
	// A revision that did not pass is tried again with every resync, with the newest schemas.
	if good == nil || good.revision != row.Revision {
		return nil
	}
	moved, err := r.opts.Gate.moved(ctx, good.spec, good.build)
	if err != nil || !moved {
		return err
	}
	r.opts.Log.Info("a schema that the pipeline uses as latest moved on", "pipeline", v.name)
	// The code stays what it is; only the versions are looked up anew.
	build := good.build
	build.Versions = nil
	return r.opts.Store.Touch(ctx, v.name, row.Revision, "inflect", "schema_moved", &build)
}

// Rebundle makes a new revision of each pipeline whose code came out of files of the transform directory that have
// changed since. It returns their names.
func (r *Reconciler) Rebundle(ctx context.Context) ([]string, error) {
	if acts, adrift := r.acts(); !acts || adrift {
		return nil, nil
	}
	var names []string
	for _, v := range r.views.list() {
		v.mu.Lock()
		row, good, rejected := v.row, v.good, v.rejected
		v.mu.Unlock()
		if rejected != 0 && rejected == row.Revision {
			r.queue.add(v.name)
			continue
		}
		if good == nil || good.revision != row.Revision || !r.opts.Gate.outdated(ctx, good.spec, good.build) {
			continue
		}
		if err := r.opts.Store.Touch(ctx, v.name, row.Revision, "inflect", "transforms_changed", nil); err != nil {
			return names, err
		}
		names = append(names, v.name)
	}
	return names, nil
}

// observe asks engines what they see, and has pipelines looked at that an engine lost.
func (r *Reconciler) observe(ctx context.Context) error {
	var changed time.Time
	for {
		sights := r.opts.Target.Observe(ctx)
		select {
		case <-ctx.Done():
			return nil
		default:
		}
		r.hub.seen(sights)
		for _, v := range r.views.list() {
			if v.heal(sights, r.opts.MinBackoff, r.opts.MaxBackoff) {
				r.queue.add(v.name)
			}
			r.publish(v.name)
		}
		wait := r.opts.Observe
		if time.Since(changed) < r.opts.Attention {
			wait = min(wait, r.opts.Glance)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		case <-r.nudge:
			changed = time.Now()
		}
	}
}

func (r *Reconciler) publish(name string) {
	v, ok := r.views.find(name)
	if !ok {
		r.hub.publish(pipeline.Status{Name: name, Phase: pipeline.PhaseStopped, State: pipeline.Stopped, Message: "deleted"})
		return
	}
	r.hub.publish(r.status(v))
}
