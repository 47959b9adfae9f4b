package api

import (
	"context"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// probeTimeout is how long /readyz waits for one part, well below what probes are usually given.
const probeTimeout = 2 * time.Second

type health struct {
	Status string  `json:"status"`
	Checks []check `json:"checks"`
}

type check struct {
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Message string `json:"message,omitempty"`
}

func (a *API) livez(w http.ResponseWriter, _ *http.Request) error {
	return write(w, http.StatusOK, health{Status: "ok", Checks: []check{}})
}

func (a *API) readyz(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), probeTimeout)
	defer cancel()
	names := slices.Sorted(maps.Keys(a.options.Probes))
	results := make(chan check, len(names))
	for _, name := range names {
		go func() { results <- probe(ctx, name, a.options.Probes[name]) }()
	}
	out, status := health{Status: "ok", Checks: []check{}}, http.StatusOK
	for range names {
		c := <-results
		if out.Checks = append(out.Checks, c); !c.OK {
			out.Status, status = "unavailable", http.StatusServiceUnavailable
		}
	}
	slices.SortFunc(out.Checks, func(x, y check) int { return slices.Index(names, x.Name) - slices.Index(names, y.Name) })
	return write(w, status, out)
}

func probe(ctx context.Context, name string, ask func(context.Context) error) check {
	if err := ask(ctx); err != nil {
		return check{Name: name, Message: err.Error()}
	}
	return check{Name: name, OK: true}
}

func (a *API) version(w http.ResponseWriter, _ *http.Request) error {
	version := a.options.Version
	or(&version, "dev")
	return write(w, http.StatusOK, struct {
		Version string `json:"version"`
		Commit  string `json:"commit,omitempty"`
		Go      string `json:"go"`
	}{version, a.options.Commit, runtime.Version()})
}

func (a *API) metrics(w http.ResponseWriter, r *http.Request) error {
	if a.options.Metrics == nil {
		return unavailable("metrics")
	}
	a.options.Metrics.ServeHTTP(w, r)
	return nil
}

func (a *API) openapi(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(a.document)
	return nil
}

func (a *API) listAudit(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r, "pipeline", "cursor", "limit")
	name, cursor, limit := q.text("pipeline", 63), q.text("cursor", 500), int(q.number("limit", 1, 500, 100))
	if q.err != nil {
		return q.err
	}
	found, err := a.options.Audit.Audit(r.Context(), name, cursor, limit)
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, page(pipeline.Page[pipeline.AuditEntry]{Items: found.Items, Next: found.Next}))
}
