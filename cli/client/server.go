package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// Ready is what the server has and lacks. A server that lacks something is no error.
func (c *Client) Ready(ctx context.Context) (Health, error) {
	answer, err := c.send(ctx, call{method: http.MethodGet, path: "/readyz"})
	if err != nil {
		return Health{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	var out Health
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&out); err != nil || out.Status == "" {
		return out, fmt.Errorf("asking %s whether it is ready: it answered with status %s, but not as an Inflect server does", c.base.Host, answer.Status)
	}
	return out, nil
}

// Version is what the server runs.
type Version struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
}

// Version says what the server runs.
func (c *Client) Version(ctx context.Context) (Version, error) {
	return fetch[Version](ctx, c, call{method: http.MethodGet, path: "/version"})
}

// Audit is the newest entries, of one pipeline when a name is given.
func (c *Client) Audit(ctx context.Context, name string, limit int) ([]pipeline.AuditEntry, error) {
	values := url.Values{"limit": {strconv.Itoa(limit)}}
	set(values, "pipeline", name)
	var out pipeline.Page[pipeline.AuditEntry]
	err := c.do(ctx, call{method: http.MethodGet, path: path("audit"), query: values, out: &out})
	return out.Items, err
}

// Tokens are the server's tokens, without their secrets.
func (c *Client) Tokens(ctx context.Context) ([]pipeline.Token, error) {
	return pages[pipeline.Token](ctx, c, path("tokens"), url.Values{})
}

// CreateToken makes a token. Its secret is in this answer and nowhere else.
func (c *Client) CreateToken(ctx context.Context, name string, role pipeline.Role, expires *time.Time) (token pipeline.Token, secret string, err error) {
	in := struct {
		Name      string        `json:"name"`
		Role      pipeline.Role `json:"role"`
		ExpiresAt *time.Time    `json:"expires_at,omitempty"`
	}{name, role, expires}
	var out struct {
		pipeline.Token
		Secret string `json:"secret"`
	}
	err = c.do(ctx, call{method: http.MethodPost, path: path("tokens"), in: in, out: &out})
	return out.Token, out.Secret, err
}

// RevokeToken makes a token useless.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: path("tokens", id)})
}
