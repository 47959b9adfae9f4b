package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/pipeline"
)

func TestForeignPagesAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.create()
	const stop = "/api/v1/pipelines/orders-eu:stop"
	tests := []struct {
		name, method, path string
		headers            []string
		field              string // Empty when it is allowed.
	}{
		{"no browser at all", "POST", stop, nil, ""},
		{"the page itself", "POST", stop, []string{"Host", "localhost:1", "Origin", "http://localhost:1", "Sec-Fetch-Site", "same-origin"}, ""},
		{"the page by address", "POST", stop, []string{"Host", "[::1]:8080", "Origin", "http://[::1]:8080"}, ""},
		{"a foreign page posts", "POST", stop, []string{"Origin", "https://evil.example"}, "Origin"},
		{"a foreign page posts a form", "POST", "/api/v1/pipelines", []string{"Origin", "https://evil.example", "Content-Type", "text/plain"}, "Origin"},
		{"a page of another local port", "POST", stop, []string{"Host", "localhost:1", "Origin", "http://localhost:2"}, "Origin"},
		{"a sandboxed page", "POST", stop, []string{"Origin", "null"}, "Origin"},
		{"an origin of another scheme", "POST", stop, []string{"Host", "localhost", "Origin", "file://localhost"}, "Origin"},
		{"a foreign page reads", "GET", "/api/v1/pipelines", []string{"Origin", "https://evil.example"}, "Origin"},
		{"a foreign image", "GET", "/api/v1/pipelines", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, "Sec-Fetch-Site"},
		{"a link on a foreign page", "GET", "/", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, ""},
		{"a form on a foreign page", "POST", stop, []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate"}, "Sec-Fetch-Site"},
		{"DNS rebinding", "GET", "/api/v1/pipelines", []string{"Host", "evil.example:8080"}, "Host"},
		{"DNS rebinding of the page", "GET", "/", []string{"Host", "evil.example:8080"}, "Host"},
		{"a name that only ends alike", "GET", "/api/v1/pipelines", []string{"Host", "evil-localhost"}, "Host"},
		{"a probe under any name", "GET", "/livez", []string{"Host", "10-1-2-3.pods.cluster.local"}, ""},
		{"a configured name is not there by itself", "GET", "/api/v1/pipelines", []string{"Host", "inflect.example"}, "Host"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := *s
			s.t = t
			got := s.do(tt.method, tt.path, "", tt.headers...)
			if tt.field == "" {
				got.want(http.StatusOK)
				return
			}
			got.problem(http.StatusForbidden, pipeline.CodeForbidden, tt.field)
		})
	}
}

func TestConfiguredNames(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *api.Options) { o.Hosts = []string{"inflect.example"}; o.RequireTokens = true })
	s.do("GET", "/", "", "Host", "inflect.example").want(http.StatusOK)
	s.do("GET", "/", "", "Host", "INFLECT.example:443", "Origin", "https://inflect.example").want(http.StatusOK)
	s.do("GET", "/", "", "Host", "other.example").problem(http.StatusForbidden, pipeline.CodeForbidden, "Host")
	// Behind tokens any name will do when none is configured: a foreign page has no token.
	s = serve(t, func(o *api.Options) { o.RequireTokens = true })
	s.do("GET", "/", "", "Host", "other.example").want(http.StatusOK)
}

func TestAnswersCarrySecurityHeaders(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, path := range []string{"/", "/api/v1/pipelines", "/api/v1/nothing"} {
		h := s.do("GET", path, "").header
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src 'self' 'unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Access-Control-Allow-Origin": ""} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if h.Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", path)
		}
	}
	s.do("OPTIONS", "/api/v1/pipelines", "").problem(http.StatusMethodNotAllowed, pipeline.CodeMethodNotAllowed, "")
}
