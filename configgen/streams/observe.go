package streams

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// Sight is what one engine shows at one moment.
type Sight struct {
	// Engine is the engine's address, Instance the name it gives itself; it is empty when the engine cannot be reached.
	Engine, Instance string
	// Only is the one pipeline that the engine is for; empty when it takes any.
	Only string
	// Err is why the engine could not be asked.
	Err error
	// Active are its streams by name, and whether they run.
	Active map[string]bool
	// Boards are what its pipelines say of themselves, by pipeline.
	Boards map[string]Board
	Time   time.Time
}

// Concerns reports whether the engine is there for a pipeline.
func (s Sight) Concerns(name string) bool { return s.Only == "" || s.Only == name }

// Board is one pipeline on one engine, as its /status gives it.
type Board struct {
	Pipeline     string               `json:"pipeline"`
	Revision     int64                `json:"revision"`
	State        string               `json:"state"`
	Reason       string               `json:"reason"`
	Read         int64                `json:"read"`
	InFlight     int64                `json:"in_flight"`
	Delivered    int64                `json:"delivered"`
	Filtered     int64                `json:"filtered"`
	DeadLettered int64                `json:"dead_lettered"`
	Dropped      int64                `json:"dropped"`
	Lag          int64                `json:"lag"`
	Partitions   []pipeline.Partition `json:"partitions"`
	Errors       []pipeline.LastError `json:"errors"`
	Started      time.Time            `json:"started"`
}

// Observe asks all engines at once.
func (c *Client) Observe(ctx context.Context) []Sight {
	out := make([]Sight, len(c.engines))
	var wg sync.WaitGroup
	for i, e := range c.engines {
		wg.Go(func() { out[i] = c.look(ctx, e) })
	}
	wg.Wait()
	return out
}

func (c *Client) look(ctx context.Context, e Engine) Sight {
	s := Sight{Engine: e.Streams, Time: time.Now()}
	var list map[string]struct {
		Active bool `json:"active"`
	}
	if s.Err = c.get(ctx, e, e.Streams, "/streams", &list); s.Err != nil {
		return s
	}
	s.Active = make(map[string]bool, len(list))
	for name, stream := range list {
		s.Active[name] = stream.Active
	}
	var status struct {
		Instance  string  `json:"instance"`
		Pipelines []Board `json:"pipelines"`
	}
	if s.Err = c.get(ctx, e, e.Metrics, "/status", &status); s.Err != nil {
		return s
	}
	s.Instance = status.Instance
	s.Boards = make(map[string]Board, len(status.Pipelines))
	for _, b := range status.Pipelines {
		s.Boards[b.Pipeline] = b
	}
	return s
}

func (c *Client) get(ctx context.Context, e Engine, base, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(base, "/")+path, nil)
	if err != nil {
		return fmt.Errorf("asking engine %s: %w", e.Streams, err)
	}
	if base == e.Streams {
		req.SetBasicAuth(e.User, e.Password)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return unreachable(ctx, e, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return away(e, fmt.Sprintf("answers %d at %s", resp.StatusCode, path))
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<20)).Decode(into); err != nil {
		return away(e, fmt.Sprintf("answers no JSON at %s", path))
	}
	return nil
}
