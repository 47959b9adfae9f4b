package configgen

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

func scalable() pipeline.Pipeline {
	return pipeline.Pipeline{Revision: 7, UpdatedBy: "ann", Spec: pipeline.Spec{
		Name: "orders", Source: pipeline.Source{Topic: "in"}, State: pipeline.Running,
		Scaling: pipeline.Scaling{Min: 1, Max: 6, LagThreshold: 1000, Partitions: pipeline.Partitions{Grow: true, Max: 12}},
	}}
}

// recorded is a ledger of these changes, with figures like those of scalable on three partitions.
func recorded(changes ...pipeline.ScalingChange) ledger {
	l := ledger{changes: map[pipeline.ScalingSubject]pipeline.ScalingChange{}, figures: pipeline.Figures{Min: 1, Max: 3, Partitions: 3}}
	for _, c := range changes {
		l.changes[c.Of] = c
	}
	return l
}

func TestAChangeIsWrittenDownWithItsCause(t *testing.T) {
	t.Parallel()
	noted := time.Now()
	had := func(n int, cause pipeline.ScalingCause) pipeline.ScalingChange {
		return pipeline.ScalingChange{Of: pipeline.ScaledReplicas, To: n, Cause: cause}
	}
	tests := []struct {
		name string
		last ledger
		edit func(*pipeline.Pipeline, *Scale)
		want []string
	}{
		{name: "nothing changed", last: recorded(had(1, pipeline.ByStart))},
		{
			name: "a new pipeline", want: []string{"replicas 0 -> 1, start by ann: it was started, or had as many when this history began"},
		},
		{
			name: "more lag", last: recorded(had(1, pipeline.ByStart)),
			edit: func(_ *pipeline.Pipeline, s *Scale) { s.Replicas, s.Figures.Lag = 3, 9214 },
			want: []string{"replicas 1 -> 3, lag by autoscaler: 9,214 records behind: one pod for each 1,000 wants 10; at most 3 are allowed"},
		},
		{
			name: "less lag", last: recorded(had(3, pipeline.ByLag)), edit: func(_ *pipeline.Pipeline, s *Scale) { s.Figures.Lag = 1 },
			want: []string{"replicas 3 -> 1, lag by autoscaler: 1 record behind wants no more than 1 pod, and no more were wanted for 1m0s"},
		},
		{
			name: "less lag that counts", last: recorded(had(3, pipeline.ByLag)), edit: func(_ *pipeline.Pipeline, s *Scale) { s.Replicas, s.Figures.Lag = 2, 13_749 },
			want: []string{"replicas 3 -> 2, lag by autoscaler: 13,749 records behind would want 14 pods, but partitions that are read to their end, or whose place did not move between two looks, ask for none, and no more were wanted for 1m0s"},
		},
		{
			name: "busy processors", last: recorded(had(1, pipeline.ByStart)),
			edit: func(_ *pipeline.Pipeline, s *Scale) { s.Replicas, s.CPU, s.TargetCPU = 2, 93, 70 },
			want: []string{"replicas 1 -> 2, cpu by autoscaler: pods use 93 % of the CPU that they ask for, and 70 % is meant"},
		},
		{
			name: "work for nobody", last: recorded(had(0, pipeline.ByIdleness)),
			edit: func(p *pipeline.Pipeline, s *Scale) {
				p.Scaling.Min, s.Figures.Min, s.Figures.Lag = 0, 0, 5
			},
			want: []string{"min 1 -> 0, edit by ann: scaling.min was changed, or what bounds it, with revision 7", "replicas 0 -> 1, activation by KEDA: there was something to read: 5 records when it was measured"},
		},
		{
			name: "no work", last: recorded(had(1, pipeline.ByLag)), edit: func(_ *pipeline.Pipeline, s *Scale) { s.Replicas = 0 },
			want: []string{"replicas 1 -> 0, idle by KEDA: there was nothing to do for 1m0s"},
		},
		{
			name: "paused", last: recorded(had(2, pipeline.ByLag)),
			edit: func(p *pipeline.Pipeline, s *Scale) { p.State, s.Replicas = pipeline.Paused, 0 },
			want: []string{"replicas 2 -> 0, pause by ann: it was paused"},
		},
		{
			name: "resumed", last: recorded(had(0, pipeline.ByPause)), edit: func(_ *pipeline.Pipeline, s *Scale) { s.Figures.Lag = 50 },
			want: []string{"replicas 0 -> 1, resume by ann: it was resumed, 50 records behind"},
		},
		{
			name: "stopped, which leaves nothing to know of the topic", last: recorded(had(2, pipeline.ByLag)),
			edit: func(p *pipeline.Pipeline, s *Scale) {
				p.State, *s = pipeline.Stopped, Scale{Figures: pipeline.Figures{Min: 1, Max: 6}}
			},
			want: []string{"replicas 2 -> 0, pause by ann: it was stopped"},
		},
		{
			name: "a greater minimum", last: recorded(had(1, pipeline.ByStart)),
			edit: func(p *pipeline.Pipeline, s *Scale) { p.Scaling.Min, s.Figures.Min, s.Replicas = 2, 2, 2 },
			want: []string{"min 1 -> 2, edit by ann: scaling.min was changed, or what bounds it, with revision 7", "replicas 1 -> 2, bounds by autoscaler: there are to be at least 2 pods: scaling.min"},
		},
		{
			name: "a smaller maximum", last: recorded(had(3, pipeline.ByLag)),
			edit: func(p *pipeline.Pipeline, s *Scale) { p.Scaling.Max, s.Figures.Max, s.Replicas = 2, 2, 2 },
			want: []string{"max 3 -> 2, edit by ann: scaling.max was changed, or what bounds it, with revision 7", "replicas 3 -> 2, bounds by autoscaler: there are to be at most 2 pods"},
		},
		{
			name: "a maximum above the partitions", last: recorded(had(1, pipeline.ByStart), pipeline.ScalingChange{Of: pipeline.ScaledMax, To: 2}),
			want: []string{"max 2 -> 3, partitions: topic in has 3 partitions, and one pod more would have nothing to do; scaling.max is 6"},
		},
		{
			name: "somebody else's partitions", last: recorded(had(1, pipeline.ByStart)),
			edit: func(_ *pipeline.Pipeline, s *Scale) { s.Figures.Partitions, s.Figures.Max = 12, 6 },
			want: []string{"partitions 3 -> 12, manual: somebody gave topic in more partitions", "max 3 -> 6, partitions: topic in has 12 partitions by now; scaling.max is 6"},
		},
		{
			name: "nobody knows the topic", last: recorded(had(1, pipeline.ByStart)), edit: func(_ *pipeline.Pipeline, s *Scale) { s.Figures.Partitions, s.Figures.Max = 0, 6 },
		},
		{
			name: "a person by name", last: recorded(had(1, pipeline.ByStart)), edit: func(_ *pipeline.Pipeline, s *Scale) { s.Replicas, s.By, s.At = 3, "kubectl", noted },
			want: []string{"replicas 1 -> 3, manual by kubectl: kubectl set it"},
		},
		{
			name: "a person whose name nobody noted", last: recorded(had(1, pipeline.ByStart)), edit: func(_ *pipeline.Pipeline, s *Scale) { s.Replicas, s.Scaled = 3, time.Time{} },
			want: []string{"replicas 1 -> 3, manual: somebody set it"},
		},
		{
			name: "somebody who wrote it before the autoscaler did", last: recorded(had(1, pipeline.ByStart)),
			edit: func(_ *pipeline.Pipeline, s *Scale) { s.Replicas, s.By, s.Figures.Lag = 3, "kubectl", 9214 },
			want: []string{"replicas 1 -> 3, lag by autoscaler: 9,214 records behind: one pod for each 1,000 wants 10; at most 3 are allowed"},
		},
		{
			name: "no KEDA", last: recorded(had(1, pipeline.ByStart)), edit: func(_ *pipeline.Pipeline, s *Scale) { s.Replicas, s.Fixed = 3, "there is no KEDA" },
			want: []string{"replicas 1 -> 3, bounds by inflect: without KEDA there are as many pods as scaling.min says"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, now := scalable(), Scale{Figures: pipeline.Figures{Threshold: 1000, Min: 1, Max: 3, Partitions: 3}}
			now.Replicas, now.Scaled = 1, noted
			if tt.edit != nil {
				tt.edit(&p, &now)
			}
			now.Desired = now.Replicas
			s := &scaling{last: map[string]ledger{"orders": tt.last}}
			found := bounds(p, tt.last, now)
			if before := tt.last.of(pipeline.ScaledReplicas); before != now.Replicas {
				c := pipeline.ScalingChange{Of: pipeline.ScaledReplicas, From: before, To: now.Replicas, Figures: now.Figures}
				why(&c, p, tt.last, now, s.by(p, open{to: now.Replicas}, now))
				found = append(found, c)
			}
			var got []string
			for _, c := range found {
				by := ""
				if c.Actor != "" {
					by = " by " + c.Actor
				}
				got = append(got, fmt.Sprintf("%s %d -> %d, %s%s: %s", c.Of, c.From, c.To, c.Cause, by, c.Message))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestATopicIsOutgrown(t *testing.T) {
	t.Parallel()
	running := func(lags ...int64) pipeline.Status {
		s := pipeline.Status{Phase: pipeline.PhaseRunning}
		for n, lag := range lags {
			s.Lag += lag
			s.Instances = append(s.Instances, pipeline.Instance{Partitions: []pipeline.Partition{{Topic: "in", Partition: int32(n), Lag: lag}}})
		}
		return s
	}
	tests := []struct {
		name string
		lags []int64
		edit func(*pipeline.Pipeline, *pipeline.Status, *Scale)
		want int
	}{
		{name: "every pod is behind", lags: []int64{2000, 2000, 2000}, want: 6},
		{name: "no further than the pods may", lags: []int64{2000, 2000, 2000}, edit: func(p *pipeline.Pipeline, _ *pipeline.Status, _ *Scale) { p.Scaling.Max = 5 }, want: 5},
		{name: "no further than the topic may", lags: []int64{2000, 2000, 2000}, edit: func(p *pipeline.Pipeline, _ *pipeline.Status, _ *Scale) { p.Scaling.Partitions.Max = 4 }, want: 4},
		{name: "as far as it may already", lags: []int64{2000, 2000, 2000}, edit: func(p *pipeline.Pipeline, _ *pipeline.Status, _ *Scale) { p.Scaling.Partitions.Max = 3 }},
		{name: "not allowed", lags: []int64{2000, 2000, 2000}, edit: func(p *pipeline.Pipeline, _ *pipeline.Status, _ *Scale) { p.Scaling.Partitions.Grow = false }},
		{name: "no more wanted than there are", lags: []int64{1000, 1000, 1000}},
		{name: "a hot key", lags: []int64{90_000, 0, 10}},
		{name: "keys that are not even", lags: []int64{4000, 3000, 10}, want: 6},
		{name: "pods are still coming", lags: []int64{2000, 2000, 2000}, edit: func(_ *pipeline.Pipeline, _ *pipeline.Status, s *Scale) { s.Replicas = 2 }},
		{name: "a partition changes hands", lags: []int64{4000, 4000}},
		{name: "it has failed", lags: []int64{2000, 2000, 2000}, edit: func(_ *pipeline.Pipeline, s *pipeline.Status, _ *Scale) { s.Phase = pipeline.PhaseFailed }},
		{name: "nobody knows the topic", lags: []int64{2000, 2000, 2000}, edit: func(_ *pipeline.Pipeline, _ *pipeline.Status, s *Scale) { s.Figures.Partitions = 0 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, status := scalable(), running(tt.lags...)
			now := Scale{Figures: pipeline.Figures{Lag: status.Lag, Threshold: 1000, Min: 1, Max: 3, Partitions: 3}}
			now.Replicas = 3
			if tt.edit != nil {
				tt.edit(&p, &status, &now)
			}
			to, ok := outgrown(p, status, now)
			if to != tt.want || ok != (tt.want > 0) {
				t.Errorf("to %d (%t), want %d", to, ok, tt.want)
			}
		})
	}
}

func TestOnlyALagThatStaysIsAReasonToGrow(t *testing.T) {
	t.Parallel()
	const poll = 5 * time.Second
	tests := []struct {
		name string
		// lag is what each of three partitions has after so many polls.
		lag  func(polls int) int64
		last *pipeline.ScalingChange
		// want is after how many polls it is due first; 0 for never.
		want int
	}{
		{name: "it stays", lag: func(int) int64 { return 5000 }, want: growPolls},
		{name: "it gets more", lag: func(n int) int64 { return 5000 + int64(n) }, want: growPolls},
		{name: "a spike", lag: func(n int) int64 {
			if n%growPolls == 5 {
				return 0
			}
			return 90_000
		}},
		{name: "it is worked off slowly", lag: func(n int) int64 { return 90_000 - int64(n) }},
		{name: "it is worked off, and stays then", lag: func(n int) int64 { return max(5000, 6000-100*int64(n)) }, want: 2 * growPolls},
		{name: "right after a growth", lag: func(int) int64 { return 5000 }, last: &pipeline.ScalingChange{Of: pipeline.ScaledPartitions, From: 2, To: 3, Time: time.Now()}},
		{name: "long after a growth", lag: func(int) int64 { return 5000 }, last: &pipeline.ScalingChange{Of: pipeline.ScaledPartitions, From: 2, To: 3, Time: time.Now().Add(-time.Hour)}, want: growPolls},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, s := scalable(), &scaling{demand: map[string]demand{}, last: map[string]ledger{}}
			if tt.last != nil {
				s.last[p.Name] = recorded(*tt.last)
			}
			at, first := time.Now(), 0
			for n := range 5 * growPolls {
				status := pipeline.Status{Phase: pipeline.PhaseRunning, UpdatedAt: at.Add(time.Duration(n) * poll)}
				for partition := range 3 {
					lag := tt.lag(n)
					status.Lag += lag
					status.Instances = append(status.Instances, pipeline.Instance{Partitions: []pipeline.Partition{{Partition: int32(partition), Lag: lag}}})
				}
				now := Scale{Figures: pipeline.Figures{Lag: status.Lag, Threshold: 1000, Min: 1, Max: 3, Partitions: 3}}
				now.Replicas = 3
				if _, due := s.due(p, status, now); due && first == 0 {
					first = n
				}
			}
			if first != tt.want {
				t.Errorf("due after %d polls, want %d", first, tt.want)
			}
		})
	}
}
