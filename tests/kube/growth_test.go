package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
)

// scaling is what the API says of how a pipeline is scaled.
type scaling struct {
	pipeline.Scale
	History []pipeline.ScalingChange `json:"history"`
}

func (s *system) scaling(name string) (scaling, error) {
	s.t.Helper()
	return read[scaling](s, "/api/v1/pipelines/"+name+"/scaling?limit=500")
}

// history logs all changes of a pipeline.
func (s *system) history(name string) {
	s.t.Helper()
	now, err := s.scaling(name)
	s.must(err)
	s.t.Logf("the whole history of %s:%s", name, tell(now.History))
}

// changed waits until the history has a change like that, and returns it.
func (s *system) changed(name, what string, like func(pipeline.ScalingChange) bool) pipeline.ScalingChange {
	s.t.Helper()
	var found pipeline.ScalingChange
	s.Until("the history of "+name+" has that "+what, func(context.Context) error {
		now, err := s.scaling(name)
		if err != nil {
			return err
		}
		history := now.History
		at := slices.IndexFunc(history, like)
		if at < 0 {
			return errors.New(tell(history))
		}
		found = history[at]
		return nil
	})
	s.t.Logf("%s: %s", what, tell([]pipeline.ScalingChange{found}))
	return found
}

// tell is a history in the order in which it happened.
func tell(history []pipeline.ScalingChange) string {
	var out strings.Builder
	for _, c := range slices.Backward(history) {
		fmt.Fprintf(&out, "\n%s %s %d -> %d (%s, %s): %s", c.Time.Format(time.TimeOnly), c.Of, c.From, c.To, c.Cause, c.Actor, c.Message)
	}
	return out.String()
}

func replicasBy(cause pipeline.ScalingCause, fits func(from, to int) bool) func(pipeline.ScalingChange) bool {
	return func(c pipeline.ScalingChange) bool {
		return c.Of == pipeline.ScaledReplicas && c.Cause == cause && fits(c.From, c.To)
	}
}

// TestTheHistorySaysWhyItScaled is 1 to 3 to 1 to none and back, with what people do in between.
func TestTheHistorySaysWhyItScaled(t *testing.T) {
	t.Parallel()
	s := start(t, bed.Options{KEDA: true})
	spec := s.spec("why", 3)
	spec.Scaling = pipeline.Scaling{Min: 1, Max: 3, LagThreshold: 1000, Poll: pipeline.Duration(time.Second), Cooldown: pipeline.Duration(5 * time.Second)}
	spec.Limits.Rate = 400
	s.create(spec)
	s.runs("why")
	s.Until("the number of partitions is known", func(context.Context) error {
		now, err := s.scaling("why")
		if err == nil && now.Partitions != 3 {
			err = fmt.Errorf("there are %d", now.Partitions)
		}
		return err
	})
	s.changed("why", "start", replicasBy(pipeline.ByStart, func(from, to int) bool { return from == 0 && to == 1 }))

	const events = 40_000
	s.produce(spec.Source.Topic, 0, events)
	s.replicas("why", 3, patience)
	up := s.changed("why", "growing lag", replicasBy(pipeline.ByLag, func(from, to int) bool { return from < to && to == 3 }))
	if up.Actor != "autoscaler" || up.Figures.Threshold != 1000 || up.Figures.Lag < 1000 || up.Figures.Max != 3 || !strings.Contains(up.Message, "records behind") {
		t.Errorf("the change upwards is %+v", up)
	}
	s.Until("it says so while it is behind", func(context.Context) error {
		now, err := s.scaling("why")
		if err != nil {
			return err
		}
		if !now.Scales || now.Replicas != 3 || now.Min != 1 || now.Max != 3 || now.Partitions != 3 || len(now.Instances) != 3 {
			return fmt.Errorf("it says %+v", now.Scale)
		}
		for _, i := range now.Instances {
			if i.Node == "" || i.Started == nil {
				return fmt.Errorf("pod %+v has no node or no start", i)
			}
		}
		return nil
	})
	s.unleash("why")
	s.caughtUp("why", spec.Source.Topic, patience)
	s.replicas("why", 1, patience)
	s.changed("why", "shrinking lag", replicasBy(pipeline.ByLag, func(from, to int) bool { return from > to && to == 1 }))

	s.act("why", "pause")
	s.changed("why", "pause", replicasBy(pipeline.ByPause, func(_, to int) bool { return to == 0 }))
	s.empty("why")
	s.produce(spec.Source.Topic, events, 50)
	s.Until("a paused pipeline shows its lag", func(context.Context) error {
		st, err := s.status("why")
		if err == nil && st.Lag != 50 {
			err = fmt.Errorf("it is %d", st.Lag)
		}
		return err
	})
	s.act("why", "resume")
	s.changed("why", "resumption", replicasBy(pipeline.ByResume, func(from, to int) bool { return from == 0 && to == 1 }))
	once(t, s.count(spec.Target.Topic, events+50, patience))

	s.update("why", func(p *pipeline.Spec) { p.Scaling.Min = 0 })
	s.changed("why", "edit", func(c pipeline.ScalingChange) bool {
		return c.Of == pipeline.ScaledMin && c.From == 1 && c.To == 0 && c.Cause == pipeline.ByEdit
	})
	s.changed("why", "idleness", replicasBy(pipeline.ByIdleness, func(_, to int) bool { return to == 0 }))
	s.empty("why")
	s.produce(spec.Source.Topic, events+50, 5)
	first := s.changed("why", "activation", replicasBy(pipeline.ByFirst, func(from, to int) bool { return from == 0 && to == 1 }))
	if first.Figures.Lag > 5 || first.Actor != "KEDA" {
		t.Errorf("the activation is %+v", first)
	}

	s.history("why")
}

// TestAFirstRecordThatStopsAsksForNoMorePods is a pipeline that has never committed anything of its own: the place that it
// has does not move, which tells KEDA that more pods would not help.
func TestAFirstRecordThatStopsAsksForNoMorePods(t *testing.T) {
	t.Parallel()
	s := start(t, bed.Options{KEDA: true})
	spec := s.spec("first", 3)
	spec.Scaling = pipeline.Scaling{Min: 1, Max: 3, LagThreshold: 100, Poll: pipeline.Duration(time.Second), Cooldown: pipeline.Duration(5 * time.Second)}
	spec.OnError = pipeline.Stop
	spec.Steps[0].Code = `() => { throw new Error("no") }`
	s.produce(spec.Source.Topic, 0, 3000)
	s.create(spec)
	s.Until("it has failed", func(context.Context) error {
		st, err := s.status("first")
		if err == nil && len(st.LastErrors) == 0 {
			err = errors.New(string(st.Phase))
		}
		return err
	})
	s.calm("first", spec.Source.Topic, 3000)
	s.history("first")
}

// calm waits until a pipeline that is so many records behind has had one pod for longer than its cooldown and some looks
// of the autoscaler take, and returns how many it had at most before.
func (s *system) calm(name, topic string, behind int64) (highest int32) {
	s.t.Helper()
	var since time.Time
	s.Until("pipeline "+name+" has one pod for longer than the cooldown", func(ctx context.Context) error {
		if n, err := s.lag(ctx, name, topic); err != nil || n != behind {
			return errors.Join(fmt.Errorf("it is %d behind", n), err)
		}
		d, err := s.deployment(name)
		if err != nil {
			return err
		}
		highest = max(highest, *d.Spec.Replicas)
		if *d.Spec.Replicas != 1 {
			since = time.Time{}
			return fmt.Errorf("it has %d", *d.Spec.Replicas)
		}
		if since.IsZero() {
			since = time.Now()
		}
		if time.Since(since) < 15*time.Second {
			return errors.New("not for long yet")
		}
		return nil
	})
	return highest
}

// traffic is events whose keys are numbered, each with a number of its own within its key.
type traffic struct {
	topic string
	// sent is how many events each key has so far. Each key belongs to one producer.
	sent []int
}

// produce writes events at a rate until ctx ends, by producers of different metadata ages. What a busy machine kept one from
// is made up for: a test needs the lag that the rate makes.
func (l *traffic) produce(ctx context.Context, s *system, perSecond int, ages ...time.Duration) {
	var wg sync.WaitGroup
	for n, age := range ages {
		client := s.kafka.Client(s.t, kgo.MetadataMaxAge(age), kgo.MetadataMinAge(min(age, time.Second)), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))
		wg.Go(func() {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			key, began := n, time.Now()
			for written := 0; ctx.Err() == nil; {
				due := int(time.Since(began).Seconds() * float64(perSecond) / float64(len(ages)))
				for ; written < due; written++ {
					client.Produce(context.WithoutCancel(ctx), &kgo.Record{Topic: l.topic, Key: fmt.Append(nil, key), Value: fmt.Appendf(nil, `{"key":%d,"n":%d}`, key, l.sent[key])}, nil)
					l.sent[key]++
					if key += len(ages); key >= len(l.sent) {
						key = n
					}
				}
				select {
				case <-ctx.Done():
				case <-tick.C:
				}
			}
			if err := client.Flush(context.WithoutCancel(ctx)); err != nil {
				s.t.Error(err)
			}
		})
	}
	wg.Wait()
}

// check reads a topic to what was sent, and fails when an event is missing, there twice, or before an earlier one of its
// key.
func (l *traffic) check(s *system, topic string) {
	s.t.Helper()
	client := s.kafka.Client(s.t, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	total, have, wrong := 0, 0, 0
	for _, n := range l.sent {
		total += n
	}
	next := make([]int, len(l.sent))
	take := func(f kgo.Fetches) {
		f.EachRecord(func(r *kgo.Record) {
			var e struct{ Key, N int }
			if err := json.Unmarshal(r.Value, &e); err != nil {
				s.t.Fatalf("%s: %v", r.Value, err)
			}
			if e.N != next[e.Key] {
				if wrong++; wrong <= 10 {
					s.t.Errorf("key %d: event %d where %d was to come, at %d/%d", e.Key, e.N, next[e.Key], r.Partition, r.Offset)
				}
			}
			next[e.Key] = e.N + 1
			have++
		})
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for have < total {
		f := client.PollFetches(ctx)
		if ctx.Err() != nil {
			s.t.Fatalf("%d of %d events arrived", have, total)
		}
		take(f)
	}
	quiet, stop := context.WithTimeout(s.t.Context(), 2*time.Second)
	defer stop()
	for quiet.Err() == nil {
		take(client.PollFetches(quiet))
	}
	if have != total || wrong > 0 {
		s.t.Errorf("%d events of %d arrived, %d of them out of their key's order", have, total, wrong)
		return
	}
	s.t.Logf("%d events of %d keys, each once and in the order of its key", have, len(l.sent))
}

// TestATopicGrowsUnderLoad is 3 to 6 partitions in exactly_once, because three pods are not enough, with producers that
// learn of the new partitions at different times.
func TestATopicGrowsUnderLoad(t *testing.T) {
	t.Parallel()
	s := start(t, bed.Options{KEDA: true})
	spec := s.spec("grow", 3)
	spec.Delivery = pipeline.ExactlyOnce
	spec.Scaling = pipeline.Scaling{Min: 1, Max: 6, LagThreshold: 500, Poll: pipeline.Duration(time.Second), Cooldown: pipeline.Duration(5 * time.Second),
		Partitions: pipeline.Partitions{Grow: true, Max: 6, MetadataAge: pipeline.Duration(4 * time.Second)}}
	spec.Limits.Rate = 800
	s.create(spec)
	s.runs("grow")
	// Another pipeline reads the topic, and would not keep the order of its keys.
	other := s.spec("other", 1)
	other.Source.Topic, other.Scaling.Min = spec.Source.Topic, 1
	s.create(other)
	s.runs("other")

	l := &traffic{topic: spec.Source.Topic, sent: make([]int, 200)}
	ctx, end := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer end()
	wg.Go(func() { l.produce(ctx, s, 2600, time.Second, 3*time.Second) })
	s.replicas("grow", 3, patience)
	s.changed("grow", "growth that would mix up the other's keys", func(c pipeline.ScalingChange) bool {
		return c.Of == pipeline.ScaledPartitions && c.From == 3 && c.To == 3 && c.Cause == pipeline.ByGrowth && strings.Contains(c.Message, "pipeline other")
	})
	s.remove("other")
	s.gone("other")
	grown := s.changed("grow", "growth", func(c pipeline.ScalingChange) bool {
		return c.Of == pipeline.ScaledPartitions && c.From == 3 && c.To == 6
	})
	if grown.Cause != pipeline.ByGrowth || grown.Actor != "inflect" || grown.Figures.Lag < 1500 || grown.Figures.Threshold != 500 {
		t.Errorf("the growth is %+v", grown)
	}
	s.changed("grow", "bound that follows", func(c pipeline.ScalingChange) bool { return c.Of == pipeline.ScaledMax && c.From == 3 && c.To == 6 })
	s.changed("grow", "pod beyond the third", replicasBy(pipeline.ByLag, func(_, to int) bool { return to > 3 }))
	s.Until("both producers know of the new partitions", func(ctx context.Context) error {
		ends, err := s.admin.ListEndOffsets(ctx, spec.Source.Topic)
		for p := range int32(6) {
			if end, ok := ends.Lookup(spec.Source.Topic, p); err == nil && (!ok || end.Offset < 2000) {
				err = fmt.Errorf("partition %d ends at %d", p, end.Offset)
			}
		}
		return err
	})
	end()
	wg.Wait()
	s.caughtUp("grow", spec.Source.Topic, 2*patience)
	l.check(s, spec.Target.Topic)

	details, err := s.admin.ListTopics(t.Context(), spec.Source.Topic)
	s.must(err)
	if n := len(details[spec.Source.Topic].Partitions); n != 6 {
		t.Errorf("the topic has %d partitions, want 6", n)
	}
	_, audit, _ := s.ask(http.MethodGet, "/api/v1/audit?pipeline=grow", nil)
	if strings.Count(string(audit), `"grow_partitions"`) != 1 || !strings.Contains(string(audit), `"partitions":6`) {
		t.Errorf("the audit is %s", audit)
	}
	s.replicas("grow", 1, patience)
	s.history("grow")
}
