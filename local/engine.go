package local

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// engineSlack is how much longer than its own limit the engine may take to end before it is killed.
const engineSlack = 3 * time.Second

// Engine is `inflect streams` as a child process.
type Engine struct {
	URL, Status, Password string

	binary string
	env    []string
	stop   time.Duration
	log    io.Writer
}

// NewEngine is an engine that is not running yet. Env is what pipelines may use of the environment, as NAME=value, and
// stop how long they may take to finish their work.
//
// The engine keeps its name in dir: by it Kafka knows the transactions that a crash left open.
func NewEngine(binary, dir string, ports *Ports, env []string, stop time.Duration, log io.Writer) (*Engine, error) {
	streams, err := ports.Address("engine")
	if err != nil {
		return nil, err
	}
	status, err := ports.Address("engine-status")
	if err != nil {
		return nil, err
	}
	instance, err := secret(filepath.Join(dir, "instance"))
	if err != nil {
		return nil, err
	}
	e := &Engine{URL: "http://" + streams, Status: "http://" + status, Password: rand.Text(), binary: binary, stop: stop, log: log}
	// Nothing that configures another inflect may reach this one.
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "INFLECT_") {
			e.env = append(e.env, v)
		}
	}
	e.env = append(e.env, env...)
	e.env = append(e.env, "INFLECT_STREAMS_LISTEN="+streams, "INFLECT_METRICS_LISTEN="+status, "INFLECT_STREAMS_PASSWORD="+e.Password, "INFLECT_INSTANCE="+instance)
	return e, nil
}

// Run keeps the engine until ctx ends, and starts it again when it crashes.
func (e *Engine) Run(ctx context.Context, log *slog.Logger) error {
	return Keep(ctx, log, "the engine", Child{
		Name: "the engine", Path: e.binary, Args: []string{"streams", "--set", "shutdown_timeout=" + e.stop.String()}, Env: e.env, Output: e.log,
		Stop: syscall.SIGTERM, Grace: e.stop + engineSlack, Orphaned: syscall.SIGKILL,
	}.Run)
}

// Ready waits until the engine takes streams.
func (e *Engine) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		err := probe(ctx, e.Status+"/readyz")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the engine: %w", err)
		case <-time.After(readyPause):
		}
	}
}

func probe(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("asking %s: %s", url, resp.Status)
	}
	return nil
}
