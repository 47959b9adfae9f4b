package engine

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redpanda-data/benthos/v4/public/service"
)

// exporterName is the metrics component through which Benthos' own metrics reach our listener.
const exporterName = "inflect"

// exporter keeps Benthos' metrics in a Prometheus registry. It stands in for Benthos' prometheus exporter, whose registry
// cannot be reached and whose series of a deleted stream stay for ever.
type exporter struct {
	registry *prometheus.Registry

	mu   sync.Mutex
	vecs []interface {
		DeletePartialMatch(prometheus.Labels) int
	}
}

func newExporter() *exporter { return &exporter{registry: prometheus.NewRegistry()} }

// addTo makes the exporter the component exporterName of env.
func (e *exporter) addTo(env *service.Environment) error {
	spec := service.NewConfigSpec().
		Summary("Serves metrics on the engine's --metrics-listen address.").
		Field(service.NewObjectField("").Default(map[string]any{}))
	return env.RegisterMetricsExporter(exporterName, spec, func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
		return e, nil
	})
}

// forget removes the series of a stream.
func (e *exporter) forget(stream string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, v := range e.vecs {
		v.DeletePartialMatch(prometheus.Labels{"stream": stream})
	}
}

// vec is what CounterVec, GaugeVec and HistogramVec have in common.
type vec interface {
	prometheus.Collector
	DeletePartialMatch(prometheus.Labels) int
}

// register keeps the first collector of a name, because every stream asks for the same ones. It reports false for a name
// that is taken with other labels: those values are lost rather than the stream refused.
func register[V vec](e *exporter, v V) (V, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := e.registry.Register(v)
	var have prometheus.AlreadyRegisteredError
	if errors.As(err, &have) {
		v, ok := have.ExistingCollector.(V)
		return v, ok
	}
	if err != nil {
		return v, false
	}
	e.vecs = append(e.vecs, v)
	return v, true
}

func metricName(name string) string {
	return strings.NewReplacer(".", "_", "-", "_").Replace(name)
}

func (e *exporter) NewCounterCtor(name string, labels ...string) service.MetricsExporterCounterCtor {
	v, ok := register(e, prometheus.NewCounterVec(prometheus.CounterOpts{Name: metricName(name), Help: "Benthos counter " + name + "."}, labels))
	return func(values ...string) service.MetricsExporterCounter {
		if !ok {
			return counter{}
		}
		return counter{v.WithLabelValues(values...)}
	}
}

func (e *exporter) NewTimerCtor(name string, labels ...string) service.MetricsExporterTimerCtor {
	v, ok := register(e, prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: metricName(name), Help: "Benthos timer " + name + " in seconds.",
		Buckets: prometheus.ExponentialBucketsRange(0.0001, 30, 10)}, labels))
	return func(values ...string) service.MetricsExporterTimer {
		if !ok {
			return timer{}
		}
		return timer{v.WithLabelValues(values...)}
	}
}

func (e *exporter) NewGaugeCtor(name string, labels ...string) service.MetricsExporterGaugeCtor {
	v, ok := register(e, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: metricName(name), Help: "Benthos gauge " + name + "."}, labels))
	return func(values ...string) service.MetricsExporterGauge {
		if !ok {
			return gauge{}
		}
		return gauge{v.WithLabelValues(values...)}
	}
}

func (e *exporter) Close(context.Context) error { return nil }

type counter struct{ c prometheus.Counter }

func (c counter) Incr(n int64) {
	if c.c != nil && n > 0 {
		c.c.Add(float64(n))
	}
}

func (c counter) IncrFloat64(n float64) {
	if c.c != nil && n > 0 {
		c.c.Add(n)
	}
}

type timer struct{ o prometheus.Observer }

func (t timer) Timing(ns int64) {
	if t.o != nil {
		t.o.Observe(float64(ns) / 1e9)
	}
}

type gauge struct{ g prometheus.Gauge }

func (g gauge) Set(v int64) { g.SetFloat64(float64(v)) }

func (g gauge) SetFloat64(v float64) {
	if g.g != nil {
		g.g.Set(v)
	}
}
