package configgen

import (
	"context"
	"time"

	"github.com/inflect-dev/inflect/configgen/kube"
	"github.com/inflect-dev/inflect/pipeline"
)

// Scalable is a target whose number of instances follows the load.
type Scalable interface {
	// Scale is how a pipeline is scaled as far as it was seen; ok is false when it has no workload.
	Scale(p pipeline.Pipeline) (s Scale, ok bool)
}

// Scale is what a Scalable knows of one pipeline. The lag among its figures is left to whoever asks.
type Scale struct {
	kube.Workload

	Figures pipeline.Figures
	Rate    float64
	Pods    []kube.Instance
	// Fixed is why the number of pods follows nothing; empty when it does.
	Fixed string
}

// Scale is how a pipeline's pods are scaled.
func (w *Workloads) Scale(p pipeline.Pipeline) (Scale, bool) {
	load, ok := w.cluster.Workload(p.Name)
	scaling, d := p.WithDefaults().Scaling, w.known(p.Name)
	s := Scale{Workload: load, Rate: d.Rate, Pods: w.cluster.Pods(p.Name)}
	s.Figures = pipeline.Figures{Threshold: kube.Threshold(scaling, d.Rate), Partitions: d.Partitions}
	s.Figures.Min, s.Figures.Max = kube.Bounds(scaling, d)
	if !w.cluster.Autoscales() {
		s.Fixed = "KEDA is not installed in this cluster, so there are as many pods as scaling.min says, at least one and at most one for each partition"
	}
	return s, ok
}

// scaling writes down how pipelines are scaled and has topics grow. It works by level: what the database has last is
// compared with what is seen, so that nothing is lost while no replica leads but the steps in between.
type scaling struct {
	r      *Reconciler
	target Scalable
	// last is what was written down of each pipeline; nil until it was read.
	last   map[string]ledger
	demand map[string]demand
	// open are changes of the number of pods of which it is not clear yet who made them, and marks what the cluster said
	// when the last one was written down.
	open  map[string]open
	marks map[string]mark
}

// open is a number of pods as it was seen first, and what there was to do then.
type open struct {
	to      int
	since   time.Time
	figures pipeline.Figures
}

// mark tells what the cluster says of the newest change from what it said of the one before, whatever its clocks show.
type mark struct{ written, scaled time.Time }

// patience is how long the cluster may take to say who changed the number of pods. The autoscaler says so after it did.
const patience = 10 * time.Second

// ledger is what was written down last of a pipeline: the newest change of each subject, and the figures of the newest.
type ledger struct {
	changes map[pipeline.ScalingSubject]pipeline.ScalingChange
	figures pipeline.Figures
}

func (l ledger) empty() bool { return len(l.changes) == 0 }

// of is the last value of a subject, 0 when nobody knew.
func (l ledger) of(subject pipeline.ScalingSubject) int {
	if c, ok := l.changes[subject]; ok {
		return c.To
	}
	switch subject {
	case pipeline.ScaledMin:
		return l.figures.Min
	case pipeline.ScaledMax:
		return l.figures.Max
	case pipeline.ScaledPartitions:
		return l.figures.Partitions
	}
	return 0
}

// scaling runs until ctx ends. Where nothing scales it has nothing to do.
func (r *Reconciler) scaling(ctx context.Context) error {
	target, ok := r.opts.Target.(Scalable)
	if !ok {
		return nil
	}
	s := &scaling{r: r, target: target}
	s.forget()
	tick := time.NewTicker(r.opts.Observe)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if acts, adrift := r.acts(); !acts || adrift {
			s.forget() // another replica goes on
			continue
		}
		if err := s.look(ctx); err != nil && ctx.Err() == nil {
			r.opts.Log.Warn("writing down how pipelines are scaled", "error", err)
		}
	}
}

// atZero says that a pipeline has no instance because it is to have none for the moment.
func (r *Reconciler) atZero(p pipeline.Pipeline) bool {
	target, ok := r.opts.Target.(Scalable)
	if !ok || p.Scaling.Min > 0 {
		return false
	}
	s, exists := target.Scale(p)
	return exists && s.Replicas == 0
}

func (s *scaling) forget() {
	s.last, s.demand, s.open, s.marks = nil, map[string]demand{}, map[string]open{}, map[string]mark{}
}

func (s *scaling) look(ctx context.Context) error {
	if s.last == nil {
		changes, err := s.r.opts.Store.LastScalings(ctx)
		if err != nil {
			return err
		}
		s.last = map[string]ledger{}
		for _, c := range changes {
			s.enter(c)
		}
	}
	seen := map[string]bool{}
	for _, v := range s.r.views.list() {
		row, ok := v.wanted()
		if !ok {
			continue
		}
		seen[v.name] = true
		if err := s.one(ctx, v, row); err != nil {
			return err
		}
	}
	for name := range s.last {
		if !seen[name] {
			delete(s.last, name)
			delete(s.demand, name)
			delete(s.open, name)
			delete(s.marks, name)
		}
	}
	return nil
}

// enter takes changes in the order in which they were written down.
func (s *scaling) enter(c pipeline.ScalingChange) {
	l := s.last[c.Pipeline]
	if l.changes == nil {
		l.changes = map[pipeline.ScalingSubject]pipeline.ScalingChange{}
	}
	l.changes[c.Of], l.figures = c, c.Figures
	s.last[c.Pipeline] = l
}

// one looks at one pipeline.
func (s *scaling) one(ctx context.Context, v *view, p pipeline.Pipeline) error {
	now, ok := s.target.Scale(p)
	if !ok && p.State != pipeline.Stopped {
		return nil // it is being made
	}
	status := s.r.status(v)
	now.Figures.Lag = status.Lag
	for _, c := range bounds(p, s.last[p.Name], now) {
		if err := s.write(ctx, c); err != nil {
			return err
		}
	}
	if err := s.replicas(ctx, p, now); err != nil {
		return err
	}
	return s.grow(ctx, p, status, now)
}

// replicas writes a changed number of pods down as soon as it is clear who changed it.
func (s *scaling) replicas(ctx context.Context, p pipeline.Pipeline, now Scale) error {
	o, waits := s.open[p.Name]
	if waits && o.to != now.Replicas {
		// It has changed again.
		if err := s.close(ctx, p, o, now); err != nil {
			return err
		}
		waits = false
	}
	if !waits {
		if now.Replicas == s.last[p.Name].of(pipeline.ScaledReplicas) {
			return nil
		}
		if s.r.opts.Behind != nil && (now.Replicas == 0 || s.last[p.Name].of(pipeline.ScaledReplicas) == 0) {
			// Nobody reads, so the lag is what the brokers say, or said before somebody began to.
			place := s.r.place(p)
			before := s.r.hub.behindOf(place.Group)
			s.r.measure(ctx, []pipeline.Place{place})
			now.Figures.Lag = max(before, s.r.hub.behindOf(place.Group))
		}
		o = open{to: now.Replicas, since: time.Now().UTC(), figures: now.Figures}
		s.open[p.Name] = o
	}
	if s.by(p, o, now) == kube.Nobody && time.Since(o.since) < patience {
		return nil
	}
	return s.close(ctx, p, o, now)
}

// by is who made a change, Nobody while that is not clear.
func (s *scaling) by(p pipeline.Pipeline, o open, now Scale) kube.Scaler {
	from, m := s.last[p.Name].of(pipeline.ScaledReplicas), s.marks[p.Name]
	switch {
	case now.Fixed != "" || s.last[p.Name].empty() || p.State != pipeline.Running:
		return kube.Ourselves
	case now.By != kube.Nobody && now.At != m.written:
		return now.By
	case from == 0 || o.to == 0:
		return kube.Operator // the autoscaler does not come into it
	case now.Scaled != m.scaled && now.Desired == o.to:
		return kube.Autoscaler
	}
	return kube.Nobody
}

func (s *scaling) close(ctx context.Context, p pipeline.Pipeline, o open, now Scale) error {
	l := s.last[p.Name]
	c := pipeline.ScalingChange{Pipeline: p.Name, Time: o.since, Of: pipeline.ScaledReplicas, From: l.of(pipeline.ScaledReplicas), To: o.to, Figures: o.figures}
	by := s.by(p, o, now)
	if by == kube.Autoscaler && c.From < c.To {
		// It went by what it was told, which is some seconds old.
		c.Figures.Lag = max(c.Figures.Lag, now.Metric)
	}
	why(&c, p, l, now, by)
	if err := s.write(ctx, c); err != nil {
		return err
	}
	delete(s.open, p.Name)
	s.marks[p.Name] = mark{written: now.At, scaled: now.Scaled}
	return nil
}

func (s *scaling) write(ctx context.Context, c pipeline.ScalingChange) error {
	if err := s.r.opts.Store.Scaled(ctx, c); err != nil {
		return err
	}
	s.enter(c)
	s.r.opts.Log.Info("a pipeline was scaled", "pipeline", c.Pipeline, "of", c.Of, "from", c.From, "to", c.To, "cause", c.Message)
	return nil
}

// wanted is the pipeline as its row says; ok is false when the row is not known or nonsense.
func (v *view) wanted() (pipeline.Pipeline, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.row.Pipeline
	if !v.known || len(v.row.Problems) > 0 {
		return p, false
	}
	if p.State == "" {
		p.State = pipeline.Running
	}
	return p, true
}
