package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// Listed is a pipeline with what is seen of it.
type Listed struct {
	pipeline.Pipeline
	Status pipeline.Status `json:"status"`
}

// Pipelines is all pipelines that the query selects; its cursor and limit are not looked at.
func (c *Client) Pipelines(ctx context.Context, q pipeline.Query) ([]Listed, error) {
	values := url.Values{"limit": {"500"}}
	set(values, "search", q.Search)
	set(values, "state", string(q.State))
	set(values, "owner", q.Owner)
	for name, value := range q.Labels {
		values.Add("label", name+"="+value)
	}
	return pages[Listed](ctx, c, path("pipelines"), values)
}

// Pipeline is one pipeline.
func (c *Client) Pipeline(ctx context.Context, name string) (pipeline.Pipeline, error) {
	return fetch[pipeline.Pipeline](ctx, c, call{method: http.MethodGet, path: path("pipelines", name)})
}

// Create saves a new pipeline.
func (c *Client) Create(ctx context.Context, spec pipeline.Spec) (pipeline.Pipeline, error) {
	return fetch[pipeline.Pipeline](ctx, c, call{method: http.MethodPost, path: path("pipelines"), in: spec})
}

// Update replaces a pipeline's spec; revision 0 replaces whatever is there.
func (c *Client) Update(ctx context.Context, revision int64, spec pipeline.Spec) (pipeline.Pipeline, error) {
	return fetch[pipeline.Pipeline](ctx, c, call{method: http.MethodPut, path: path("pipelines", spec.Name), ifMatch: revision, in: spec})
}

// Delete removes a pipeline; revision 0 removes whatever is there.
func (c *Client) Delete(ctx context.Context, name string, revision int64) error {
	return c.do(ctx, call{method: http.MethodDelete, path: path("pipelines", name), ifMatch: revision})
}

// SetState pauses, resumes or stops a pipeline.
func (c *Client) SetState(ctx context.Context, name string, state pipeline.State) (pipeline.Pipeline, error) {
	verb := map[pipeline.State]string{pipeline.Running: "resume", pipeline.Paused: "pause", pipeline.Stopped: "stop"}[state]
	return fetch[pipeline.Pipeline](ctx, c, call{method: http.MethodPost, path: path("pipelines", name) + ":" + verb})
}

// Rollback makes an earlier revision the newest.
func (c *Client) Rollback(ctx context.Context, name string, revision int64) (pipeline.Pipeline, error) {
	return fetch[pipeline.Pipeline](ctx, c, call{method: http.MethodPost, path: path("pipelines", name) + ":rollback", in: map[string]int64{"revision": revision}})
}

// Restart stops and starts a pipeline on every instance, and returns when that is done.
func (c *Client) Restart(ctx context.Context, name string) (pipeline.Status, error) {
	return fetch[pipeline.Status](ctx, c, call{method: http.MethodPost, path: path("pipelines", name) + ":restart"})
}

// Drain finishes and commits what is in flight, pauses, and returns when that is done.
func (c *Client) Drain(ctx context.Context, name string) (pipeline.Status, error) {
	return fetch[pipeline.Status](ctx, c, call{method: http.MethodPost, path: path("pipelines", name) + ":drain"})
}

// Replay moves a pipeline's place.
func (c *Client) Replay(ctx context.Context, name string, to pipeline.Replay) (pipeline.Status, error) {
	return fetch[pipeline.Status](ctx, c, call{method: http.MethodPost, path: path("pipelines", name) + ":replay", in: to})
}

// Status is what is seen of a pipeline.
func (c *Client) Status(ctx context.Context, name string) (pipeline.Status, error) {
	return fetch[pipeline.Status](ctx, c, call{method: http.MethodGet, path: path("pipelines", name, "status")})
}

// Config is the stream config exactly as it was pushed.
func (c *Client) Config(ctx context.Context, name string) ([]byte, error) {
	return fetch[[]byte](ctx, c, call{method: http.MethodGet, path: path("pipelines", name, "config")})
}

// Revision is one entry of a pipeline's history. Spec is there when one revision was asked for.
type Revision struct {
	Revision   int64          `json:"revision"`
	Author     string         `json:"author,omitempty"`
	CreatedAt  time.Time      `json:"created_at"`
	BundleHash string         `json:"bundle_hash,omitempty"`
	Applied    bool           `json:"applied"`
	Changes    []Change       `json:"changes"`
	Spec       *pipeline.Spec `json:"spec,omitempty"`
}

// Change is one field that a revision changed. Kind is added, removed or changed.
type Change struct {
	Field  string          `json:"field"`
	Kind   string          `json:"kind"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// Revisions is a pipeline's history, newest first.
func (c *Client) Revisions(ctx context.Context, name string) ([]Revision, error) {
	return pages[Revision](ctx, c, path("pipelines", name, "revisions"), url.Values{"limit": {"500"}})
}

// Revision is one revision with its spec.
func (c *Client) Revision(ctx context.Context, name string, n int64) (Revision, error) {
	return fetch[Revision](ctx, c, call{method: http.MethodGet, path: path("pipelines", name, "revisions", strconv.FormatInt(n, 10))})
}

// DeadLetters is what failed, grouped by cause.
func (c *Client) DeadLetters(ctx context.Context, name string, q pipeline.DeadLetterQuery) (pipeline.DeadLetters, error) {
	values := url.Values{"records": {strconv.Itoa(q.Records)}}
	set(values, "fingerprint", q.Fingerprint)
	if q.Scan > 0 {
		values.Set("scan", strconv.Itoa(q.Scan))
	}
	return fetch[pipeline.DeadLetters](ctx, c, call{method: http.MethodGet, path: path("pipelines", name, "dead-letters"), query: values})
}

// ReplayDeadLetters sends dead letters once more. One call does not do everything: call again while Remaining is not 0.
func (c *Client) ReplayDeadLetters(ctx context.Context, name string, q pipeline.DeadLetterReplay) (pipeline.DeadLetterReplayed, error) {
	return fetch[pipeline.DeadLetterReplayed](ctx, c, call{method: http.MethodPost, path: path("pipelines", name, "dead-letters") + ":replay", in: q})
}

func set(values url.Values, name, value string) {
	if value != "" {
		values.Set(name, value)
	}
}

// pages reads a list to its end.
func pages[T any](ctx context.Context, c *Client, at string, query url.Values) ([]T, error) {
	var all []T
	for {
		var page pipeline.Page[T]
		if err := c.do(ctx, call{method: http.MethodGet, path: at, query: query, out: &page}); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		query.Set("cursor", page.Next)
	}
}
