package client_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/cli/client"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// connect is a client of a server that answers with handler.
func connect(t *testing.T, handler http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := client.New(client.Options{URL: server.URL + "/", Token: "t0k3n", HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(w http.ResponseWriter, status int, media, body string) {
	w.Header().Set("Content-Type", media)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

func TestRequestSaysWhoAndWhat(t *testing.T) {
	t.Parallel()
	var seen *http.Request
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r
		answer(w, 200, "application/json", `{"name":"a","revision":8}`)
	})
	p, err := c.Update(t.Context(), 7, pipeline.Spec{Name: "a"})
	if err != nil || p.Revision != 8 {
		t.Fatalf("%+v, %v", p, err)
	}
	for name, want := range map[string]string{"Authorization": "Bearer t0k3n", "If-Match": `"7"`, "Content-Type": "application/json"} {
		if got := seen.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if _, err := c.Update(t.Context(), 0, pipeline.Spec{Name: "a"}); err != nil || seen.Header.Get("If-Match") != "*" {
		t.Errorf("If-Match %q, %v", seen.Header.Get("If-Match"), err)
	}
	if _, err := c.Function(t.Context(), "lib/a.ts#b"); err != nil || seen.URL.EscapedPath() != "/api/v1/transforms/lib%2Fa.ts%23b" {
		t.Errorf("path %s, %v", seen.URL.EscapedPath(), err)
	}
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") == "" {
			answer(w, 200, "application/json", `{"items":[{"name":"a","status":{"lag":3}}],"next":"a"}`)
			return
		}
		answer(w, 200, "application/json", `{"items":[{"name":"b"}]}`)
	})
	all, err := c.Pipelines(t.Context(), pipeline.Query{Search: "x"})
	if err != nil || len(all) != 2 || all[0].Status.Lag != 3 || all[1].Name != "b" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestProblemsKeepTheirCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, media, body string
		code              pipeline.Code
		text              string
	}{
		{"problem", "application/problem+json", `{"code":"stale","detail":"it is at revision 9 by now"}`, pipeline.CodeStale, "revision 9"},
		{"problem with fields", "application/problem+json; charset=utf-8", `{"code":"unknown_topic","detail":"x","errors":[{"code":"unknown_topic","field":"source.topic","message":"there is no topic x"}]}`,
			pipeline.CodeUnknownTopic, "source.topic: there is no topic x"},
		{"another server", "text/html", `<h1>nginx</h1>`, pipeline.CodeInternal, "not as an Inflect server"},
		{"broken problem", "application/problem+json", `{`, pipeline.CodeInternal, "not as an Inflect server"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 418, tt.media, tt.body) })
			_, err := c.Pipeline(t.Context(), "a")
			if pipeline.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v (%s)", err, pipeline.CodeOf(err))
			}
		})
	}
}

func TestServerThatIsAwayIsNamed(t *testing.T) {
	t.Parallel()
	c, err := client.New(client.Options{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Version(t.Context())
	if pipeline.CodeOf(err) != pipeline.CodeUnavailable || !strings.Contains(err.Error(), "http://127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
	for _, bad := range []string{"", "127.0.0.1:8080", "ftp://x", "http://"} {
		if _, err := client.New(client.Options{URL: bad}); pipeline.CodeOf(err) != pipeline.CodeInvalid {
			t.Errorf("%q is taken for an address: %v", bad, err)
		}
	}
}

func TestUnreadyServerIsNoError(t *testing.T) {
	t.Parallel()
	c := connect(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 503, "application/json", `{"status":"unavailable","checks":[{"name":"postgres","ok":false,"message":"refused"}]}`)
	})
	h, err := c.Ready(t.Context())
	if err != nil || h.Status != "unavailable" || len(h.Checks) != 1 || h.Checks[0].Message != "refused" {
		t.Errorf("%+v, %v", h, err)
	}
}
