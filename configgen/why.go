package configgen

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/inflect-dev/inflect/configgen/kube"
	"github.com/inflect-dev/inflect/pipeline"
)

// bounds are the changes of partitions and bounds since what was written down last, in the order in which one leads to the
// other. They begin as they are, and are what they were while nobody knows the topic.
func bounds(p pipeline.Pipeline, last ledger, now Scale) []pipeline.ScalingChange {
	f := now.Figures
	if last.empty() || p.State == pipeline.Stopped || f.Partitions == 0 {
		return nil
	}
	var out []pipeline.ScalingChange
	add := func(of pipeline.ScalingSubject, to int) *pipeline.ScalingChange {
		out = append(out, pipeline.ScalingChange{Pipeline: p.Name, Time: time.Now().UTC(), Of: of, From: last.of(of), To: to, Figures: f})
		return &out[len(out)-1]
	}
	had := last.of(pipeline.ScaledPartitions)
	if had != f.Partitions && had > 0 {
		because(add(pipeline.ScaledPartitions, f.Partitions), pipeline.ByPerson, "", "somebody gave topic %s more partitions", p.Source.Topic)
	}
	if last.of(pipeline.ScaledMin) != f.Min {
		edited(add(pipeline.ScaledMin, f.Min), p)
	}
	if last.of(pipeline.ScaledMax) != f.Max {
		c, most := add(pipeline.ScaledMax, f.Max), p.WithDefaults().Scaling.Max
		switch {
		case c.To < most:
			because(c, pipeline.ByPartitions, "", "topic %s has %s, and one pod more would have nothing to do; scaling.max is %d", p.Source.Topic, count(f.Partitions, "partition"), most)
		case c.From < c.To && c.From < f.Partitions && c.From == last.figures.Partitions:
			because(c, pipeline.ByPartitions, "", "topic %s has %s by now; scaling.max is %d", p.Source.Topic, count(f.Partitions, "partition"), most)
		default:
			edited(c, p)
		}
	}
	return out
}

func edited(c *pipeline.ScalingChange, p pipeline.Pipeline) {
	because(c, pipeline.ByEdit, p.UpdatedBy, "scaling.%s was changed, or what bounds it, with revision %d", c.Of, p.Revision)
}

func because(c *pipeline.ScalingChange, cause pipeline.ScalingCause, actor, format string, args ...any) {
	c.Cause, c.Actor, c.Message = cause, actor, fmt.Sprintf(format, args...)
}

// why says why the number of pods changed.
func why(c *pipeline.ScalingChange, p pipeline.Pipeline, last ledger, now Scale, by kube.Scaler) {
	f, actor := c.Figures, string(by)
	switch {
	case c.To == 0 && p.State == pipeline.Paused:
		because(c, pipeline.ByPause, p.UpdatedBy, "it was paused")
	case c.To == 0 && p.State == pipeline.Stopped:
		because(c, pipeline.ByPause, p.UpdatedBy, "it was stopped")
	case last.empty():
		because(c, pipeline.ByStart, p.UpdatedBy, "it was started, or had as many when this history began")
	case c.From == 0 && last.changes[pipeline.ScaledReplicas].Cause == pipeline.ByPause:
		because(c, pipeline.ByResume, p.UpdatedBy, "it was resumed, %s behind", records(f.Lag))
	case (by == kube.Operator || by == kube.Autoscaler) && c.From < c.To && c.To <= f.Min:
		because(c, pipeline.ByBounds, actor, "there are to be at least %s: scaling.min", count(f.Min, "pod"))
	case by == kube.Operator && c.From == 0:
		because(c, pipeline.ByFirst, actor, "there was something to read: %s when it was measured", records(f.Lag))
	case by == kube.Operator && c.To == 0:
		because(c, pipeline.ByIdleness, actor, "there was nothing to do for %s", cooldown(p))
	case by == kube.Ourselves:
		because(c, pipeline.ByBounds, actor, "without KEDA there are as many pods as scaling.min says")
	case by != kube.Autoscaler && by != kube.Operator:
		because(c, pipeline.ByPerson, actor, "%s set it", cmp.Or(actor, "somebody"))
	case c.From > f.Max && c.To >= f.Max:
		because(c, pipeline.ByBounds, actor, "there are to be at most %s", count(f.Max, "pod"))
	default:
		load(c, p, now, actor)
	}
}

// load is a change by the autoscaler.
func load(c *pipeline.ScalingChange, p pipeline.Pipeline, now Scale, actor string) {
	f := c.Figures
	n := wantedBy(f)
	switch {
	case c.From < c.To && now.TargetCPU > 0 && now.CPU > now.TargetCPU && n < c.To:
		because(c, pipeline.ByCPU, actor, "pods use %d %% of the CPU that they ask for, and %d %% is meant", now.CPU, now.TargetCPU)
	case c.From < c.To:
		because(c, pipeline.ByLag, actor, "%s behind: one pod for each %s wants %d; at most %d are allowed", records(f.Lag), thousands(f.Threshold), n, f.Max)
	case n > c.To:
		because(c, pipeline.ByLag, actor, "%s behind would want %s, but partitions that are read to their end, or whose place did not move between two looks, ask for none, and no more were wanted for %s",
			records(f.Lag), count(n, "pod"), cooldown(p))
	default:
		because(c, pipeline.ByLag, actor, "%s behind wants no more than %s, and no more were wanted for %s", records(f.Lag), count(min(max(n, f.Min, 1), c.To), "pod"), cooldown(p))
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
