package record

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redpanda-data/benthos/v4/public/service"
)

type statsKey struct{}

// Stats holds the process' Prometheus registry and its board. All plugins of a process share one.
//
// It is our own registry because Benthos' metrics allow neither buckets of choice nor exemplars.
type Stats struct {
	Registry *prometheus.Registry

	events     *prometheus.CounterVec
	read       *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	endToEnd   *prometheus.HistogramVec
	stepTime   *prometheus.HistogramVec
	stepErrors *prometheus.CounterVec
	batch      *prometheus.HistogramVec
	lag        *prometheus.GaugeVec
	state      *prometheus.GaugeVec
	mu         sync.Mutex
	pipelines  map[string]*Pipeline
	added      []Vec
}

// Vec is a metric of any kind that has labels.
type Vec interface {
	prometheus.Collector
	DeletePartialMatch(prometheus.Labels) int
}

// NewStats is an empty set of metrics with a registry of its own.
func NewStats() *Stats {
	s := &Stats{Registry: prometheus.NewRegistry(), pipelines: map[string]*Pipeline{}}
	latency := prometheus.ExponentialBucketsRange(0.0005, 30, 16)
	s.events = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "inflect_events_total",
		Help: "Source records by what became of them, counted once, when they were committed."}, []string{"pipeline", "outcome"})
	s.read = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "inflect_events_read_total",
		Help: "Source records read, those included that were read again after an abort."}, []string{"pipeline"})
	s.duration = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "inflect_event_duration_seconds", Buckets: latency,
		Help: "Time from reading a record to its commit."}, []string{"pipeline"})
	s.endToEnd = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "inflect_end_to_end_latency_seconds", Buckets: latency,
		Help: "Time from a record's timestamp to its commit."}, []string{"pipeline"})
	s.stepTime = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "inflect_step_duration_seconds",
		Buckets: prometheus.ExponentialBucketsRange(0.0000005, 5, 18),
		Help:    "Time of one event in one step, sampled."}, []string{"pipeline", "step"})
	s.stepErrors = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "inflect_step_errors_total",
		Help: "Events that failed, by stage and code."}, []string{"pipeline", "step", "code"})
	s.batch = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "inflect_batch_size",
		Buckets: prometheus.ExponentialBuckets(1, 4, 9), Help: "Records in one batch, or transaction."}, []string{"pipeline"})
	s.lag = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "inflect_consumer_lag_records",
		Help: "Records behind the end of the partition, from the last fetch."}, []string{"pipeline", "topic", "partition"})
	s.state = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "inflect_pipeline_state",
		Help: "1 for the state that the pipeline is in here: running, waiting or failed."}, []string{"pipeline", "state"})
	s.Registry.MustRegister(s.events, s.read, s.duration, s.endToEnd, s.stepTime, s.stepErrors, s.batch, s.lag, s.state)
	return s
}

// StatsOf is the process' Stats. Whoever starts the engine may have put them there with [Share].
func StatsOf(r *service.Resources) *Stats {
	if v, ok := r.GetGeneric(statsKey{}); ok {
		return v.(*Stats)
	}
	v, _ := r.GetOrSetGeneric(statsKey{}, NewStats())
	return v.(*Stats)
}

// Share makes s the Stats of everything that is built with r.
func Share(r *service.Resources, s *Stats) { r.SetGeneric(statsKey{}, s) }

// Pipeline is the counters of the pipeline with that name, made when first asked for.
func (s *Stats) Pipeline(name string) *Pipeline {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.pipelines[name]; ok {
		return p
	}
	p := &Pipeline{stats: s, name: name, started: time.Now()}
	for o := Delivered; o < outcomes; o++ {
		p.events[o] = s.events.WithLabelValues(name, o.String())
	}
	p.read = s.read.WithLabelValues(name)
	p.duration = s.duration.WithLabelValues(name)
	p.endToEnd = s.endToEnd.WithLabelValues(name)
	p.batch = s.batch.WithLabelValues(name)
	s.pipelines[name] = p
	return p
}

// Add has [Stats.Forget] look after a metric that a plugin registered, too. Its label for the pipeline is "pipeline".
func (s *Stats) Add(v Vec) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.added = append(s.added, v)
}

// Forget removes every series of a pipeline that no longer runs in this process.
func (s *Stats) Forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pipelines, name)
	labels := prometheus.Labels{"pipeline": name}
	s.events.DeletePartialMatch(labels)
	s.read.DeletePartialMatch(labels)
	s.duration.DeletePartialMatch(labels)
	s.endToEnd.DeletePartialMatch(labels)
	s.stepTime.DeletePartialMatch(labels)
	s.stepErrors.DeletePartialMatch(labels)
	s.batch.DeletePartialMatch(labels)
	s.lag.DeletePartialMatch(labels)
	s.state.DeletePartialMatch(labels)
	for _, v := range s.added {
		v.DeletePartialMatch(labels)
	}
}
