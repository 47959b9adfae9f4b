package streams_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/configgen/streams/enginetest"
	"github.com/inflect-dev/inflect/pipeline"
)

func config(text string) []byte {
	return []byte("input:\n  stdin: {codec: \"" + text + "\"}\noutput:\n  url: \"${INFLECT_REGISTRY}\"\n  number: 12345678901234567890\n")
}

// patience is how long a client waits for an engine that is there, on a busy machine.
const patience = 4 * time.Minute

// connect is a client that is as patient, unless the options say otherwise.
func connect(t *testing.T, o streams.Options, engines ...streams.Engine) *streams.Client {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout, o.StopTimeout = patience, patience
	}
	c := streams.New(engines, o)
	t.Cleanup(c.Close)
	return c
}

func TestApplyChangesOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	c := connect(t, streams.Options{}, e.Address())
	steps := []struct {
		name string
		do   func(context.Context) error
		want string
	}{
		{"the first time", func(ctx context.Context) error { return c.Apply(ctx, "a", config("one")) }, "POST a"},
		{"again", func(ctx context.Context) error { return c.Apply(ctx, "a", config("one")) }, ""},
		{"another", func(ctx context.Context) error { return c.Apply(ctx, "a", config("two")) }, "PUT a"},
		{"a restart", func(ctx context.Context) error { return c.Restart(ctx, "a", config("two")) }, "DELETE a, POST a"},
		{"changed by hand", func(ctx context.Context) error {
			e.Set("a", map[string]any{"input": map[string]any{}})
			return c.Apply(ctx, "a", config("two"))
		}, "PUT a"},
		{"removed", func(ctx context.Context) error { return c.Remove(ctx, "a") }, "DELETE a"},
		{"removed again", func(ctx context.Context) error { return c.Remove(ctx, "a") }, "DELETE a"},
		{"a name that never ran", func(ctx context.Context) error { return c.Remove(ctx, "../streams") }, ""},
	}
	for _, s := range steps {
		before := len(e.Changes())
		if err := s.do(t.Context()); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		if got := strings.Join(e.Changes()[before:], ", "); got != s.want {
			t.Errorf("%s made %q, want %q", s.name, got, s.want)
		}
	}
}

func TestVariablesAreCompared(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	tests := []struct {
		name   string
		lookup func(string) (string, bool)
		want   int
	}{
		{"an unknown environment", nil, 0},
		{"the engine's environment", func(name string) (string, bool) { return "expanded " + name, true }, 0},
		{"another environment", func(string) (string, bool) { return "http://elsewhere", true }, 1},
	}
	if err := connect(t, streams.Options{}, e.Address()).Apply(t.Context(), "a", config("one")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		before := len(e.Changes())
		if err := connect(t, streams.Options{Lookup: tt.lookup}, e.Address()).Apply(t.Context(), "a", config("one")); err != nil {
			t.Error(err)
		}
		if got := len(e.Changes()) - before; got != tt.want {
			t.Errorf("%s: %d changes, want %d", tt.name, got, tt.want)
		}
	}
}

func TestRefusalsSayWhatIsLeft(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	c := connect(t, streams.Options{}, e.Address())
	if err := c.Apply(t.Context(), "a", config("one")); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, stream string
		config       []byte
		reason       string
		stopped      bool
	}{
		{"not linted, a change", "a", []byte("input: {}\nnonsense: 1\n"), "(1,1) field nonsense not recognised", false},
		{"not linted, a new one", "b", []byte("nonsense: 1\n"), "(1,1) field nonsense not recognised", true},
		{"not built, a new one", "b", config(enginetest.Unbuildable), "failed to init processor: unbuildable", true},
		{"not built, a change", "a", config(enginetest.Unbuildable), "failed to init processor: unbuildable", true},
	}
	for _, tt := range tests {
		err := c.Apply(t.Context(), tt.stream, tt.config)
		var r *streams.Refused
		if !errors.As(err, &r) || r.Reason != tt.reason || r.Stopped != tt.stopped {
			t.Errorf("%s: %v (%+v)", tt.name, err, r)
		}
	}
}

func TestOneEngineAwayHoldsNobodyBack(t *testing.T) {
	t.Parallel()
	here, gone := enginetest.Start(t), enginetest.Start(t)
	gone.SetAway(true)
	c := connect(t, streams.Options{}, gone.Address(), here.Address())
	err := c.Apply(t.Context(), "a", config("one"))
	var partly *streams.Partly
	if !errors.As(err, &partly) || pipeline.CodeOf(err) != pipeline.CodeUnavailable {
		t.Errorf("one of two is away: %v", err)
	}
	if diff := cmp.Diff([]string{"a"}, here.Running()); diff != "" {
		t.Error(diff)
	}
	here.SetAway(true)
	if err := c.Apply(t.Context(), "a", config("one")); errors.As(err, &partly) || pipeline.CodeOf(err) != pipeline.CodeUnavailable {
		t.Errorf("both are away: %v", err)
	}
	if strings.Contains(err.Error(), enginetest.Password) {
		t.Errorf("the password is in the error: %v", err)
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	e, gone := enginetest.Start(t), enginetest.Start(t)
	gone.SetAway(true)
	c := connect(t, streams.Options{}, e.Address(), gone.Address())
	if err := c.Apply(t.Context(), "a", config("one")); err == nil {
		t.Error("an engine that is away took a stream")
	}
	want := streams.Board{Pipeline: "a", Revision: 3, State: "running", Read: 10, Delivered: 9, InFlight: 1, Lag: 4,
		Partitions: []pipeline.Partition{{Topic: "in", Partition: 2, Lag: 4}}}
	e.Show(want)
	sights := c.Observe(t.Context())
	if len(sights) != 2 || sights[0].Err != nil || sights[1].Err == nil || sights[1].Active != nil {
		t.Fatalf("%+v", sights)
	}
	if diff := cmp.Diff(want, sights[0].Boards["a"]); diff != "" {
		t.Error(diff)
	}
	if !sights[0].Active["a"] || sights[0].Instance != "fake-1" {
		t.Errorf("%+v", sights[0])
	}
}

func TestAnswersOfStrangersAreErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string
		timeout time.Duration
	}{
		{"no JSON", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "answers no JSON", patience},
		{"an error", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "boom", http.StatusInternalServerError) }, "answers 500", patience},
		{"another password", func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				http.NotFound(w, r)
				return
			}
			w.WriteHeader(http.StatusUnauthorized)
		}, "does not accept our password", patience},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "cannot be reached", 200 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(tt.handler)
			t.Cleanup(server.Close)
			c := connect(t, streams.Options{Timeout: tt.timeout, StopTimeout: tt.timeout},
				streams.Engine{Streams: server.URL, Metrics: server.URL})
			err := c.Apply(t.Context(), "a", config("one"))
			if pipeline.CodeOf(err) != pipeline.CodeUnavailable || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
