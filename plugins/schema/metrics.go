package schema

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

// metrics are the process' counters of what it asked registries for.
type metrics struct {
	hits, misses, errors prometheus.Counter
	reachable            *prometheus.GaugeVec
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	return &metrics{
		hits:   counter("inflect_schema_cache_hits_total", "Look-ups of schemas that this process already had, one per batch and schema."),
		misses: counter("inflect_schema_cache_misses_total", "Look-ups of schemas that had to be fetched."),
		errors: counter("inflect_schema_cache_errors_total", "Attempts to reach a schema registry that failed on all of its servers."),
		reachable: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "inflect_schema_registry_up",
			Help: "1 if the schema registry answered the last time it was asked, 0 if not."}, []string{"registry"}),
	}
}

// registries is every registry of a process, by its configuration.
type registries struct {
	register sync.Once
	metrics  *metrics

	mu  sync.Mutex
	all map[string]*registry
}

type registriesKey struct{}

// registriesOf is the process' registries.
func registriesOf(mgr *service.Resources) *registries {
	v, ok := mgr.GetGeneric(registriesKey{})
	if !ok {
		v, _ = mgr.GetOrSetGeneric(registriesKey{}, &registries{metrics: newMetrics(), all: map[string]*registry{}})
	}
	rs := v.(*registries)
	rs.register.Do(func() {
		m := rs.metrics
		record.StatsOf(mgr).Registry.MustRegister(m.hits, m.misses, m.errors, m.reachable)
	})
	return rs
}

// open is the registry of the configuration, the same for all who give the same. It does no I/O.
func (rs *registries) open(c *registryConfig) (*registry, error) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if r, ok := rs.all[c.key()]; ok {
		return r, nil
	}
	clients, err := c.clients()
	if err != nil {
		return nil, err
	}
	r := newRegistry(clients, c, rs.metrics)
	rs.all[c.key()] = r
	return r, nil
}
