package api_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/pipeline"
)

// reader is one reader of the event stream.
type reader struct {
	t      *testing.T
	lines  *bufio.Scanner
	cancel context.CancelFunc
}

func (s *server) read(path string, headers ...string) *reader {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	s.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: s.dial}}).Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = res.Body.Close() })
	if media := res.Header.Get("Content-Type"); media != "text/event-stream" || res.Header.Get("Cache-Control") != "no-store" {
		s.t.Fatalf("content type %q", media)
	}
	return &reader{s.t, bufio.NewScanner(res.Body), cancel}
}

// next is the kind and data of the next event, or "end" after the last.
func (r *reader) next() (kind, data string) {
	r.t.Helper()
	for r.lines.Scan() {
		line := r.lines.Text()
		switch {
		case strings.HasPrefix(line, "event: "):
			kind = line[len("event: "):]
		case strings.HasPrefix(line, "data: "):
			data = line[len("data: "):]
		case strings.HasPrefix(line, ": "):
			return "comment", line[2:]
		case line == "" && kind != "":
			return kind, data
		}
	}
	return "end", ""
}

func (r *reader) want(kind string, parts ...string) {
	r.t.Helper()
	got, data := r.next()
	for got == "comment" && kind != "comment" {
		got, data = r.next()
	}
	if got != kind {
		r.t.Fatalf("got %s %s, want %s", got, data, kind)
	}
	for _, part := range parts {
		if !strings.Contains(data, part) {
			r.t.Errorf("%s does not hold %s", data, part)
		}
	}
}

func fast(o *api.Options) { o.Tick, o.Heartbeat = 10*time.Millisecond, time.Hour }

func TestEventsTellWhatChanges(t *testing.T) {
	t.Parallel()
	s := serve(t, fast)
	a := pipeline.Status{Name: "a", State: pipeline.Running, Phase: pipeline.PhaseRunning, Lag: 10}
	s.engines.set(a)
	all, one := s.read("/api/v1/events", "Last-Event-ID", "42"), s.read("/api/v1/events?pipeline=b")
	all.want("snapshot", `"statuses":[{"name":"a"`, `"instances":[]`)
	one.want("snapshot", `{"statuses":[]}`)
	a.Lag = 5
	s.engines.set(a)
	all.want("status", `"lag":5`)
	a.UpdatedAt = noon // Having been looked at again is no change.
	s.engines.set(a)
	s.engines.set(pipeline.Status{Name: "b", State: pipeline.Paused, Phase: pipeline.PhasePaused})
	all.want("status", `"name":"b"`)
	one.want("status", `"name":"b"`)
	s.engines.forget("a")
	all.want("deleted", `{"name":"a"}`)
	s.engines.forget("b")
	one.want("deleted", `{"name":"b"}`)
}

func TestEventsAreSentAsSoonAsToldOf(t *testing.T) {
	t.Parallel()
	changes := make(chan pipeline.Status)
	s := serve(t, func(o *api.Options) {
		o.Tick, o.Heartbeat, o.Changes = time.Hour, time.Hour, subscription(changes)
	})
	r := s.read("/api/v1/events")
	r.want("snapshot")
	s.engines.set(pipeline.Status{Name: "a", State: pipeline.Running, Phase: pipeline.PhasePending})
	changes <- pipeline.Status{Name: "a"}
	r.want("status", `"name":"a"`)
	close(changes) // Whoever told of changes is gone: ticks and heartbeats go on.
}

type subscription chan pipeline.Status

func (s subscription) Subscribe(context.Context) <-chan pipeline.Status { return s }

func TestEventStreamsStayOpenAndEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rows := newRows()
		known := &engines{rows: rows, statuses: map[string]pipeline.Status{}}
		handler, err := api.New(api.Options{Pipelines: rows, History: rows, States: rows, Audit: rows, Engines: known, Operations: known,
			Checker: checker{}, Runner: runner{}})
		if err != nil {
			t.Fatal(err)
		}
		// A server whose timeouts are far shorter than the stream lives.
		s := &server{t: t, url: "http://127.0.0.1"}
		s.dial = servePipes(t, &http.Server{Handler: handler, WriteTimeout: 20 * time.Second, ReadTimeout: 20 * time.Second})
		r := s.read("/api/v1/events")
		r.want("snapshot")
		for range 10 {
			r.want("comment", "alive")
		}
		handler.End()
		handler.End()
		r.want("end")
	})
}
