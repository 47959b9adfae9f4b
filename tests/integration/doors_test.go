package integration

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/inflect-dev/inflect/tests/parts"
)

// TestEngineIsShut knocks at every door of an engine as somebody without the password, and as somebody with it.
func TestEngineIsShut(t *testing.T) {
	s := start(t, needs{})
	e := s.engines[0]
	knock := func(method, url, body string, headers ...string) (int, string) {
		t.Helper()
		code, _, out, err := request(t.Context(), method, url, body, headers...)
		if err != nil {
			t.Fatal(err)
		}
		return code, string(out)
	}
	const stream = `{"input":{"stdin":{}},"output":{"stdout":{}}}`
	for _, path := range []string{"/streams", "/streams/a", "/ready", "/version", "/endpoints", "/resources/cache/a"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			if code, body := knock(method, "http://"+e.streams+path, stream); code != http.StatusUnauthorized {
				t.Errorf("%s %s without a password: %d %s", method, path, code, body)
			}
		}
	}
	for _, path := range []string{"/metrics", "/stats", "/debug/pprof/heap", "/debug/config/json", "/debug/stack"} {
		if code, _ := knock(http.MethodGet, "http://"+e.streams+path, ""); code != http.StatusNotFound && code != http.StatusUnauthorized {
			t.Errorf("%s: %d", path, code)
		}
	}
	authorised := func(method, path, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+e.streams+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("inflect", streamsPassword)
		return knock(method, "http://"+e.streams+path, body, "Authorization", req.Header.Get("Authorization"))
	}
	for name, config := range map[string]string{
		"file":     `{"input":{"file":{"paths":["/etc/passwd"]}},"output":{"stdout":{}}}`,
		"http":     `{"input":{"stdin":{}},"output":{"http_client":{"url":"http://127.0.0.1:1"}}}`,
		"command":  `{"input":{"stdin":{}},"pipeline":{"processors":[{"command":{"name":"sh"}}]},"output":{"stdout":{}}}`,
		"env":      `{"input":{"generate":{"mapping":"root = env(\"PATH\")"}},"output":{"stdout":{}}}`,
		"password": `{"input":{"generate":{"mapping":"root = \"${INFLECT_STREAMS_PASSWORD}\""}},"output":{"stdout":{}}}`,
		"path":     `{"input":{"generate":{"mapping":"root = \"${PATH}\""}},"output":{"stdout":{}}}`,
		"js file":  `{"input":{"stdin":{}},"pipeline":{"processors":[{"inflect_js":{"steps":[{"name":"s","file":"/etc/hostname"}]}}]},"output":{"stdout":{}}}`,
	} {
		if code, body := authorised(http.MethodPost, "/streams/hostile", config); code == http.StatusOK {
			t.Errorf("a stream with %s runs: %s", name, body)
		}
		if code, _ := authorised(http.MethodDelete, "/streams/hostile", ""); code == http.StatusOK {
			t.Errorf("a stream with %s was left behind", name)
		}
	}
	log, err := os.ReadFile(e.Log())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(log), streamsPassword) {
		t.Error("the password is in the engine's log")
	}
	for _, path := range []string{"/livez", "/readyz", "/metrics", "/status"} {
		if code, body := knock(http.MethodGet, "http://"+e.status+path, ""); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, body)
		}
		if code, _ := knock(http.MethodPost, "http://"+e.status+path, stream); code != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, code)
		}
	}
}

// TestWebPagesCannotUseTheAPI sends what a page of another site could make a browser send to a loopback port.
func TestWebPagesCannotUseTheAPI(t *testing.T) {
	s := start(t, needs{})
	const spec = `{"name":"evil","source":{"topic":"a"},"steps":[],"target":{"topic":"b"}}`
	tests := []struct {
		name    string
		headers []string
	}{
		{"another origin", []string{"Origin", "https://evil.example"}},
		{"a form", []string{"Content-Type", "text/plain"}},
		{"a form of another kind", []string{"Content-Type", "application/x-www-form-urlencoded"}},
		{"an opaque origin", []string{"Origin", "null"}},
		{"another site, by fetch metadata", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}},
	}
	for _, tt := range tests {
		if code, body := s.do(http.MethodPost, "/api/v1/pipelines", spec, tt.headers...); code != http.StatusForbidden && code != http.StatusUnsupportedMediaType {
			t.Errorf("%s: %d %s", tt.name, code, body)
		}
	}
	// DNS rebinding: the name is the attacker's, the address ours.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/api/v1/pipelines", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("another host name: %s", resp.Status)
	}
}

func TestTokensAreAskedForOffLoopback(t *testing.T) {
	s := start(t, needs{})
	listen := parts.Address(t)
	open := "0.0.0.0" + listen[strings.LastIndex(listen, ":"):]
	env := append(os.Environ(), "INFLECT_POSTGRES="+s.database.URL(), "INFLECT_STREAMS_PASSWORD="+streamsPassword)
	parts.Start(t, "open", parts.Program{Path: parts.Inflect(t), Ready: "msg=serving", Env: env, Args: []string{"serve", "--listen", open,
		"--brokers", strings.Join(s.kafka.Addrs(), ","), "--engine", "http://" + s.engines[0].streams, "--engine-status", "http://" + s.engines[0].status}})
	url := "http://" + listen
	code := func(path string, headers ...string) int {
		t.Helper()
		c, _, _, err := request(t.Context(), http.MethodGet, url+path, nil, headers...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := code("/livez"); c != http.StatusOK {
		t.Errorf("/livez: %d", c)
	}
	if c := code("/api/v1/pipelines"); c != http.StatusUnauthorized {
		t.Errorf("without a token: %d", c)
	}
	bootstrap := exec.CommandContext(t.Context(), parts.Inflect(t), "tokens", "create", "--bootstrap")
	bootstrap.Env = env
	secret, err := bootstrap.Output()
	if err != nil {
		t.Fatalf("making the first token: %v", err)
	}
	until(t, "the token is good", func() error {
		if c := code("/api/v1/pipelines", "Authorization", "Bearer "+strings.TrimSpace(string(secret))); c != http.StatusOK {
			return fmt.Errorf("%d", c)
		}
		return nil
	})
	again := exec.CommandContext(t.Context(), parts.Inflect(t), "tokens", "create", "--bootstrap")
	again.Env = env
	if out, err := again.CombinedOutput(); err == nil {
		t.Errorf("a second bootstrap made a token: %s", out)
	}
}

// TestNobodyIsReadyBeforeItsTables keeps a control plane from its first migration, as another one does that is at it.
func TestNobodyIsReadyBeforeItsTables(t *testing.T) {
	database := parts.Postgres(t)
	other, err := pgx.Connect(t.Context(), database.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.WithoutCancel(t.Context()))
	if _, err := other.Exec(t.Context(), `SELECT pg_advisory_lock(hashtext('inflect.migrations'), hashtext(current_schema()))`); err != nil {
		t.Fatal(err)
	}
	listen := parts.Address(t)
	parts.Start(t, "serve", parts.Program{Path: parts.Inflect(t), Ready: "msg=serving",
		Args: []string{"serve", "--listen", listen, "--brokers", strings.Join(parts.Kafka(t).Addrs(), ","), "--engine", "http://127.0.0.1:1", "--engine-status", "http://127.0.0.1:1"},
		Env:  []string{"INFLECT_POSTGRES=" + database.URL(), "INFLECT_STREAMS_PASSWORD=" + streamsPassword}})
	s := &system{t: t, url: "http://" + listen}
	s.until("it waits for its tables alone", func() error {
		code, body := s.do(http.MethodGet, "/readyz", nil)
		if code == http.StatusOK {
			t.Fatalf("it is ready without them: %s", body)
		}
		if !strings.Contains(string(body), "tables") || strings.Count(string(body), `"ok":false`) != 1 {
			return fmt.Errorf("%d %s", code, body)
		}
		return nil
	})
	if err := other.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.until("it is ready", s.ready)
	if code, body := s.do(http.MethodGet, "/api/v1/pipelines", nil); code != http.StatusOK {
		t.Errorf("it is ready, and says %d %s", code, body)
	}
}

func TestTakenPortNamesTheFlag(t *testing.T) {
	s := start(t, needs{})
	for flag, args := range map[string][]string{
		"--listen": {"serve", "--listen", strings.TrimPrefix(s.url, "http://"), "--brokers", "a:1", "--postgres", "postgres://a/b",
			"--engine", "http://a:1", "--engine-status", "http://a:2"},
		"--streams-listen": {"streams", "--streams-listen", s.engines[0].streams},
		"--metrics-listen": {"streams", "--streams-listen", parts.Address(t), "--metrics-listen", s.engines[0].status},
	} {
		out, err := exec.CommandContext(t.Context(), parts.Inflect(t), args...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), flag) {
			t.Errorf("%s: %v: %s", flag, err, out)
		}
	}
}

func TestRootConfigCannotOpenTheStreamsAPI(t *testing.T) {
	config := filepath.Join(t.TempDir(), "root.yaml")
	if err := os.WriteFile(config, []byte("http: {address: '0.0.0.0:0', basic_auth: {enabled: false}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	engine := exec.CommandContext(t.Context(), parts.Inflect(t), "streams", "--streams-listen", parts.Address(t), "--metrics-listen", parts.Address(t), "-o", config)
	if out, err := engine.CombinedOutput(); err == nil || !strings.Contains(string(out), "basic_auth") {
		t.Errorf("%v: %s", err, out)
	}
}
