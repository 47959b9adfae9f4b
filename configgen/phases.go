package configgen

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// phases is the metric of the phase that each pipeline is in, looked up when it is asked for. Only the replica that acts
// has it: what the others see of a pipeline is less.
type phases struct {
	reconciler *Reconciler
	phase      *prometheus.Desc
}

func newPhases(r *Reconciler) phases {
	return phases{reconciler: r, phase: prometheus.NewDesc("inflect_pipeline_phase",
		"1 for the phase that a pipeline is in, as the API tells it; on the replica that acts.", []string{"pipeline", "phase"}, nil)}
}

// Describe implements [prometheus.Collector].
func (p phases) Describe(to chan<- *prometheus.Desc) { to <- p.phase }

// Collect implements [prometheus.Collector].
func (p phases) Collect(to chan<- prometheus.Metric) {
	if acts, _ := p.reconciler.acts(); !acts {
		return
	}
	statuses, err := p.reconciler.Statuses(context.Background())
	if err != nil {
		to <- prometheus.NewInvalidMetric(p.phase, err)
		return
	}
	for name, s := range statuses {
		to <- prometheus.MustNewConstMetric(p.phase, prometheus.GaugeValue, 1, name, string(s.Phase))
	}
}
