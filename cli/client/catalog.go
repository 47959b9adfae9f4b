package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// Validation is every problem of a spec, warnings included, and what became of generated events, if there were any.
type Validation struct {
	Errors pipeline.Errors `json:"errors"`
	// CodeHash is that of the code which the steps would be built into now, empty when they cannot be.
	CodeHash string `json:"code_hash,omitempty"`
	Fit      *Fit   `json:"fit,omitempty"`
}

// Fit is what became of generated events.
type Fit struct {
	Events   int            `json:"events"`
	Outcomes map[string]int `json:"outcomes"`
	Problems []Misfit       `json:"problems"`
}

// Misfit is one way in which events failed. Pipeline is the one that would not take what comes out, when it is not this one.
// Before and New are of a schema's check alone.
type Misfit struct {
	Pipeline string             `json:"pipeline,omitempty"`
	Stage    string             `json:"stage"`
	Code     string             `json:"code"`
	Message  string             `json:"message"`
	Pointer  string             `json:"pointer,omitempty"`
	Rule     string             `json:"rule,omitempty"`
	Count    int                `json:"count"`
	Event    pipeline.TestEvent `json:"event"`
	Before   int                `json:"before,omitempty"`
	New      bool               `json:"new,omitempty"`
}

// Validate is every problem of a spec. With events, so many are generated from its incoming schema and tried.
func (c *Client) Validate(ctx context.Context, spec pipeline.Spec, events int) (Validation, error) {
	query := url.Values{}
	if events > 0 {
		query.Set("events", strconv.Itoa(events))
	}
	return fetch[Validation](ctx, c, call{method: http.MethodPost, path: path("validate"), query: query, in: spec})
}

// Trial is what to try events on: a spec, or a saved pipeline, of which revision 0 is the newest.
type Trial struct {
	Spec     *pipeline.Spec       `json:"spec,omitempty"`
	Pipeline string               `json:"pipeline,omitempty"`
	Revision int64                `json:"revision,omitempty"`
	Events   []pipeline.TestEvent `json:"events"`
}

// Try says what becomes of each event. Nothing is produced.
func (c *Client) Try(ctx context.Context, trial Trial) ([]pipeline.TestResult, error) {
	var out struct{ Results []pipeline.TestResult }
	err := c.do(ctx, call{method: http.MethodPost, path: path("test-runs"), in: trial, out: &out})
	return out.Results, err
}

// SampleRequest asks for events of a schema, or of a topic.
type SampleRequest struct {
	Schema     *pipeline.Schema `json:"schema,omitempty"`
	Topic      string           `json:"topic,omitempty"`
	Count      int              `json:"count"`
	Seed       int64            `json:"seed,omitempty"`
	EdgeCases  bool             `json:"edge_cases,omitempty"`
	NearMisses bool             `json:"near_misses,omitempty"`
}

// Sample is events to try a pipeline with.
func (c *Client) Sample(ctx context.Context, request SampleRequest) ([]pipeline.Sample, error) {
	var out struct{ Events []pipeline.Sample }
	err := c.do(ctx, call{method: http.MethodPost, path: path("sample-events"), in: request, out: &out})
	return out.Events, err
}

// Topics is every topic whose name holds search.
func (c *Client) Topics(ctx context.Context, search string) ([]pipeline.TopicSummary, error) {
	values := url.Values{"limit": {"500"}}
	set(values, "search", search)
	return pages[pipeline.TopicSummary](ctx, c, path("topics"), values)
}

// Topic is one topic.
func (c *Client) Topic(ctx context.Context, name string) (pipeline.Topic, error) {
	return fetch[pipeline.Topic](ctx, c, call{method: http.MethodGet, path: path("topics", name)})
}

// Records reads a topic without joining a consumer group.
func (c *Client) Records(ctx context.Context, topic string, q pipeline.RecordQuery) ([]pipeline.Record, error) {
	values := url.Values{}
	if q.Partition != nil {
		values.Set("partition", strconv.Itoa(int(*q.Partition)))
	}
	if q.Offset != nil {
		values.Set("offset", strconv.FormatInt(*q.Offset, 10))
	}
	if q.Time != nil {
		values.Set("time", q.Time.Format(time.RFC3339Nano))
	}
	if q.Limit > 0 {
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	var out pipeline.Page[pipeline.Record]
	err := c.do(ctx, call{method: http.MethodGet, path: path("topics", topic, "records"), query: values, out: &out})
	return out.Items, err
}

// Produce writes events to a topic. With a schema, all must conform to it, or none is written.
func (c *Client) Produce(ctx context.Context, topic string, schema *pipeline.Schema, events []pipeline.TestEvent) ([]pipeline.ProducedRecord, error) {
	in := struct {
		Schema  *pipeline.Schema     `json:"schema,omitempty"`
		Records []pipeline.TestEvent `json:"records"`
	}{schema, events}
	var out pipeline.Page[pipeline.ProducedRecord]
	err := c.do(ctx, call{method: http.MethodPost, path: path("topics", topic, "records"), in: in, out: &out})
	return out.Items, err
}

// Subject is one subject of the registry.
func (c *Client) Subject(ctx context.Context, name string) (pipeline.Subject, error) {
	return fetch[pipeline.Subject](ctx, c, call{method: http.MethodGet, path: path("schemas", name)})
}

// Schema is one version of a subject, by number or "latest".
func (c *Client) Schema(ctx context.Context, subject string, version pipeline.Version) (pipeline.RegisteredSchema, error) {
	return fetch[pipeline.RegisteredSchema](ctx, c, call{method: http.MethodGet, path: path("schemas", subject, "versions", string(version))})
}

// Function is a function that steps may name, and where they do.
type Function struct {
	pipeline.Function
	UsedBy []pipeline.Use `json:"used_by"`
}

// Functions is what the transform directory exports, and what is wrong with files that cannot be used.
func (c *Client) Functions(ctx context.Context) ([]Function, pipeline.Errors, error) {
	var out struct {
		Items  []Function
		Errors pipeline.Errors
	}
	err := c.do(ctx, call{method: http.MethodGet, path: path("transforms"), out: &out})
	return out.Items, out.Errors, err
}

// Function is one function with its source.
func (c *Client) Function(ctx context.Context, id string) (Function, error) {
	return fetch[Function](ctx, c, call{method: http.MethodGet, path: path("transforms", id)})
}

// Health is whether a server has all that it needs.
type Health struct {
	Status string  `json:"status"`
	Checks []Check `json:"checks"`
}

// Check is one part that a server needs.
type Check struct {
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Message string `json:"message,omitempty"`
}
