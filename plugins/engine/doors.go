package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/inflect-dev/inflect/plugins/record"
)

// Status is what GET /status answers: everything that the control plane knows of a running engine.
type Status struct {
	Instance  string         `json:"instance"`
	Version   string         `json:"version"`
	Pipelines []record.Board `json:"pipelines"`
}

// doors are the listener without a password: probes, metrics and status. It only ever reads.
type doors struct {
	instance string
	version  string
	stats    *record.Stats
	benthos  prometheus.Gatherer
	// expected are the streams that the process began with: without them it is not ready.
	expected []string
	// started is set when the streams API serves, stopping when the process was told to end.
	started, stopping atomic.Bool
	liveness          liveness

	server *http.Server
	done   chan struct{}
}

// open binds the address and serves until close.
func (d *doors) open(address string) error {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return fmt.Errorf("listening on %s: %w: free the port or give another one with --metrics-listen", address, err)
	}
	d.server = &http.Server{Handler: d.handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 1 << 16}
	d.done = make(chan struct{})
	go func() {
		defer close(d.done)
		_ = d.server.Serve(l)
	}()
	return nil
}

func (d *doors) close(ctx context.Context) {
	if d.server == nil {
		return
	}
	if err := d.server.Shutdown(ctx); err != nil {
		_ = d.server.Close()
	}
	<-d.done
}

func (d *doors) handler() http.Handler {
	own := prometheus.NewRegistry()
	own.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "inflect_build_info", Help: "Always 1; the label tells the version.",
		ConstLabels: prometheus.Labels{"version": d.version}})
	info.Set(1)
	own.MustRegister(info)
	all := prometheus.Gatherers{d.stats.Registry, d.benthos, own}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", probe(func() error { return d.liveness.check(d.stats.Boards()) }))
	mux.HandleFunc("GET /readyz", probe(d.ready))
	mux.Handle("GET /metrics", promhttp.HandlerFor(all, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(Status{Instance: d.instance, Version: d.version, Pipelines: d.stats.Boards()})
	})
	return mux
}

// probe answers with what speaks against it.
func probe(check func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if err := check(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	}
}

// ready is nil when the process can do its work. One failed pipeline among others does not make it unready, because
// that would take the others' probes down with it; nothing but failed ones does.
func (d *doors) ready() error {
	switch {
	case d.stopping.Load():
		return errors.New("stopping")
	case !d.started.Load():
		return errors.New("starting")
	}
	boards := d.stats.Boards()
	for _, name := range d.expected {
		if !slices.ContainsFunc(boards, func(b record.Board) bool { return b.Pipeline == name }) {
			return fmt.Errorf("stream %s has not been started yet", name)
		}
	}
	for _, b := range boards {
		if b.State != "failed" {
			return nil
		}
	}
	if len(boards) > 0 {
		return fmt.Errorf("pipeline %s failed: %s", boards[0].Pipeline, boards[0].Reason)
	}
	return nil
}
