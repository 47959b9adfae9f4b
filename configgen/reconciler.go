package configgen

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/inflect-dev/inflect/configgen/postgres"
	"github.com/inflect-dev/inflect/configgen/render"
	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/pipeline"
)

// Target is where configs run. A config that is refused for good is a *streams.Refused; one that could not be delivered
// is an Error of CodeUnavailable.
type Target interface {
	Apply(ctx context.Context, p pipeline.Pipeline, config []byte) error
	// Stop ends what runs of a pipeline. With state paused its place may be kept ready, else nothing of it is left.
	Stop(ctx context.Context, p pipeline.Pipeline) error
	Restart(ctx context.Context, name string, config []byte) error
	Observe(ctx context.Context) []streams.Sight
}

// Offsets moves the place of a consumer group and says whether it is at rest.
type Offsets interface {
	// Idle waits until nobody is in the group.
	Idle(ctx context.Context, group string) error
	Move(ctx context.Context, group, topic string, to pipeline.Replay) error
}

// Options are what a Reconciler stands on. Store, Target and Gate are required.
type Options struct {
	Store   *postgres.Store
	Target  Target
	Gate    *Gate
	Offsets Offsets
	// Growth and Behind may be nil: then no topic grows, and pipelines that nobody runs show no lag.
	Growth     Growth
	Behind     Behind
	Log        *slog.Logger
	Registerer prometheus.Registerer

	// Workers is how many pipelines are looked at at once, 4 by default.
	Workers int
	// Resync is how often everything is looked at, 30 s by default; Observe how often engines are asked what they see,
	// 1 s; SchemaPoll how often it is looked whether a "latest" schema moved on, 30 s.
	Resync, Observe, SchemaPoll time.Duration
	// Attention is how long engines are asked more often after something was changed on them, 3 s by default, and Glance
	// how often then, 100 ms.
	Attention, Glance time.Duration
	// MinBackoff and MaxBackoff are the bounds of the wait before a pipeline is tried again, 200 ms and 30 s.
	MinBackoff, MaxBackoff time.Duration
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.Workers <= 0 {
		o.Workers = 4
	}
	orDuration(&o.Resync, 30*time.Second)
	orDuration(&o.Observe, time.Second)
	orDuration(&o.SchemaPoll, 30*time.Second)
	orDuration(&o.Attention, 3*time.Second)
	orDuration(&o.Glance, 100*time.Millisecond)
	orDuration(&o.MinBackoff, 200*time.Millisecond)
	orDuration(&o.MaxBackoff, 30*time.Second)
	return o
}

func orDuration(d *time.Duration, otherwise time.Duration) {
	if *d <= 0 {
		*d = otherwise
	}
}

// Reconciler makes engines run what rows say. Its methods may be called from any goroutine; Run has to run.
type Reconciler struct {
	opts    Options
	queue   *queue
	metrics *metrics
	views   *views
	hub     *hub
	nudge   chan struct{}

	mu       sync.Mutex
	standing postgres.Standing
	// led says that this replica has led at some time, so that what it remembers is worth restoring.
	led bool
}

// New makes a Reconciler.
func New(o Options) *Reconciler {
	o = o.withDefaults()
	r := &Reconciler{opts: o, queue: newQueue(o.MinBackoff, o.MaxBackoff), views: newViews(), hub: newHub(), nudge: make(chan struct{}, 1)}
	r.metrics = newMetrics(o.Registerer, r)
	return r
}

// acts says whether this replica may change engines: it leads, or it led and nobody can know who leads now.
func (r *Reconciler) acts() (acts, adrift bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	adrift = r.standing == postgres.Adrift
	return r.standing == postgres.Leading || adrift && r.led, adrift
}

func (r *Reconciler) setStanding(s postgres.Standing) {
	r.mu.Lock()
	r.standing = s
	r.led = r.led && s != postgres.Following || s == postgres.Leading
	r.mu.Unlock()
	r.opts.Log.Info("the lease of this replica changed", "leads", s == postgres.Leading, "adrift", s == postgres.Adrift)
}

// sync makes one pipeline true. An error brings it back later.
func (r *Reconciler) sync(ctx context.Context, name string) error {
	acts, adrift := r.acts()
	v := r.views.get(name)
	v.busy.Lock()
	defer v.busy.Unlock()
	row, err := r.opts.Store.Row(ctx, name)
	switch {
	case pipeline.CodeOf(err) == pipeline.CodeNotFound && err != nil:
		if !acts {
			r.forget(name)
			return nil
		}
		return r.remove(ctx, name)
	case pipeline.CodeOf(err) == pipeline.CodeUnavailable && err != nil:
		if acts && adrift {
			return r.restore(ctx, v)
		}
		return err
	case err != nil:
		return err
	}
	v.setRow(row)
	if !acts {
		return r.follow(ctx, v, row)
	}
	if row.State == pipeline.Paused || row.State == pipeline.Stopped || v.held() {
		return r.rest(ctx, v, row)
	}
	return r.run(ctx, v, row)
}

// remove takes a pipeline that has no row off the engines.
func (r *Reconciler) remove(ctx context.Context, name string) error {
	if err := r.opts.Target.Stop(ctx, pipeline.Pipeline{Spec: pipeline.Spec{Name: name, State: pipeline.Stopped}}); err != nil {
		return err
	}
	r.forget(name)
	return nil
}

func (r *Reconciler) forget(name string) {
	r.views.forget(name)
	r.hub.forget(name, r.opts.Gate.Render.Group(name))
}

// restore gives engines back what they lost, while the database is away.
func (r *Reconciler) restore(ctx context.Context, v *view) error {
	good, wanted := v.running()
	if !wanted {
		return nil
	}
	return r.opts.Target.Apply(ctx, good.pipeline(), good.config)
}

// rest takes a paused or stopped pipeline off the engines; its offsets stay where they are. The state counts even when
// the rest of the row is nonsense.
func (r *Reconciler) rest(ctx context.Context, v *view, row postgres.Row) error {
	p := row.Pipeline
	if len(row.Problems) > 0 {
		// What a place would look like cannot be told from nonsense.
		p = pipeline.Pipeline{Spec: pipeline.Spec{Name: row.Name, State: pipeline.Stopped}}
	}
	if err := r.opts.Target.Stop(ctx, p); err != nil {
		v.setWaiting(err.Error())
		return err
	}
	if len(row.Problems) > 0 {
		v.setRejected(row.Revision, row.Problems.Error(), false)
	}
	v.setResting()
	return nil
}

// run makes engines run the row's revision, or, when that one may not run, the last one that could.
func (r *Reconciler) run(ctx context.Context, v *view, row postgres.Row) error {
	if len(row.Problems) > 0 {
		return r.reject(ctx, v, row, postgres.Rejection{Why: row.Problems.Error()})
	}
	before, err := r.refused(ctx, v, row)
	if err != nil {
		return err
	}
	if before.Refused {
		return r.reject(ctx, v, row, before)
	}
	good, err := r.pass(ctx, v, row)
	if err != nil {
		if transient(err) {
			v.setWaiting(err.Error())
			return errors.Join(err, r.keep(ctx, v, row))
		}
		return r.reject(ctx, v, row, postgres.Rejection{Why: err.Error()})
	}
	if !v.has(row.Revision) {
		if err := r.opts.Gate.CreateTopics(ctx, row.Spec); err != nil {
			v.setWaiting(err.Error())
			return errors.Join(err, r.keep(ctx, v, row))
		}
	}
	if err := r.opts.Target.Apply(ctx, good.pipeline(), good.config); err != nil {
		var refused *streams.Refused
		if errors.As(err, &refused) && !v.has(row.Revision) {
			return r.reject(ctx, v, row, postgres.Rejection{Why: "an engine refused it: " + refused.Reason, Refused: true})
		}
		var partly *streams.Partly
		if errors.As(err, &partly) {
			v.setApplied(good)
		}
		v.setWaiting(err.Error())
		return err
	}
	if !v.has(row.Revision) {
		r.poke()
	}
	v.setApplied(good)
	return r.opts.Store.MarkApplied(ctx, v.name, row.Revision)
}

// refused is whether an engine refused the row's revision before. To try it again would stop what runs for a moment, and
// end the same way.
func (r *Reconciler) refused(ctx context.Context, v *view, row postgres.Row) (postgres.Rejection, error) {
	if v.has(row.Revision) {
		return postgres.Rejection{}, nil
	}
	return r.opts.Store.Rejected(ctx, row.Name, row.Revision)
}

// transient errors may be gone the next time.
func transient(err error) bool {
	code := pipeline.CodeOf(err)
	return code == pipeline.CodeUnavailable || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// pass is the row's revision as it may run. A revision that ran before does not have to pass the gate again.
func (r *Reconciler) pass(ctx context.Context, v *view, row postgres.Row) (applied, error) {
	if a, ok := v.applied(row.Revision); ok {
		return a, nil
	}
	rev, err := r.opts.Store.Revision(ctx, row.Name, row.Revision)
	if err != nil {
		return applied{}, err
	}
	build, built, err := r.opts.Store.Build(ctx, row.Name, row.Revision)
	if err != nil {
		return applied{}, err
	}
	if rev.Applied && built {
		config, err := render.Stream(row.Pipeline, build, r.opts.Gate.Render)
		return applied{revision: row.Revision, spec: row.Spec, build: build, config: config}, err
	}
	stored := &build
	if !built {
		stored = nil
	}
	began := time.Now()
	passed, err := r.opts.Gate.Pass(ctx, row.Pipeline, stored)
	r.metrics.gate(time.Since(began), err)
	if err != nil {
		return applied{}, err
	}
	if err := r.opts.Store.SaveBuild(ctx, row.Name, row.Revision, passed.Build); err != nil {
		return applied{}, err
	}
	return applied{revision: row.Revision, spec: row.Spec, build: passed.Build, config: passed.Config}, nil
}

// reject keeps the previous revision running and says why.
func (r *Reconciler) reject(ctx context.Context, v *view, row postgres.Row, why postgres.Rejection) error {
	if err := r.keep(ctx, v, row); err != nil {
		return err
	}
	_, runs := v.running()
	if v.setRejected(row.Revision, why.Why, runs) {
		r.opts.Log.Warn("a revision was rejected", "pipeline", row.Name, "revision", row.Revision, "error", why.Why)
		r.poke()
	}
	return r.opts.Store.MarkRejected(ctx, row.Name, row.Revision, why)
}

// keep makes sure that the last revision that could run does.
func (r *Reconciler) keep(ctx context.Context, v *view, row postgres.Row) error {
	if !v.hasAny() {
		previous, ok, err := r.previous(ctx, row)
		if err != nil || !ok {
			return err
		}
		v.setApplied(previous)
	}
	return r.restore(ctx, v)
}

// previous is the newest revision below the row's that has run, out of the history.
func (r *Reconciler) previous(ctx context.Context, row postgres.Row) (applied, bool, error) {
	rev, ok, err := r.opts.Store.Applied(ctx, row.Name, row.Revision)
	if err != nil || !ok {
		return applied{}, false, err
	}
	build, ok, err := r.opts.Store.Build(ctx, row.Name, rev.Revision)
	if err != nil || !ok {
		return applied{}, false, err
	}
	p := pipeline.Pipeline{Spec: rev.Spec, Revision: rev.Revision}
	config, err := render.Stream(p, build, r.opts.Gate.Render)
	return applied{revision: rev.Revision, spec: rev.Spec, build: build, config: config}, err == nil, err
}

// follow learns from the database what the leading replica did.
func (r *Reconciler) follow(ctx context.Context, v *view, row postgres.Row) error {
	why, err := r.opts.Store.Rejected(ctx, row.Name, row.Revision)
	if err != nil {
		return err
	}
	if row.State == pipeline.Paused || row.State == pipeline.Stopped {
		v.setResting()
		return nil
	}
	upTo := row
	if why.Why != "" {
		upTo.Revision--
	}
	good, ok, err := r.previous(ctx, upTo)
	if err != nil {
		return err
	}
	if ok {
		v.setApplied(good)
	}
	if why.Why != "" {
		v.setRejected(row.Revision, why.Why, ok)
	}
	return nil
}

// poke has the engines looked at before the next tick.
func (r *Reconciler) poke() {
	select {
	case r.nudge <- struct{}{}:
	default:
	}
}
