package integration

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

// alone is an engine without a control plane, and the control plane's client of it.
func alone(t *testing.T) (*streams.Client, streams.Engine) {
	t.Helper()
	api, status := parts.Address(t), parts.Address(t)
	parts.Start(t, "engine", parts.Program{Path: parts.Inflect(t), Args: []string{"streams"}, Ready: "in streams mode",
		Env: []string{"INFLECT_STREAMS_LISTEN=" + api, "INFLECT_METRICS_LISTEN=" + status, "INFLECT_STREAMS_PASSWORD=" + streamsPassword,
			"INFLECT_REGISTRY=http://127.0.0.1:1", "INFLECT_INSTANCE=alone", "INFLECT_KAFKA_USERNAME=u", "INFLECT_KAFKA_PASSWORD=p",
			"INFLECT_REGISTRY_USERNAME=u", "INFLECT_REGISTRY_PASSWORD=p"}})
	e := streams.Engine{Streams: "http://" + api, Metrics: "http://" + status, User: "inflect", Password: streamsPassword}
	c := streams.New([]streams.Engine{e}, streams.Options{Timeout: patience, StopTimeout: patience})
	t.Cleanup(c.Close)
	// It says that it is in streams mode a moment before it listens.
	until(t, "the engine listens", func() error { return c.Observe(t.Context())[0].Err })
	return c, e
}

// uptime is how long a stream of the engine has run, and what was known of the time when the engine said so.
type uptime struct {
	is              time.Duration
	asked, answered time.Time
}

func uptimeOf(t *testing.T, e streams.Engine, name string) uptime {
	t.Helper()
	credentials := base64.StdEncoding.EncodeToString([]byte(e.User + ":" + e.Password))
	u := uptime{asked: time.Now()}
	code, _, body, err := request(t.Context(), http.MethodGet, e.Streams+"/streams/"+name, nil, "Authorization", "Basic "+credentials)
	u.answered = time.Now()
	if err != nil || code != http.StatusOK {
		t.Fatalf("asking for stream %s: %d %s (%v)", name, code, body, err)
	}
	var s struct{ Uptime float64 }
	if err := json.Unmarshal(body, &s); err != nil {
		t.Fatal(err)
	}
	u.is = time.Duration(s.Uptime * float64(time.Second))
	return u
}

// restarted says that the stream was started anew after it was looked at before: it has not become older by the time that
// has certainly gone by. It may say no while answers are slow.
func (u uptime) restarted(before uptime) bool {
	return u.is < before.is+u.asked.Sub(before.answered)
}

// TestARealEngineIsLeftAloneWhenNothingChanged holds the comparison of configs against what a real engine answers.
func TestARealEngineIsLeftAloneWhenNothingChanged(t *testing.T) {
	t.Parallel()
	client, engine := alone(t)
	certificates := certificateFiles(t)
	paths, err := filepath.Glob(goldens)
	if err != nil || len(paths) == 0 {
		t.Fatal("no golden streams", err)
	}
	for _, path := range paths {
		golden, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(filepath.Base(path), ".")
		config := []byte(certificates(string(golden)))
		if err := client.Apply(t.Context(), name, config); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		before := uptimeOf(t, engine, name)
		if err := client.Apply(t.Context(), name, config); err != nil {
			t.Errorf("%s again: %v", name, err)
		}
		if now := uptimeOf(t, engine, name); now.restarted(before) {
			t.Errorf("%s was started anew: it had run for %s, and now for %s", name, before.is, now.is)
		}
		changed := strings.Replace(string(config), "max_records: ", "max_records: 1", 1)
		if err := client.Apply(t.Context(), name, []byte(changed)); err != nil {
			t.Errorf("%s changed: %v", name, err)
		}
		until(t, name+" was started anew", func() error {
			if now := uptimeOf(t, engine, name); !now.restarted(before) {
				return fmt.Errorf("it had run for %s, and now for %s", before.is, now.is)
			}
			return nil
		})
	}
}

func TestARealEngineRefuses(t *testing.T) {
	t.Parallel()
	client, engine := alone(t)
	golden, err := os.ReadFile(filepath.Join(filepath.Dir(goldens), "minimal.stream.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	good := string(golden)
	if err := client.Apply(t.Context(), "copy", golden); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, old, replacement, want string
		stopped                      bool
	}{
		{"a field that it does not know", "start:", "begin:", "field begin not recognised", false},
		{"a config that it cannot build", `linger: "100ms"`, `linger: "20s"`, "linger", true},
		{"a component that it does not offer", "processors:\n", "processors:\n    - command: {name: id}\n", "command", false},
	}
	for _, tt := range tests {
		if err := client.Apply(t.Context(), "copy", []byte(good)); err != nil {
			t.Fatal(err)
		}
		bad := strings.Replace(good, tt.old, tt.replacement, 1)
		err := client.Apply(t.Context(), "copy", []byte(bad))
		var r *streams.Refused
		if !errors.As(err, &r) || !strings.Contains(r.Reason, tt.want) || r.Stopped != tt.stopped {
			t.Errorf("%s: %v (%+v)", tt.name, err, r)
		}
	}
	wrong := engine
	wrong.Password = "guess"
	stranger := streams.New([]streams.Engine{wrong}, streams.Options{})
	t.Cleanup(stranger.Close)
	if err := stranger.Apply(t.Context(), "copy", []byte(good)); pipeline.CodeOf(err) != pipeline.CodeUnavailable {
		t.Errorf("with a wrong password: %v", err)
	}
	if err := client.Remove(t.Context(), "copy"); err != nil {
		t.Error(err)
	}
	if s := client.Observe(t.Context())[0]; s.Err != nil || len(s.Active) != 0 || s.Instance != "alone" {
		t.Errorf("%+v", s)
	}
}
