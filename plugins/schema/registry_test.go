package schema

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/plugins/record"
)

// gate stands before the registry: it counts requests, and refuses them while it is shut. It knows of no subject of the schema
// with the id orphan.
type gate struct {
	*httptest.Server
	shut   atomic.Bool
	orphan atomic.Int64

	mu    sync.Mutex
	asked map[string]int
	seen  chan struct{}
}

func newGate(t testing.TB, b *bench) *gate {
	t.Helper()
	u, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.Transport = transport
	g := &gate{asked: map[string]int{}, seen: make(chan struct{}, 100)}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shut := g.shut.Load() // before anybody hears of the request, who may open it then
		g.mu.Lock()
		g.asked[r.URL.Path]++
		g.mu.Unlock()
		select {
		case g.seen <- struct{}{}:
		default:
		}
		if shut {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if r.URL.Path == fmt.Sprintf("/schemas/ids/%d/versions", g.orphan.Load()) {
			_, _ = w.Write([]byte("[]"))
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { g.Close(); transport.CloseIdleConnections() })
	b.url = g.URL
	return g
}

func metric(t testing.TB, m prometheus.Metric) float64 {
	t.Helper()
	var d dto.Metric
	if err := m.Write(&d); err != nil {
		t.Fatal(err)
	}
	return d.GetGauge().GetValue() + d.GetCounter().GetValue()
}

func (g *gate) requests() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := map[string]int{}
	for k, v := range g.asked {
		out[k] = v
	}
	return out
}

func TestThousandStreamsMakeOneRequestPerSchema(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("code", "JSON", `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "string"}`)
	b.register("orders-value", "JSON", `{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"c": {"$ref": "code.json"}}}`, ref("code.json", "code"))
	other := b.register("users-value", "AVRO", field(`"int"`))
	b.register("users-value", "AVRO", rec(`{"name":"f","type":"long"}`))
	g := newGate(t, b)
	var wg sync.WaitGroup
	for i := range 1000 {
		p := b.processor(`{subject: orders-value, version: 1, direction: decode}`)
		value := `{"c":"x"}`
		if i%2 == 1 {
			p = b.processor(`{subject: users-value, version: 2, direction: decode}`)
			value = frame(other, "\x02")
		}
		wg.Go(func() {
			out, err := p.ProcessBatch(context.Background(), messages(value))
			if err != nil || out[0][0].GetError() != nil {
				t.Error(err, out[0][0].GetError())
			}
		})
	}
	wg.Wait()
	for path, n := range g.requests() {
		if n != 1 {
			t.Errorf("%d requests for %s", n, path)
		}
	}
	if n := len(g.requests()); n != 5 {
		t.Errorf("%d paths: %v", n, g.requests())
	}
}

func TestRunningPipelinesOutliveTheRegistry(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.register("orders-value", "JSON", order)
	old := b.register("orders-value", "JSON", `{"$schema": "http://json-schema.org/draft-07/schema#"}`)
	g := newGate(t, b)
	p := b.processor("{subject: orders-value, version: 1, direction: decode}")
	want(t, b.run(p, frame(old, `{"id":1}`))[0], "")
	g.shut.Store(true)
	before := len(g.requests())
	for range 3 {
		got := b.run(p, frame(id, `{"id":1}`), `{}`, frame(old, `{"id":1}`))
		want(t, got[0], "")
		want(t, got[1], CodeViolation)
		want(t, got[2], "")
	}
	if len(g.requests()) != before {
		t.Errorf("the registry was asked: %v", g.requests())
	}
	want(t, b.run(b.processor("{subject: orders-value, version: 1, direction: encode}"), `{"id":1}`)[0], "")
}

func TestStartingPipelinesWaitForTheRegistry(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	g := newGate(t, b)
	g.shut.Store(true)
	p := b.processor("{subject: orders-value, version: 1, direction: decode, pipeline: eu}")
	done := make(chan service.MessageBatch, 1)
	go func() { done <- b.run(p, `{"id":1}`) }()
	for range 3 {
		<-g.seen
	}
	state := b.stats.Boards()[0]
	if state.State != "waiting" || !strings.Contains(state.Reason, "orders-value") || strings.Contains(state.Reason, "password") {
		t.Errorf("state %q, reason %q", state.State, state.Reason)
	}
	if v := metric(t, p.registry.up); v != 0 {
		t.Errorf("up is %v", v)
	}
	select {
	case <-done:
		t.Fatal("the batch did not wait")
	default:
	}
	g.shut.Store(false)
	want(t, (<-done)[0], "")
	if state := b.stats.Boards()[0]; state.State != "running" || state.Reason != "" {
		t.Errorf("state %q, reason %q", state.State, state.Reason)
	}
	if v := metric(t, p.registry.up); v != 1 {
		t.Errorf("up is %v", v)
	}
	if metric(t, p.registry.metrics.errors) < 3 {
		t.Error("errors were not counted")
	}
}

func TestAStopEndsTheWait(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	g := newGate(t, b)
	g.shut.Store(true)
	p := b.processor("{subject: orders-value, version: 1, direction: decode}")
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-g.seen; cancel() }()
	out, err := p.ProcessBatch(ctx, messages(`{"id":1}`))
	if err != nil {
		t.Fatal(err)
	}
	want(t, out[0][0], record.CodePipeline)
}

func TestAnUnknownIDIsNotDeadWhileTheRegistryIsAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	g := newGate(t, b)
	p := b.processor("{subject: orders-value, version: 1, direction: decode}")
	b.run(p, `{"id":1}`)
	g.shut.Store(true)
	done := make(chan service.MessageBatch, 1)
	go func() { done <- b.run(p, frame(2, `{"id":1}`)) }()
	for range 3 {
		<-g.seen
	}
	b.register("orders-value", "JSON", `{"$schema": "http://json-schema.org/draft-07/schema#"}`)
	g.shut.Store(false)
	want(t, (<-done)[0], "")
}

func TestAnOldVersionOfNoUseConcernsItsRecordsAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	old := b.register("orders-value", "JSON", `{"$ref": "nowhere.json"}`)
	b.register("orders-value", "JSON", order)
	want(t, b.run(b.processor("{subject: orders-value, version: 2, direction: decode}"), frame(old, `{"id":1}`))[0], "")

	oldProto := b.register("p-value", "PROTOBUF", `syntax = "proto3"; message A { B b = 1; }`)
	b.register("p-value", "PROTOBUF", `syntax = "proto3"; message A { int32 b = 1; }`)
	got := b.run(b.processor("{subject: p-value, version: 2, direction: decode}"), frame(oldProto, "\x00\x08\x01"), "\x08\x01")
	want(t, got[0], CodeIncompatible)
	want(t, got[1], "")
}

func TestTLSIsChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	u, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	transport := &http.Transport{}
	proxy.Transport = transport
	server := httptest.NewUnstartedServer(proxy)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(func() { server.Close(); transport.CloseIdleConnections() })
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	for name, tt := range map[string]struct{ tls, code string }{
		"trusted":   {fmt.Sprintf("{enabled: true, root_cas: %q}", ca), ""},
		"untrusted": {"{enabled: true}", record.CodePipeline},
	} {
		conf, err := spec().ParseYAML(fmt.Sprintf("{registry: {url: %q, tls: %s}, subject: orders-value, direction: decode, trace: true}", server.URL, tt.tls), nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := newProcessor(conf, b.mgr)
		if err != nil {
			t.Fatal(err)
		}
		p.patience = 500 * time.Millisecond
		if tt.code == "" {
			p.patience = patience
		}
		t.Log(name)
		want(t, b.run(p, `{"id":1}`)[0], tt.code)
		closeIdle(p.registry)
	}
}

func TestUnknownIDsAreAskedForOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	g := newGate(t, b)
	p := b.processor("{subject: orders-value, version: 1, direction: decode}")
	for range 3 {
		want(t, b.run(p, frame(99, `{"id":1}`))[0], CodeUnknownID)
	}
	if n := g.requests()["/schemas/ids/99/versions"]; n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// Two streams look for an id, and neither finds it here. One asks and has the answer before the other comes to ask.
func TestWhoComesToAskAfterTheAnswerDoesNotAsk(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.register("orders-value", "JSON", order)
	g := newGate(t, b)
	r := b.processor("{subject: orders-value, version: 1, direction: decode}").registry
	for _, id := range []int{id, 99} {
		first, err := r.versions(t.Context(), id, "orders-value")
		second, again := r.versions(t.Context(), id, "orders-value")
		if len(second) != len(first) || !errors.Is(again, err) {
			t.Errorf("%v (%v) became %v (%v)", first, err, second, again)
		}
		if n := g.requests()[fmt.Sprintf("/schemas/ids/%d/versions", id)]; n != 1 {
			t.Errorf("%d requests for id %d", n, id)
		}
	}
}

// Two subjects have the same schema and so the same id, the second one since after the id was looked up.
func TestAnIDMayComeToBelongToAFurtherSubject(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	older, newer := rec(`{"name":"a","type":"int"}`), rec(`{"name":"a","type":"int"},{"name":"b","type":"int","default":0}`)
	id := b.register("orders-value", "AVRO", older)
	b.register("orders-value", "AVRO", newer)
	b.register("returns-value", "AVRO", newer)
	orders := b.processor("{subject: orders-value, version: 2, direction: decode}")
	returns := b.processor("{subject: returns-value, version: 1, direction: decode}")
	want(t, b.run(orders, frame(id, "\x02"))[0], "")
	if again := b.register("returns-value", "AVRO", older); again != id {
		t.Fatalf("the id is %d and then %d", id, again)
	}
	lookedUp := func(ago time.Duration) {
		r := orders.registry
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ids[id] = usage{r.ids[id].versions, time.Now().Add(-ago)}
	}
	lookedUp(-time.Hour)
	want(t, b.run(returns, frame(id, "\x02"))[0], CodeWrongSubject)
	lookedUp(unknownFor)
	want(t, b.run(returns, frame(id, "\x02"))[0], "")
	want(t, b.run(orders, frame(id, "\x02"))[0], "")
}

// That an id is of other subjects is asked again now and then, but nobody waits for it while the registry is away.
func TestAnIDOfOthersIsRememberedThroughAnOutage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	id := b.register("users-value", "JSON", `{"type": "object", "title": "users"}`)
	g := newGate(t, b)
	p := b.processor("{subject: orders-value, direction: decode}")
	want(t, b.run(p, frame(id, "{}"))[0], CodeWrongSubject)
	p.registry.mu.Lock()
	p.registry.ids[id] = usage{p.registry.ids[id].versions, time.Now().Add(-unknownFor)}
	p.registry.mu.Unlock()
	g.shut.Store(true)
	want(t, b.run(p, frame(id, "{}"))[0], CodeWrongSubject)
	g.mu.Lock()
	clear(g.asked)
	g.mu.Unlock()
	want(t, b.run(p, frame(id, "{}"))[0], CodeWrongSubject)
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.asked) > 0 {
		t.Errorf("asked again at once: %v", g.asked)
	}
}

// A registry keeps deleted versions for those who have records of them; only for good is gone.
func TestDeletedVersionsAreStillRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.register("orders-value", "AVRO", rec(`{"name":"a","type":"int"}`))
	b.register("orders-value", "AVRO", rec(`{"name":"a","type":"int"},{"name":"b","type":"int","default":7}`))
	newest := b.register("orders-value", "AVRO", rec(`{"name":"a","type":"long"}`))
	p := b.processor("{subject: orders-value, version: 2, direction: decode}")
	for _, version := range []int{1, 2} {
		if err := p.registry.clients[0].DeleteSchema(t.Context(), "orders-value", version, sr.SoftDelete); err != nil {
			t.Fatal(err)
		}
	}
	m := b.run(p, frame(id, "\x02"))[0]
	if want(t, m, ""); body(t, m) != `{"a":1,"b":7}` {
		t.Error(body(t, m))
	}
	if err := p.registry.clients[0].DeleteSchema(t.Context(), "orders-value", 3, sr.SoftDelete); err != nil {
		t.Fatal(err)
	}
	f := want(t, b.run(b.processor("{subject: orders-value, direction: decode}"), frame(newest, "\x02"))[0], record.CodePipeline)
	if !strings.Contains(f.Message, "no subject") {
		t.Error(f.Message)
	}
}

// A panic in what several wait for cannot be recovered by any of them.
func TestASchemaThatBreaksALibraryIsThePipelinesFault(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.processor("{subject: orders-value, direction: decode}").registry
	var final *finalError
	_, err := r.patiently(t.Context(), "x", func(error) {}, func(context.Context) (any, error) { panic("index out of range") })
	if !errors.As(err, &final) || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("got %v", err)
	}
}

func TestWhatDoesNotExistIsThePipelinesFault(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	for yaml, message := range map[string]string{
		"{subject: nobody, direction: decode}":                   "no subject nobody",
		"{subject: orders-value, version: 9, direction: decode}": "no version 9 of subject orders-value",
	} {
		f := want(t, b.run(b.processor(yaml), `{"id":1}`)[0], record.CodePipeline)
		if !strings.Contains(f.Message, message) {
			t.Errorf("%s: %s", yaml, f.Message)
		}
	}
}

func TestLatestStaysWhatItWas(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	p := b.processor("{subject: orders-value, direction: decode}")
	want(t, b.run(p, `{"id":1}`)[0], "")
	b.register("orders-value", "JSON", `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "array"}`)
	want(t, b.run(p, `{"id":1}`)[0], "")
	want(t, b.run(b.processor("{subject: orders-value, direction: decode}"), `{"id":1}`)[0], CodeViolation)
}

func TestTheNextServerAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	good := b.url
	g := newGate(t, b)
	g.shut.Store(true)
	b.url = "http://127.0.0.1:1, " + g.URL + "," + good
	want(t, b.run(b.processor("{subject: orders-value, direction: decode}"), `{"id":1}`)[0], "")
}

func TestCredentialsReachTheRegistryAndNothingElse(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-word"
	tests := []struct{ name, url, yaml, header string }{
		{"basic", "http://HOST", `basic_auth: {username: u, password: ` + secret + `}`, "Basic dTpzM2NyZXQtd29yZA=="},
		{"in the address", "http://u:" + secret + "@HOST", "", "Basic dTpzM2NyZXQtd29yZA=="},
		{"bearer", "http://HOST", "bearer_token: " + secret, "Bearer " + secret},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			headers := make(chan string, 1)
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				headers <- r.Header.Get("Authorization")
				w.WriteHeader(http.StatusUnauthorized)
			}))
			defer s.Close()
			conf, err := spec().ParseYAML(fmt.Sprintf("{registry: {url: %q, %s}, subject: s, direction: decode, trace: true, pipeline: eu}",
				strings.Replace(tt.url, "HOST", s.Listener.Addr().String(), 1), tt.yaml), nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := newProcessor(conf, b.mgr)
			if err != nil {
				t.Fatal(err)
			}
			defer closeIdle(p.registry)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			done := make(chan service.MessageBatch, 1)
			go func() { out, _ := p.ProcessBatch(ctx, messages("{}")); done <- out[0] }()
			if got := <-headers; got != tt.header {
				t.Errorf("header %q", got)
			}
			cancel()
			f := want(t, (<-done)[0], record.CodePipeline)
			families, err := b.stats.Registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			if shown := fmt.Sprint(f.Message, b.stats.Boards(), families); strings.Contains(shown, secret) {
				t.Errorf("the secret is shown: %s", shown)
			}
		})
	}
}

func TestTrialsDoNotWaitForEver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.url = "http://127.0.0.1:1"
	p := b.processor("{subject: s, direction: decode, trace: true}")
	p.patience = 50 * time.Millisecond
	want(t, b.run(p, "{}")[0], record.CodePipeline)
}
