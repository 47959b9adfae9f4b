package configgen

import (
	"context"
	"fmt"

	"github.com/inflect-dev/inflect/pipeline"
)

// Restart stops and starts a running pipeline on every engine.
func (r *Reconciler) Restart(ctx context.Context, name string) error {
	v, err := r.actOn(ctx, name)
	if err != nil {
		return err
	}
	v.busy.Lock()
	defer v.busy.Unlock()
	good, ok := v.running()
	if !ok {
		return pipeline.Errorf(pipeline.CodeInvalid, "state", "pipeline %s does not run: resume it instead", name)
	}
	if err := r.opts.Target.Restart(ctx, name, good.config); err != nil {
		return fmt.Errorf("restarting pipeline %s: %w", name, err)
	}
	r.poke()
	return nil
}

// Drain stops reading, and returns when everything that was read is finished and committed. The pipeline is paused then.
func (r *Reconciler) Drain(ctx context.Context, name string) error {
	v, err := r.actOn(ctx, name)
	if err != nil {
		return err
	}
	if _, err := r.opts.Store.SetState(ctx, name, pipeline.Paused, "inflect"); err != nil {
		return err
	}
	return r.atRest(ctx, v)
}

// atRest takes a pipeline off the engines and waits until nobody is in its consumer group.
func (r *Reconciler) atRest(ctx context.Context, v *view) error {
	v.busy.Lock()
	err := r.opts.Target.Stop(ctx, v.resting())
	v.busy.Unlock()
	if err != nil {
		return fmt.Errorf("stopping pipeline %s: %w", v.name, err)
	}
	if r.opts.Offsets == nil {
		return nil
	}
	return r.opts.Offsets.Idle(ctx, r.opts.Gate.Render.Group(v.name))
}

// Replay moves a pipeline's place. A running pipeline is stopped for the moment and goes on from there.
func (r *Reconciler) Replay(ctx context.Context, name string, to pipeline.Replay) error {
	v, err := r.actOn(ctx, name)
	if err != nil {
		return err
	}
	if r.opts.Offsets == nil {
		return pipeline.Errorf(pipeline.CodeUnavailable, "", "this server does not reach the brokers")
	}
	v.setHold(true)
	defer func() {
		v.setHold(false)
		r.queue.add(name)
	}()
	if err := r.atRest(ctx, v); err != nil {
		return err
	}
	v.mu.Lock()
	topic := v.row.Source.Topic
	v.mu.Unlock()
	return r.opts.Offsets.Move(ctx, r.opts.Gate.Render.Group(name), topic, to)
}

// actOn is the view of a pipeline that this replica may act on.
func (r *Reconciler) actOn(ctx context.Context, name string) (*view, error) {
	if _, err := r.Status(ctx, name); err != nil {
		return nil, err
	}
	if acts, _ := r.acts(); !acts {
		return nil, pipeline.Errorf(pipeline.CodeUnavailable, "", "another replica of this server acts at the moment: try again")
	}
	return r.views.get(name), nil
}
