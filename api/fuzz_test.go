package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/pipeline"
)

// FuzzRequests: whatever is sent, the answer is no 5xx but 503, and what is wrong is a problem.
func FuzzRequests(f *testing.F) {
	for _, seed := range []struct{ method, path, body, ifMatch string }{
		{"GET", "/api/v1/pipelines?limit=2&cursor=a&label=x=y", "", ""},
		{"POST", "/api/v1/pipelines", spec, ""},
		{"PUT", "/api/v1/pipelines/orders-eu", spec, `"1"`},
		{"DELETE", "/api/v1/pipelines/orders-eu", "", "*"},
		{"POST", "/api/v1/pipelines/orders-eu:replay", `{"time":"2026-01-31T12:00:00Z"}`, ""},
		{"POST", "/api/v1/pipelines/orders-eu:rollback", `{"revision":1}`, ""},
		{"GET", "/api/v1/pipelines/orders-eu/revisions?cursor=2", "", ""},
		{"PUT", "/api/v1/pipelines/orders-eu/test-cases/a", `{"name":"a","events":[{"value":1}]}`, ""},
		{"POST", "/api/v1/pipelines/orders-eu/dead-letters:replay", `{"records":[{"partition":0,"offset":1,"value_base64":"AA=="}]}`, ""},
		{"POST", "/api/v1/validate", `{"name":"a","batch":{"linger":"1s"}}`, ""},
		{"POST", "/api/v1/test-runs", `{"spec":` + spec + `,"events":[{"value":1}]}`, ""},
		{"POST", "/api/v1/tokens", `{"name":"a","role":"viewer","expires_at":"2999-01-01T00:00:00Z"}`, ""},
		{"GET", "/api/v1/transforms/a%2Fb%23c", "", ""},
		{"GET", "/api/v1/schemas/%zz/versions/1", "", ""},
	} {
		f.Add(seed.method, seed.path, seed.body, seed.ifMatch)
	}
	store := newRows()
	seen := &engines{rows: store, statuses: map[string]pipeline.Status{}}
	handler, err := api.New(api.Options{Pipelines: store, History: store, States: store, Audit: store, TestCases: store, Tokens: store,
		Engines: seen, Operations: seen, Checker: checker{}, Runner: runner{}, Transforms: functions{}, DeadLetters: letters{}})
	if err != nil {
		f.Fatal(err)
	}
	saved, err := pipeline.Parse([]byte(spec))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, method, path, body, ifMatch string) {
		_, _ = store.Create(t.Context(), saved, "fuzz") // It may be there still.
		if strings.HasPrefix(path, "/api/v1/events") {
			return // Endless.
		}
		r, err := http.NewRequestWithContext(context.Background(), method, "http://localhost"+path, strings.NewReader(body))
		if err != nil {
			return // No request that a server would be given.
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("If-Match", ifMatch)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable && !strings.Contains(body, "broken") && !strings.Contains(body, "panics") {
			t.Errorf("%s %s is answered with %d: %s", method, path, w.Code, w.Body)
		}
		if w.Code >= 400 && method != http.MethodHead {
			var p struct{ Code, Detail string }
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Code == "" || p.Detail == "" {
				t.Errorf("%s %s: %d is no problem: %s", method, path, w.Code, w.Body)
			}
		}
	})
}
