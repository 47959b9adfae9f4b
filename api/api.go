package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"github.com/inflect-dev/inflect/pipeline"
)

// API answers the REST API and, for every other path, the page. It starts no goroutines.
type API struct {
	options  Options
	log      *slog.Logger
	document []byte
	handler  http.Handler

	ending sync.Once
	ended  chan struct{}
}

// New makes the API. It does no I/O.
func New(options Options) (*API, error) {
	if options.Pipelines == nil || options.History == nil || options.States == nil || options.Audit == nil || options.Engines == nil ||
		options.Operations == nil || options.Checker == nil || options.Runner == nil {
		return nil, errors.New("building the API: a required part of its options is missing")
	}
	if options.RequireTokens && options.Tokens == nil {
		return nil, errors.New("building the API: it is to ask for tokens, but has none")
	}
	document, err := Document()
	if err != nil {
		return nil, err
	}
	a := &API{options: options.withDefaults(), log: options.Log, document: document, ended: make(chan struct{})}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	a.handler = a.observe(a.guard(a.router()))
	return a, nil
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// End ends the event streams, which would otherwise keep a server from shutting down. It is meant for
// [http.Server.RegisterOnShutdown].
func (a *API) End() { a.ending.Do(func() { close(a.ended) }) }

// handler answers a request or says why it cannot.
type handler func(http.ResponseWriter, *http.Request) error

// route is one operation of the contract. An empty role needs no token.
type route struct {
	method, path string
	role         pipeline.Role
	handler      handler
	// timeout bounds the request; zero does not, for streams.
	timeout time.Duration
}

func (a *API) routes() []route {
	const (
		root      = "/api/v1"
		pipelines = root + "/pipelines"
		one       = pipelines + "/{name:[^/:]+}"
		topics    = root + "/topics"
		schemas   = root + "/schemas"
	)
	short, long := a.options.Timeout, a.options.LongTimeout
	return []route{
		{"GET", "/livez", "", a.livez, short},
		{"GET", "/readyz", "", a.readyz, short},
		{"GET", "/version", pipeline.Viewer, a.version, short},
		{"GET", "/metrics", pipeline.Viewer, a.metrics, short},
		{"GET", "/openapi.json", pipeline.Viewer, a.openapi, short},
		{"GET", root + "/session", pipeline.Viewer, a.session, short},

		{"GET", pipelines, pipeline.Viewer, a.listPipelines, short},
		{"POST", pipelines, pipeline.Editor, a.createPipeline, short},
		{"GET", one, pipeline.Viewer, a.getPipeline, short},
		{"PUT", one, pipeline.Editor, a.updatePipeline, short},
		{"DELETE", one, pipeline.Editor, a.deletePipeline, short},
		{"POST", one + ":pause", pipeline.Operator, a.setState(pipeline.Paused), short},
		{"POST", one + ":resume", pipeline.Operator, a.setState(pipeline.Running), short},
		{"POST", one + ":stop", pipeline.Operator, a.setState(pipeline.Stopped), short},
		{"POST", one + ":rollback", pipeline.Editor, a.rollback, short},
		{"POST", one + ":restart", pipeline.Operator, a.restart, long},
		{"POST", one + ":drain", pipeline.Operator, a.drain, long},
		{"POST", one + ":replay", pipeline.Operator, a.replay, long},
		{"GET", one + "/status", pipeline.Viewer, a.status, short},
		{"GET", one + "/config", pipeline.Viewer, a.config, short},
		{"GET", one + "/scaling", pipeline.Viewer, a.getScaling, short},
		{"GET", one + "/revisions", pipeline.Viewer, a.listRevisions, short},
		{"GET", one + "/revisions/{revision}", pipeline.Viewer, a.getRevision, short},
		{"GET", one + "/test-cases", pipeline.Viewer, a.listTestCases, short},
		{"PUT", one + "/test-cases/{case}", pipeline.Editor, a.saveTestCase, short},
		{"DELETE", one + "/test-cases/{case}", pipeline.Editor, a.deleteTestCase, short},
		{"GET", one + "/dead-letters", pipeline.Viewer, a.listDeadLetters, short},
		{"POST", one + "/dead-letters:replay", pipeline.Operator, a.replayDeadLetters, long},

		{"POST", root + "/validate", pipeline.Viewer, a.validate, short},
		{"POST", root + "/test-runs", pipeline.Editor, a.testRun, short},
		{"POST", root + "/sample-events", pipeline.Viewer, a.sampleEvents, short},

		{"GET", topics, pipeline.Viewer, a.listTopics, short},
		{"GET", topics + "/{topic}", pipeline.Viewer, a.getTopic, short},
		{"GET", topics + "/{topic}/records", pipeline.Viewer, a.listRecords, short},
		{"POST", topics + "/{topic}/records", pipeline.Operator, a.produceRecords, short},
		{"GET", schemas, pipeline.Viewer, a.listSchemas, short},
		{"GET", schemas + "/{subject}", pipeline.Viewer, a.getSubject, short},
		{"GET", schemas + "/{subject}/versions/{version}", pipeline.Viewer, a.getSchema, short},
		{"POST", schemas + "/{subject}/check", pipeline.Viewer, a.checkSchema, long},
		{"GET", root + "/transforms", pipeline.Viewer, a.listTransforms, short},
		{"GET", root + "/transforms/{id}", pipeline.Viewer, a.getTransform, short},

		{"GET", root + "/audit", pipeline.Viewer, a.listAudit, short},
		{"GET", root + "/events", pipeline.Viewer, a.events, 0},
		{"GET", root + "/tokens", pipeline.Admin, a.listTokens, short},
		{"POST", root + "/tokens", pipeline.Admin, a.createToken, short},
		{"DELETE", root + "/tokens/{id}", pipeline.Admin, a.revokeToken, short},
	}
}

// router matches escaped paths, so that a subject may hold a slash, and never redirects.
func (a *API) router() http.Handler {
	byPath := map[string]map[string]route{}
	var paths []string
	for _, rt := range a.routes() {
		if byPath[rt.path] == nil {
			byPath[rt.path] = map[string]route{}
			paths = append(paths, rt.path)
		}
		byPath[rt.path][rt.method] = rt
	}
	m := mux.NewRouter().UseEncodedPath().SkipClean(true)
	for _, path := range paths {
		m.Handle(path, a.methods(byPath[path]))
	}
	m.PathPrefix("/").HandlerFunc(a.elsewhere)
	m.NotFoundHandler = http.HandlerFunc(a.elsewhere)
	return m
}

// methods answers one path.
func (a *API) methods(routes map[string]route) http.Handler {
	var allowed []string
	for method := range routes {
		allowed = append(allowed, method)
		if method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	slices.Sort(allowed)
	allow := strings.Join(allowed, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		rt, ok := routes[method]
		if !ok {
			w.Header().Set("Allow", allow)
			a.fail(w, r, pipeline.Errorf(pipeline.CodeMethodNotAllowed, "", "%s is not possible here: use %s", r.Method, allow))
			return
		}
		a.serve(rt, w, r)
	})
}

func (a *API) serve(rt route, w http.ResponseWriter, r *http.Request) {
	if rt.timeout > 0 {
		// A body that trickles in, or an answer that is not taken, holds a connection no longer than its request may take.
		control, end := http.NewResponseController(w), time.Now().Add(rt.timeout)
		_ = control.SetReadDeadline(end)
		_ = control.SetWriteDeadline(end.Add(writeTimeout))
		ctx, cancel := context.WithTimeout(r.Context(), rt.timeout)
		defer cancel()
		r = r.WithContext(ctx)
	}
	authorized, err := a.authorize(r, rt.role)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if seen, ok := w.(*recorder); ok {
		seen.actor = actor(authorized)
	}
	if err := rt.handler(w, authorized); err != nil {
		if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return // The client went away.
		}
		a.fail(w, authorized, err)
	}
}

// elsewhere is every path that is no route: the page's, or nobody's.
func (a *API) elsewhere(w http.ResponseWriter, r *http.Request) {
	if a.options.Page != nil && !strings.HasPrefix(r.URL.Path, "/api/") {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			a.fail(w, r, pipeline.Errorf(pipeline.CodeMethodNotAllowed, "", "%s is not possible here: use GET", r.Method))
			return
		}
		a.options.Page.ServeHTTP(w, r)
		return
	}
	a.fail(w, r, pipeline.Errorf(pipeline.CodeNotFound, "", "there is nothing at %s: /openapi.json lists all routes", r.URL.Path))
}
