package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/inflect-dev/inflect/pipeline"
)

// Subjects is the names of the registry's subjects that hold search.
func (c *Client) Subjects(ctx context.Context, search string) ([]string, error) {
	values := url.Values{"limit": {"500"}}
	set(values, "search", search)
	found, err := pages[struct{ Subject string }](ctx, c, path("schemas"), values)
	names := make([]string, len(found))
	for i, s := range found {
		names[i] = s.Subject
	}
	return names, err
}

// NewSchema is a schema that may become the newest version of a subject. An empty type is that of the subject, zero events
// are as many as the server thinks fit.
type NewSchema struct {
	Schema     string                     `json:"schema"`
	Type       string                     `json:"type,omitempty"`
	References []pipeline.SchemaReference `json:"references,omitempty"`
	Events     int                        `json:"events,omitempty"`
	// Transitive asks for all older versions, too.
	Transitive bool `json:"transitive,omitempty"`
}

// SchemaCheck is what a new version would do. Verdicts are fits, breaks, unaffected and unknown.
type SchemaCheck struct {
	Subject     string                      `json:"subject"`
	Version     int                         `json:"version"`
	Verdict     string                      `json:"verdict"`
	Registry    pipeline.Compatibility      `json:"registry"`
	Differences []pipeline.SchemaDifference `json:"differences"`
	// Older are the versions before the newest one, where they count.
	Older        []OlderVersion  `json:"older,omitempty"`
	OlderLeftOut int             `json:"older_left_out,omitempty"`
	Pipelines    []PipelineCheck `json:"pipelines"`
}

// OlderVersion is what it would be to one older version.
type OlderVersion struct {
	Version     int                         `json:"version"`
	Registry    pipeline.Compatibility      `json:"registry"`
	Differences []pipeline.SchemaDifference `json:"differences"`
	Reason      string                      `json:"reason,omitempty"`
}

// PipelineCheck is what it would do to a pipeline where that names the subject.
type PipelineCheck struct {
	pipeline.Use

	Version pipeline.Version `json:"version"`
	Verdict string           `json:"verdict"`
	Reason  string           `json:"reason,omitempty"`
	Trials  []SchemaTrial    `json:"trials"`
}

// SchemaTrial is what becomes of events of the new version, of the current one, of an older one, or of an incoming schema.
type SchemaTrial struct {
	Of             string         `json:"of"`
	Version        int            `json:"version,omitempty"`
	OutcomesBefore map[string]int `json:"outcomes_before"`
	Fit
}

// CheckSchema says what would happen if a schema were registered. Nothing is.
func (c *Client) CheckSchema(ctx context.Context, subject string, s NewSchema) (SchemaCheck, error) {
	return fetch[SchemaCheck](ctx, c, call{method: http.MethodPost, path: path("schemas", subject, "check"), in: s})
}
