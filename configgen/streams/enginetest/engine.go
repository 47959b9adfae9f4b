// Package enginetest is an engine for tests: the streams API with the habits of Benthos 4.78, and the status of our own
// listener, without running anything. Tests with real engines are in tests/integration.
package enginetest

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/inflect-dev/inflect/configgen/streams"
)

// Password is what the engine asks for.
const Password = "secret"

// Unbuildable in a config makes it lint and then fail to build.
const Unbuildable = "unbuildable"

// patience is how long Await waits. Nothing takes that long; a loaded machine may.
const patience = 4 * time.Minute

// Engine is one fake engine.
type Engine struct {
	server *httptest.Server

	mu      sync.Mutex
	away    bool
	streams map[string]any
	boards  map[string]streams.Board
	changes []string
	arrived chan struct{}
}

// Start starts an engine that ends with the test.
func Start(t testing.TB) *Engine {
	e := &Engine{streams: map[string]any{}, boards: map[string]streams.Board{}, arrived: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /streams", e.locked(e.list))
	mux.HandleFunc("GET /status", e.locked(e.status))
	mux.HandleFunc("GET /streams/{id}", e.locked(e.read))
	mux.HandleFunc("POST /streams/{id}", e.locked(e.create))
	mux.HandleFunc("PUT /streams/{id}", e.locked(e.update))
	mux.HandleFunc("DELETE /streams/{id}", e.locked(e.delete))
	e.server = httptest.NewServer(mux)
	t.Cleanup(e.server.Close)
	return e
}

// Address is how a client reaches the engine.
func (e *Engine) Address() streams.Engine {
	return streams.Engine{Streams: e.server.URL, Metrics: e.server.URL, User: "inflect", Password: Password}
}

// SetAway makes the engine break off every request, or answer again.
func (e *Engine) SetAway(away bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.away = away
}

// Lose forgets every stream, as a restart does.
func (e *Engine) Lose() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.streams)
}

// Set changes a stream by hand.
func (e *Engine) Set(name string, config any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.streams[name] = config
}

// Show sets what a pipeline says of itself.
func (e *Engine) Show(b streams.Board) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.boards[b.Pipeline] = b
}

// Running is the names of the streams, sorted.
func (e *Engine) Running() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(maps.Keys(e.streams))
}

// Config is the config of a stream as JSON, empty when there is none.
func (e *Engine) Config(name string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	config, ok := e.streams[name]
	if !ok {
		return ""
	}
	text, err := json.Marshal(config)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Changes are the requests that were to change something, in order: "PUT orders".
func (e *Engine) Changes() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.changes)
}

// Await waits until done says so; it is asked after every change of a stream.
func (e *Engine) Await(t testing.TB, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s never happened; running %v, changes %v", what, e.Running(), e.Changes())
		case <-e.arrived:
		}
	}
}

func (e *Engine) locked(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.away {
			panic(http.ErrAbortHandler)
		}
		if _, password, _ := r.BasicAuth(); r.URL.Path != "/status" && password != Password {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		h(w, r)
		if r.Method != http.MethodGet {
			e.changes = append(e.changes, r.Method+" "+r.PathValue("id"))
		}
		// Reads count as well: who waits for a change may wait for one that leaves things as they are.
		select {
		case e.arrived <- struct{}{}:
		default:
		}
	}
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func (e *Engine) list(w http.ResponseWriter, _ *http.Request) {
	out := map[string]any{}
	for name := range e.streams {
		out[name] = map[string]any{"active": true}
	}
	answer(w, out)
}

func (e *Engine) status(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{"instance": "fake-1", "pipelines": slices.Collect(maps.Values(e.boards))})
}

func (e *Engine) read(w http.ResponseWriter, r *http.Request) {
	config, ok := e.streams[r.PathValue("id")]
	if !ok {
		http.Error(w, "Stream not found", http.StatusNotFound)
		return
	}
	answer(w, map[string]any{"active": true, "config": config})
}

func (e *Engine) create(w http.ResponseWriter, r *http.Request) {
	if _, ok := e.streams[r.PathValue("id")]; ok {
		http.Error(w, "Stream already exists", http.StatusBadRequest)
		return
	}
	if config, ok := e.lint(w, r); ok {
		e.build(w, r.PathValue("id"), config)
	}
}

func (e *Engine) update(w http.ResponseWriter, r *http.Request) {
	if _, ok := e.streams[r.PathValue("id")]; !ok {
		http.Error(w, "Stream not found", http.StatusNotFound)
		return
	}
	if config, ok := e.lint(w, r); ok {
		// The old stream is gone before the new one is tried.
		delete(e.streams, r.PathValue("id"))
		e.build(w, r.PathValue("id"), config)
	}
}

func (e *Engine) delete(w http.ResponseWriter, r *http.Request) {
	if _, ok := e.streams[r.PathValue("id")]; !ok {
		http.Error(w, "Stream not found", http.StatusNotFound)
		return
	}
	delete(e.streams, r.PathValue("id"))
}

func (e *Engine) lint(w http.ResponseWriter, r *http.Request) (map[string]any, bool) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return nil, false
	}
	text := os.Expand(string(body), func(name string) string { return "expanded " + name })
	var config map[string]any
	if err := yaml.Unmarshal([]byte(text), &config); err != nil {
		http.Error(w, "Error: "+err.Error(), http.StatusBadRequest)
		return nil, false
	}
	for key := range config {
		if !slices.Contains([]string{"input", "pipeline", "output"}, key) {
			w.WriteHeader(http.StatusBadRequest)
			answer(w, map[string]any{"lint_errors": []string{"(1,1) field " + key + " not recognised"}})
			return nil, false
		}
	}
	return config, true
}

func (e *Engine) build(w http.ResponseWriter, name string, config map[string]any) {
	text, err := json.Marshal(config)
	if err != nil || strings.Contains(string(text), Unbuildable) {
		http.Error(w, "Error: failed to init processor: "+Unbuildable, http.StatusBadGateway)
		return
	}
	e.streams[name] = config
}
