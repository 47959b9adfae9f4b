package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/inflect-dev/inflect/pipeline"
)

// Scaling is how a pipeline is scaled, with the newest changes first.
type Scaling struct {
	pipeline.Scale
	History []pipeline.ScalingChange `json:"history"`
	Next    string                   `json:"next,omitempty"`
}

// Scaling is how a pipeline is scaled, with its last changes.
func (c *Client) Scaling(ctx context.Context, name string, last int) (Scaling, error) {
	return fetch[Scaling](ctx, c, call{method: http.MethodGet, path: path("pipelines", name, "scaling"), query: url.Values{"limit": {strconv.Itoa(last)}}})
}
