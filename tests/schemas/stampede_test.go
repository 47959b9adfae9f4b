package schemas

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/tests/parts"
)

// TestThousandNewStreamsMakeOneRequestPerSchema starts a thousand streams at once in a real engine, over a registry that does
// not answer before all of them are there: each schema, and each id, is asked for once.
func TestThousandNewStreamsMakeOneRequestPerSchema(t *testing.T) {
	const thousand = 1000
	c := fake(t)
	c.register(t, "code", "JSON", `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "string"}`)
	json7 := sr.Schema{Type: sr.TypeJSON, Schema: `{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"c": {"$ref": "code.json"}}}`,
		References: []sr.SchemaReference{{Name: "code.json", Subject: "code", Version: 1}}}
	if _, err := c.cl.CreateSchema(t.Context(), "orders-value", json7); err != nil {
		t.Fatal(err)
	}
	avro, proto := varieties["Avro"], varieties["Protobuf"]
	old := c.register(t, "users-value", avro.typ, avro.first)
	c.register(t, "users-value", avro.typ, avro.second)
	c.register(t, "payments-value", proto.typ, proto.first)
	g := newGate(t, c.url)

	kinds := []struct{ subject, version, payload string }{
		{"orders-value", "1", `{"c":"x"}`},
		{"users-value", "2", frame(old.ID) + avro.wrongVersion},
		{"payments-value", "1", proto.wrongVersion},
	}
	streams := map[string]any{}
	for i := range thousand {
		k := kinds[i%len(kinds)]
		streams[fmt.Sprintf("stream-%d", i)] = object{
			"input": object{"generate": object{"count": 1, "interval": "", "mapping": fmt.Sprintf("root = %q.decode(\"base64\")", base64.StdEncoding.EncodeToString([]byte(k.payload)))}},
			"pipeline": object{"processors": []any{object{"inflect_schema": object{"direction": "decode", "subject": k.subject, "version": k.version,
				"registry": object{"url": g.url, "timeout": "5m"}}}}},
			"output": object{"drop": object{}},
		}
	}
	e := startEngine(t)
	e.post(t, "/streams", streams)
	e.reaches(t, "input_received", thousand) // every stream has its event
	if n := e.sum(t, "output_sent"); n != 0 {
		t.Fatalf("%d events passed without a schema", n)
	}
	close(g.open)
	e.reaches(t, "output_sent", thousand) // every event is through
	if n := e.sum(t, "processor_error"); n != 0 {
		t.Errorf("%d events failed", n)
	}
	asked := g.requests()
	for path, n := range asked {
		if n != 1 {
			t.Errorf("%d requests for %s", n, path)
		}
	}
	t.Log(asked)
}

type object = map[string]any

// gate is a registry that counts what it is asked for and answers nothing until it is opened.
type gate struct {
	url   string
	open  chan struct{}
	mu    sync.Mutex
	asked map[string]int
}

func newGate(t *testing.T, registry string) *gate {
	t.Helper()
	target, err := url.Parse(registry)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: &http.Transport{DisableKeepAlives: true}}
	g := &gate{open: make(chan struct{}), asked: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.asked[r.Method+" "+r.URL.Path]++
		g.mu.Unlock()
		select {
		case <-g.open:
			proxy.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	g.url = server.URL
	return g
}

func (g *gate) requests() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := map[string]int{}
	for path, n := range g.asked {
		out[path] = n
	}
	return out
}

// engine is an `inflect streams`.
type engine struct {
	streams, metrics string
	client           *http.Client
}

const enginePassword = "a password of the tests"

func startEngine(t *testing.T) *engine {
	t.Helper()
	e := &engine{streams: parts.Address(t), metrics: parts.Address(t), client: &http.Client{Timeout: patience, Transport: &http.Transport{}}}
	t.Cleanup(e.client.CloseIdleConnections)
	parts.Start(t, "engine", parts.Program{Path: parts.Inflect(t), Args: []string{"streams"}, Ready: "in streams mode", Env: []string{
		"INFLECT_STREAMS_LISTEN=" + e.streams, "INFLECT_METRICS_LISTEN=" + e.metrics, "INFLECT_STREAMS_PASSWORD=" + enginePassword}})
	for _, address := range []string{e.streams, e.metrics} {
		until(t, "the engine listens", func() error {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				return err
			}
			return conn.Close()
		})
	}
	return e
}

// do sends a request and returns the body of its answer, which has to be a good one.
func (e *engine) do(t *testing.T, method, address string, body []byte) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("inflect", enginePassword)
	resp, err := e.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s: %.2000s", method, address, resp.Status, answer)
	}
	return answer
}

func (e *engine) post(t *testing.T, path string, v any) {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	e.do(t, http.MethodPost, "http://"+e.streams+path, body)
}

// sum is the value of a counter over all streams.
func (e *engine) sum(t *testing.T, counter string) int {
	t.Helper()
	total := 0
	for _, found := range regexp.MustCompile(`(?m)^`+counter+`(?:\{.*\})? (\d+)$`).FindAllSubmatch(e.do(t, http.MethodGet, "http://"+e.metrics+"/metrics", nil), -1) {
		n, err := strconv.Atoi(string(found[1]))
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	return total
}

// reaches waits until a counter has a value.
func (e *engine) reaches(t *testing.T, counter string, want int) {
	t.Helper()
	until(t, fmt.Sprintf("%s is %d", counter, want), func() error {
		if n := e.sum(t, counter); n != want {
			return fmt.Errorf("it is %d", n)
		}
		return nil
	})
}

// until waits for a condition and fails with what it last said.
func until(t *testing.T, what string, f func() error) {
	t.Helper()
	deadline := time.After(patience)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("waited %s until %s: %v", patience, what, err)
		}
	}
}
