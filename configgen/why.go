package configgen

import (
	"fmt"
	"strconv"
	"time"

	"github.com/inflect-dev/inflect/configgen/kube"
	"github.com/inflect-dev/inflect/pipeline"
)

// change is one that was found, on its way into the history.
type change struct{ pipeline.ScalingChange }

// changes are what is different from what was written down last, in the order in which one leads to the other.
func changes(p pipeline.Pipeline, last ledger, now Scale) []change {
	f := now.Figures
	var out []change
	for _, subject := range []struct {
		of    pipeline.ScalingSubject
		value int
	}{
		{pipeline.ScaledPartitions, f.Partitions}, {pipeline.ScaledMin, f.Min}, {pipeline.ScaledMax, f.Max}, {pipeline.ScaledReplicas, now.Replicas},
	} {
		before := last.of(subject.of)
		if subject.value == before {
			continue
		}
		// Bounds and partitions begin as they are, and are what they were while nobody knows the topic.
		if subject.of != pipeline.ScaledReplicas && (last.empty() || p.State == pipeline.Stopped || f.Partitions == 0) {
			continue
		}
		if subject.of == pipeline.ScaledPartitions && before == 0 {
			continue
		}
		c := change{pipeline.ScalingChange{Pipeline: p.Name, Time: time.Now().UTC(), Of: subject.of, From: before, To: subject.value, Figures: f}}
		c.explain(p, last, now)
		out = append(out, c)
	}
	return out
}

// explain says why.
func (c *change) explain(p pipeline.Pipeline, last ledger, now Scale) {
	switch c.Of {
	case pipeline.ScaledPartitions:
		c.because(pipeline.ByPerson, "", "somebody gave topic %s more partitions", p.Source.Topic)
	case pipeline.ScaledMin, pipeline.ScaledMax:
		c.bound(p, last)
	case pipeline.ScaledReplicas:
		c.replicas(p, last, now)
		if now.At.After(last.changes[c.Of].Time) {
			c.Time = now.At.UTC() // the API server has noted it
		}
	}
}

func (c *change) because(cause pipeline.ScalingCause, actor, format string, args ...any) {
	c.Cause, c.Actor, c.Message = cause, actor, fmt.Sprintf(format, args...)
}

func (c *change) bound(p pipeline.Pipeline, last ledger) {
	s, n := p.WithDefaults().Scaling, c.Figures.Partitions
	before := last.of(pipeline.ScaledPartitions)
	switch {
	case c.Of == pipeline.ScaledMax && c.To < s.Max:
		c.because(pipeline.ByPartitions, "", "topic %s has %s, and one pod more would have nothing to do; scaling.max is %d", p.Source.Topic, count(n, "partition"), s.Max)
	case c.Of == pipeline.ScaledMax && before > 0 && before < n && c.From == before:
		c.because(pipeline.ByPartitions, "", "topic %s has %s by now; scaling.max is %d", p.Source.Topic, count(n, "partition"), s.Max)
	default:
		c.because(pipeline.ByEdit, p.UpdatedBy, "scaling.%s was changed, or what bounds it, with revision %d", c.Of, p.Revision)
	}
}

func (c *change) replicas(p pipeline.Pipeline, last ledger, now Scale) {
	f, rested := c.Figures, last.changes[pipeline.ScaledReplicas].Cause == pipeline.ByPause
	switch {
	case c.To == 0 && p.State == pipeline.Paused:
		c.because(pipeline.ByPause, p.UpdatedBy, "it was paused")
	case c.To == 0 && p.State == pipeline.Stopped:
		c.because(pipeline.ByPause, p.UpdatedBy, "it was stopped")
	case last.empty() && now.By == kube.Nobody:
		c.because(pipeline.ByStart, p.UpdatedBy, "it was started")
	case last.empty():
		c.because(pipeline.ByStart, string(now.By), "it had as many when this history began")
	case c.From == 0 && rested:
		c.because(pipeline.ByResume, p.UpdatedBy, "it was resumed, %s behind", records(f.Lag))
	case c.From < c.To && c.To <= f.Min:
		c.because(pipeline.ByBounds, string(now.By), "there are to be at least %s: scaling.min", count(f.Min, "pod"))
	case c.From > f.Max && c.To >= f.Max:
		c.because(pipeline.ByBounds, string(now.By), "there are to be at most %s", count(f.Max, "pod"))
	case now.By == kube.Operator && c.From == 0:
		c.because(pipeline.ByFirst, string(now.By), "there is work: %s behind", records(f.Lag))
	case now.By == kube.Operator && c.To == 0:
		c.because(pipeline.ByIdleness, string(now.By), "there was nothing to do for %s", cooldown(p))
	case now.By == kube.Autoscaler || now.By == kube.Operator:
		c.load(p, now)
	case now.By == kube.Ourselves || now.By == kube.Nobody:
		c.because(pipeline.ByBounds, string(kube.Ourselves), "without KEDA there are as many pods as scaling.min says")
	default:
		c.because(pipeline.ByPerson, string(now.By), "%s set it", now.By)
	}
}

// load is a change by the autoscaler.
func (c *change) load(p pipeline.Pipeline, now Scale) {
	f := c.Figures
	n := wantedBy(f)
	switch {
	case c.From < c.To && now.TargetCPU > 0 && now.CPU > now.TargetCPU && n < c.To:
		c.because(pipeline.ByCPU, string(now.By), "pods use %d %% of the CPU that they ask for, and %d %% is meant", now.CPU, now.TargetCPU)
	case c.From < c.To:
		c.because(pipeline.ByLag, string(now.By), "%s behind: one pod for each %s wants %d; at most %d are allowed", records(f.Lag), thousands(f.Threshold), n, f.Max)
	default:
		c.because(pipeline.ByLag, string(now.By), "%s behind wants no more than %s, and no more were wanted for %s", records(f.Lag), count(max(n, f.Min), "pod"), cooldown(p))
	}
}

// wantedBy is how many pods a lag asks for, whatever the bounds.
func wantedBy(f pipeline.Figures) int {
	if f.Threshold <= 0 {
		return 0
	}
	return int((f.Lag + f.Threshold - 1) / f.Threshold)
}

func cooldown(p pipeline.Pipeline) time.Duration {
	return time.Duration(p.WithDefaults().Scaling.Cooldown)
}

func records(n int64) string {
	if n == 1 {
		return "1 record"
	}
	return thousands(n) + " records"
}

func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return strconv.Itoa(n) + " " + of + "s"
}

// thousands is a number that people can read.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
