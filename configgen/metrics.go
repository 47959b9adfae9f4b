package configgen

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/inflect-dev/inflect/configgen/postgres"
)

type metrics struct {
	duration prometheus.Histogram
	results  *prometheus.CounterVec
	gates    *prometheus.HistogramVec
	hints    prometheus.Counter
	resyncs  prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, r *Reconciler) *metrics {
	m := &metrics{
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "inflect_reconcile_duration_seconds",
			Help: "Time to make one pipeline what its row says.", Buckets: prometheus.ExponentialBucketsRange(0.001, 60, 12)}),
		results: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "inflect_reconcile_total",
			Help: "Pipelines looked at, by result: ok, or error when it is to be tried again."}, []string{"result"}),
		gates: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "inflect_reconcile_gate_seconds",
			Help:    "Time of a revision in the change gate, by result: passed, rejected or waiting.",
			Buckets: prometheus.ExponentialBucketsRange(0.01, 60, 10)}, []string{"result"}),
		hints: prometheus.NewCounter(prometheus.CounterOpts{Name: "inflect_reconcile_hints_total",
			Help: "Notifications of the database."}),
		resyncs: prometheus.NewCounter(prometheus.CounterOpts{Name: "inflect_reconcile_resyncs_total",
			Help: "Times that everything was looked at."}),
	}
	// A series that comes with its first error would hide that error from a rate.
	for _, result := range []string{"ok", "error"} {
		m.results.WithLabelValues(result)
	}
	for _, result := range []string{"passed", "rejected", "waiting"} {
		m.gates.WithLabelValues(result)
	}
	queued := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "inflect_reconcile_queue_length",
		Help: "Pipelines that wait to be looked at."}, func() float64 { return float64(r.queue.len()) })
	leads := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "inflect_reconcile_leading",
		Help: "1 on the replica that acts."}, func() float64 {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.standing == postgres.Leading {
			return 1
		}
		return 0
	})
	reg.MustRegister(m.duration, m.results, m.gates, m.hints, m.resyncs, queued, leads, newPhases(r))
	return m
}

func (m *metrics) synced(d time.Duration, err error) {
	m.duration.Observe(d.Seconds())
	result := "ok"
	if err != nil {
		result = "error"
	}
	m.results.WithLabelValues(result).Inc()
}

func (m *metrics) gate(d time.Duration, err error) {
	result := "passed"
	switch {
	case err == nil:
	case transient(err):
		result = "waiting"
	default:
		result = "rejected"
	}
	m.gates.WithLabelValues(result).Observe(d.Seconds())
}
