package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

// patience is how long a test waits for something that has to come. Nothing here takes that long; a loaded machine may.
const patience = 5 * time.Minute

// poll is how often a test looks whether it came.
const poll = 20 * time.Millisecond

const streamsPassword = "streams-password-of-the-tests"

// system is a control plane with its neighbours.
type system struct {
	t        *testing.T
	kafka    *parts.Cluster
	registry *parts.RegistryServer
	database *parts.Database
	// transforms is the directory of the users' code.
	transforms string
	url        string
	serve      *parts.Server
	engines    []*engine
	client     *kgo.Client
	schemas    *sr.Client
}

// engine is one `inflect streams`.
type engine struct {
	*parts.Server
	streams, status string
}

// needs are parts of a system that a test wants for itself.
type needs struct {
	registry *parts.RegistryServer
	database *parts.Database
	// engines is how many there are; 0 means 1. The first one is started.
	engines int
}

func start(t *testing.T, n needs) *system {
	t.Helper()
	s := &system{t: t, kafka: parts.Kafka(t), registry: n.registry, database: n.database, transforms: t.TempDir()}
	if s.registry == nil {
		s.registry = parts.Registry(t)
	}
	if s.database == nil {
		s.database = parts.Postgres(t)
	}
	s.client = s.kafka.Client(t)
	var err error
	if s.schemas, err = registryClient(s.registry.URL()); err != nil {
		t.Fatal(err)
	}
	for range max(1, n.engines) {
		s.engines = append(s.engines, &engine{streams: parts.Address(t), status: parts.Address(t)})
	}
	s.startEngine(0)
	listen := parts.Address(t)
	s.url = "http://" + listen
	args := []string{"serve", "--listen", listen, "--brokers", strings.Join(s.kafka.Addrs(), ","), "--registry", s.registry.URL(),
		"--transforms", s.transforms, "--watch", "--log-level", "debug"}
	for _, e := range s.engines {
		args = append(args, "--engine", "http://"+e.streams, "--engine-status", "http://"+e.status)
	}
	s.serve = parts.Start(t, "serve", parts.Program{Path: parts.Inflect(t), Args: args, Ready: "msg=serving",
		Env: []string{"INFLECT_POSTGRES=" + s.database.URL(), "INFLECT_STREAMS_PASSWORD=" + streamsPassword}})
	s.until("the control plane is ready", s.ready)
	return s
}

// ready says why the control plane is not.
func (s *system) ready() error {
	code, _, body, err := request(s.t.Context(), http.MethodGet, s.url+"/readyz", nil)
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("%d %s", code, body)
	}
	return err
}

// registryClient registers schemas in a registry that may have started just now, and takes its time then.
func registryClient(url string) (*sr.Client, error) {
	return sr.NewClient(sr.URLs(url), sr.HTTPClient(&http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}))
}

func (s *system) startEngine(n int) {
	s.t.Helper()
	e := s.engines[n]
	e.Server = parts.Start(s.t, fmt.Sprintf("engine-%d", n), parts.Program{Path: parts.Inflect(s.t), Args: []string{"streams"}, Ready: "in streams mode",
		Env: []string{"INFLECT_STREAMS_LISTEN=" + e.streams, "INFLECT_METRICS_LISTEN=" + e.status, "INFLECT_STREAMS_PASSWORD=" + streamsPassword,
			"INFLECT_REGISTRY=" + s.registry.URL(), fmt.Sprintf("INFLECT_INSTANCE=engine-%d", n)}})
	// It says that it is in streams mode a moment before it listens.
	s.until("the engine listens", func() error {
		_, _, _, err := request(s.t.Context(), http.MethodGet, "http://"+e.streams+"/ready", nil)
		return err
	})
}

// until waits for a condition and fails with what it last said.
func (s *system) until(what string, f func() error) {
	s.t.Helper()
	until(s.t, what, f)
}

func until(t *testing.T, what string, f func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waiting until %s: %v", what, err)
		case <-tick.C:
		}
	}
}

// do asks the control plane.
func (s *system) do(method, path string, body any, headers ...string) (int, []byte) {
	s.t.Helper()
	code, _, out := s.ask(method, path, body, headers...)
	return code, out
}

func (s *system) ask(method, path string, body any, headers ...string) (int, http.Header, []byte) {
	s.t.Helper()
	code, h, out, err := request(s.t.Context(), method, s.url+path, body, headers...)
	if err != nil {
		s.t.Fatal(err)
	}
	return code, h, out
}

func request(ctx context.Context, method, url string, body any, headers ...string) (int, http.Header, []byte, error) {
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return 0, nil, nil, err
		}
		r = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, r)
	if err != nil {
		return 0, nil, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, out, err
}

// create makes a pipeline, whose topics exist already.
func (s *system) create(spec pipeline.Spec) {
	s.t.Helper()
	if code, body := s.do(http.MethodPost, "/api/v1/pipelines", spec); code != http.StatusCreated {
		s.t.Fatalf("creating pipeline %s: %d %s", spec.Name, code, body)
	}
}

// update changes a pipeline as it is now.
func (s *system) update(name string, change func(*pipeline.Spec)) {
	s.t.Helper()
	code, h, body := s.ask(http.MethodGet, "/api/v1/pipelines/"+name, nil)
	var p pipeline.Pipeline
	if err := json.Unmarshal(body, &p); code != http.StatusOK || err != nil {
		s.t.Fatalf("reading pipeline %s: %d %s (%v)", name, code, body, err)
	}
	change(&p.Spec)
	if code, body := s.do(http.MethodPut, "/api/v1/pipelines/"+name, p.Spec, "If-Match", h.Get("ETag")); code != http.StatusOK {
		s.t.Fatalf("updating pipeline %s: %d %s", name, code, body)
	}
}

func (s *system) status(name string) pipeline.Status {
	s.t.Helper()
	st, err := s.seen(name)
	if err != nil {
		s.t.Fatalf("reading the status of pipeline %s: %v", name, err)
	}
	return st
}

// seen is a pipeline's status, or why there is none.
func (s *system) seen(name string) (pipeline.Status, error) {
	var st pipeline.Status
	err := s.look("/api/v1/pipelines/"+name+"/status", &st)
	return st, err
}

// look asks for a path once and decodes the answer, or tells why there is none.
func (s *system) look(path string, into any) error {
	code, _, body, err := request(s.t.Context(), http.MethodGet, s.url+path, nil)
	switch {
	case err != nil:
		return err
	case code != http.StatusOK:
		return fmt.Errorf("%d %s", code, body)
	}
	return json.Unmarshal(body, into)
}

// shows waits until a pipeline's status is as what says; is gives back what keeps it from being so.
func (s *system) shows(name, what string, is func(pipeline.Status) error) {
	s.t.Helper()
	s.until(fmt.Sprintf("%s (pipeline %s)", what, name), func() error {
		st, err := s.seen(name)
		if err != nil {
			return err
		}
		return is(st)
	})
}

// phase waits until a pipeline is in a phase at its wanted revision.
func (s *system) phase(name string, want pipeline.Phase) pipeline.Status {
	s.t.Helper()
	var last pipeline.Status
	s.shows(name, "it is "+string(want), func(st pipeline.Status) error {
		if last = st; st.Phase != want || want == pipeline.PhaseRunning && st.AppliedRevision != st.Revision {
			return fmt.Errorf("it is %s at revision %d of %d: %s", st.Phase, st.AppliedRevision, st.Revision, st.Message)
		}
		return nil
	})
	return last
}

// schema registers a JSON schema under a subject of its own.
func (s *system) schema(prefix, text string) *pipeline.Schema {
	s.t.Helper()
	subject := parts.Unique(prefix)
	if _, err := s.schemas.CreateSchema(s.t.Context(), subject, sr.Schema{Schema: text, Type: sr.TypeJSON}); err != nil {
		s.t.Fatal(err)
	}
	return &pipeline.Schema{Subject: subject, Version: "1"}
}

// transform writes a file of the transform directory.
func (s *system) transform(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.transforms, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// produce writes records and waits for all of them.
func (s *system) produce(records ...*kgo.Record) {
	s.t.Helper()
	if err := s.client.ProduceSync(s.t.Context(), records...).FirstErr(); err != nil {
		s.t.Fatal(err)
	}
}

// reader reads a topic from its beginning, committed records only.
func (s *system) reader(topics ...string) *kgo.Client {
	s.t.Helper()
	return s.kafka.Client(s.t, kgo.ConsumeTopics(topics...), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(100*time.Millisecond))
}

// next is the next records of a reader, at least one.
func next(t *testing.T, r *kgo.Client) []*kgo.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	fetches := r.PollFetches(ctx)
	if err := fetches.Err(); err != nil {
		t.Fatalf("reading: %v", err)
	}
	return fetches.Records()
}

// caughtUp waits until a pipeline's group has committed the end of its source.
func (s *system) caughtUp(name, topic string) {
	s.t.Helper()
	admin := s.kafka.Admin(s.t)
	s.until(fmt.Sprintf("pipeline %s has read %s", name, topic), func() error {
		ends, err := admin.ListEndOffsets(s.t.Context(), topic)
		if err != nil {
			return err
		}
		committed, err := admin.FetchOffsets(s.t.Context(), "inflect."+name)
		if err != nil {
			return err
		}
		var behind error
		ends.Each(func(end kadm.ListedOffset) {
			at, ok := committed.Lookup(topic, end.Partition)
			if end.Offset > 0 && (!ok || at.At < end.Offset) {
				behind = fmt.Errorf("partition %d is at %d of %d", end.Partition, at.At, end.Offset)
			}
		})
		return behind
	})
}

func header(r *kgo.Record, key string) string {
	for _, h := range r.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}
