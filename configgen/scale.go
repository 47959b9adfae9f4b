package configgen

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/inflect-dev/inflect/configgen/kube"
	"github.com/inflect-dev/inflect/pipeline"
)

// notScaled is what is said where there are no pods.
const notScaled = "this installation runs every pipeline on each of its engines, and Kafka divides the partitions among them: " +
	"nothing is scaled here, which takes Kubernetes"

// Scale is how a pipeline is scaled right now.
func (r *Reconciler) Scale(ctx context.Context, name string) (pipeline.Scale, error) {
	status, err := r.Status(ctx, name)
	if err != nil {
		return pipeline.Scale{}, err
	}
	v := r.views.get(name)
	v.mu.Lock()
	p := v.row.Pipeline
	v.mu.Unlock()
	out := pipeline.Scale{Name: name, Instances: []pipeline.ScaleInstance{}}
	target, ok := r.opts.Target.(Scalable)
	if !ok {
		fixedScale(&out, status)
		return out, nil
	}
	now, _ := target.Scale(p)
	out.Figures, out.Rate, out.Replicas = now.Figures, now.Rate, now.Replicas
	out.Lag = status.Lag
	out.Wanted = wantedBy(out.Figures)
	out.Reason = cmp.Or(now.Fixed, atRest(status.State), sameBounds(out.Figures))
	out.Scales = out.Reason == ""
	if out.Scales && now.Stalled != "" {
		out.Reason = "the autoscaler cannot decide: " + now.Stalled
	}
	if g := p.WithDefaults().Scaling.Partitions; g.Grow {
		out.Growth = &pipeline.Growth{Max: int(g.Max), MetadataAge: g.MetadataAge}
	}
	for _, pod := range now.Pods {
		i := ofPod(pod, status.Instances)
		if i.Ready {
			out.Ready++
		}
		out.Instances = append(out.Instances, i)
	}
	return out, nil
}

// ScalingChanges is one page of how a pipeline was scaled, the newest first.
func (r *Reconciler) ScalingChanges(ctx context.Context, name, cursor string, limit int) (pipeline.Page[pipeline.ScalingChange], error) {
	return r.opts.Store.ScalingChanges(ctx, name, cursor, limit)
}

// fixedScale is that of a pipeline on a fixed list of engines.
func fixedScale(s *pipeline.Scale, status pipeline.Status) {
	s.Reason, s.Lag = notScaled, status.Lag
	for _, i := range status.Instances {
		ready := i.State == "running"
		if ready {
			s.Ready++
		}
		s.Partitions += len(i.Partitions)
		s.Instances = append(s.Instances, pipeline.ScaleInstance{Instance: i, Ready: ready})
	}
	s.Replicas = len(s.Instances)
	s.Min, s.Max, s.Wanted = s.Replicas, s.Replicas, s.Replicas
}

func ofPod(pod kube.Instance, running []pipeline.Instance) pipeline.ScaleInstance {
	out := pipeline.ScaleInstance{Node: pod.Node, Ready: pod.Ready, Restarts: int(pod.Restarts)}
	if !pod.Started.IsZero() {
		started := pod.Started.UTC()
		out.Started = &started
	}
	at := slices.IndexFunc(running, func(i pipeline.Instance) bool { return i.ID == pod.Name })
	if at >= 0 {
		out.Instance = running[at]
		return out
	}
	out.Instance = pipeline.Instance{ID: pod.Name, State: "starting", Reason: pod.Why, Partitions: []pipeline.Partition{}}
	if !pod.Running && pod.Why == "" && !pod.Started.IsZero() {
		out.State = "ending"
	}
	return out
}

func atRest(s pipeline.State) string {
	if s == pipeline.Paused || s == pipeline.Stopped {
		return "it is " + string(s)
	}
	return ""
}

func sameBounds(f pipeline.Figures) string {
	if f.Min < f.Max {
		return ""
	}
	return fmt.Sprintf("scaling.min and what bounds it from above are the same: %d", f.Max)
}
