package configgen

import (
	"context"
	"fmt"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// Growth is the Kafka cluster as the growth of topics needs it.
type Growth interface {
	// GrowTopic gives a topic that has from partitions that many. CodeStale says that it has another number by now.
	GrowTopic(ctx context.Context, topic string, from, to int) error
}

// growPolls is for how many of KEDA's looks more has to be wanted than there are partitions: a minute by default.
// Growth cannot be taken back, so a lag that comes and goes is no reason.
const growPolls = 12

// demand is since when a pipeline wants more partitions, and how far it was behind then.
type demand struct {
	since time.Time
	lag   int64
}

// grow has the source topic grow when that is due.
func (s *scaling) grow(ctx context.Context, p pipeline.Pipeline, status pipeline.Status, now Scale) error {
	if to, due := s.due(p, status, now); due && s.r.opts.Growth != nil {
		return s.growTo(ctx, p, now, to)
	}
	return nil
}

// due reports whether more partitions would help, and would have all the time for long enough.
func (s *scaling) due(p pipeline.Pipeline, status pipeline.Status, now Scale) (to int, ok bool) {
	to, ok = outgrown(p, status, now)
	if !ok || !s.settled(p) {
		delete(s.demand, p.Name)
		return 0, false
	}
	began, known := s.demand[p.Name]
	long := known && status.UpdatedAt.Sub(began.since) >= growPolls*time.Duration(p.WithDefaults().Scaling.Poll)
	if known && !long {
		return 0, false
	}
	// Whatever comes of it, the next time begins with this. A lag that was worked off in part, if slowly, is none that
	// would stay, and new partitions take nothing from the old ones.
	s.demand[p.Name] = demand{since: status.UpdatedAt, lag: status.Lag}
	return to, long && status.Lag >= began.lag
}

// outgrown reports whether a pipeline is at its limit because of its topic's partitions: it has a pod for each, all of
// them are behind by what asks for one more, and so is the whole. A lag that stays on few partitions, as a hot key makes
// it, is not spread by more of them.
func outgrown(p pipeline.Pipeline, status pipeline.Status, now Scale) (to int, ok bool) {
	f, scaling := now.Figures, p.WithDefaults().Scaling
	limit := min(int(scaling.Partitions.Max), scaling.Max)
	if !scaling.Partitions.Grow || status.Phase != pipeline.PhaseRunning || f.Partitions == 0 || limit <= f.Partitions {
		return 0, false
	}
	assigned, behind := 0, 0
	for _, i := range status.Instances {
		for _, part := range i.Partitions {
			assigned++
			if part.Lag >= f.Threshold {
				behind++
			}
		}
	}
	if now.Replicas < f.Partitions || assigned != f.Partitions || 2*behind < assigned || wantedBy(f) <= f.Partitions {
		return 0, false
	}
	// Twice as many divide the keys of each partition among two. Each growth costs a pause for the new partitions, so one
	// at a time that is worth it.
	return min(limit, 2*f.Partitions), true
}

// settled says that new partitions of the last growth are being read, so that their effect can be seen.
func (s *scaling) settled(p pipeline.Pipeline) bool {
	last, ok := s.last[p.Name].changes[pipeline.ScaledPartitions]
	return !ok || time.Since(last.Time) > time.Duration(p.WithDefaults().Scaling.Partitions.MetadataAge)
}

// growTo grows the topic, and says so in the audit and the history. A growth that is refused is said once.
func (s *scaling) growTo(ctx context.Context, p pipeline.Pipeline, now Scale, to int) error {
	f, topic := now.Figures, p.Source.Topic
	c := pipeline.ScalingChange{Pipeline: p.Name, Time: time.Now().UTC(), Of: pipeline.ScaledPartitions, From: f.Partitions, To: to, Figures: f}
	because(&c, pipeline.ByGrowth, "inflect", "%s behind for %s, and not getting fewer: one pod for each %s wants %d, and topic %s had %s",
		records(f.Lag), growPolls*time.Duration(p.WithDefaults().Scaling.Poll), thousands(f.Threshold), wantedBy(f), topic, count(f.Partitions, "partition"))
	if other := s.disordered(p); other != "" {
		return s.refuse(ctx, c, fmt.Sprintf("pipeline %s reads it too and would mix up the order of its keys: set its scaling.partitions.metadata_age", other))
	}
	err := s.r.opts.Store.Growing(ctx, topic, c, func(ctx context.Context) error {
		return s.r.opts.Growth.GrowTopic(ctx, topic, c.From, c.To)
	})
	switch code := pipeline.CodeOf(err); {
	case err == nil:
		s.enter(c)
		s.r.opts.Log.Info("a topic grew", "topic", topic, "pipeline", p.Name, "from", c.From, "to", c.To, "cause", c.Message)
		s.r.queue.add(p.Name)
		return nil
	case code == pipeline.CodeStale:
		s.r.queue.add(p.Name) // somebody else was faster: see what there is
		return nil
	case transient(err):
		return err
	}
	return s.refuse(ctx, c, err.Error())
}

// disordered is a pipeline that reads the same topic and does not hold new partitions.
func (s *scaling) disordered(p pipeline.Pipeline) string {
	for _, v := range s.r.views.list() {
		other, ok := v.wanted()
		if ok && other.Name != p.Name && other.Source.Topic == p.Source.Topic && other.State != pipeline.Stopped &&
			other.WithDefaults().Scaling.Partitions.MetadataAge == 0 {
			return other.Name
		}
	}
	return ""
}

// refuse says why a topic does not grow, unless that was said before.
func (s *scaling) refuse(ctx context.Context, c pipeline.ScalingChange, why string) error {
	c.To = c.From
	because(&c, pipeline.ByGrowth, "inflect", "more than %s would help, but the topic was not grown: %s", count(c.From, "partition"), why)
	if s.last[c.Pipeline].changes[pipeline.ScaledPartitions].Message == c.Message {
		return nil
	}
	if err := s.r.opts.Store.Scaled(ctx, c); err != nil {
		return err
	}
	s.enter(c)
	s.r.opts.Log.Warn("a topic was not grown", "pipeline", c.Pipeline, "why", why)
	return nil
}
