package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/inflect-dev/inflect/pipeline"
)

// maxAnswer bounds what is read of one answer, in bytes.
const maxAnswer = 256 << 20

// Options say which server, and as whom.
type Options struct {
	// URL is the server's address, "http://127.0.0.1:8080".
	URL string
	// Token is sent when it is set.
	Token string
	// HTTP is for TLS and the like; nil is Go's default.
	HTTP *http.Client
}

// Client is one server's API.
type Client struct {
	base  *url.URL
	token string
	http  *http.Client
}

// New checks the address; it does not connect.
func New(options Options) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(options.URL, "/"))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, pipeline.Errorf(pipeline.CodeInvalid, "server", "%q is no address of a server: write it like http://127.0.0.1:8080", options.URL)
	}
	c := &Client{base: base, token: options.Token, http: options.HTTP}
	if c.http == nil {
		c.http = http.DefaultClient
	}
	return c, nil
}

// path puts the parts, escaped, behind /api/v1/.
func path(parts ...string) string {
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return "/api/v1/" + strings.Join(parts, "/")
}

// call is one request. In is sent as JSON unless it is nil, out filled unless it is nil.
type call struct {
	method, path string
	query        url.Values
	ifMatch      int64
	in, out      any
}

func (c *Client) do(ctx context.Context, what call) error {
	answer, err := c.send(ctx, what)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading the answer of %s: %w", c.base.Host, err)
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return problemOf(answer, body)
	}
	switch out := what.out.(type) {
	case nil:
		return nil
	case *[]byte:
		*out = body
		return nil
	default:
		if err := json.Unmarshal(body, out); err != nil {
			return fmt.Errorf("reading the answer of %s to %s %s: %w; is it an Inflect server?", c.base.Host, what.method, what.path, err)
		}
		return nil
	}
}

// fetch is what a request is answered with.
func fetch[T any](ctx context.Context, c *Client, what call) (T, error) {
	var out T
	what.out = &out
	err := c.do(ctx, what)
	return out, err
}

// send makes the request and returns what was answered, whatever it is.
func (c *Client) send(ctx context.Context, what call) (*http.Response, error) {
	var body io.Reader
	if what.in != nil {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(what.in); err != nil {
			return nil, fmt.Errorf("writing the body of %s %s: %w", what.method, what.path, err)
		}
		body = &b
	}
	// The path is escaped already, so it is joined as text.
	at := c.base.String() + what.path
	if len(what.query) > 0 {
		at += "?" + what.query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, what.method, at, body)
	if err != nil {
		return nil, fmt.Errorf("preparing %s %s: %w", what.method, what.path, err)
	}
	if what.in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if what.ifMatch > 0 {
		r.Header.Set("If-Match", `"`+strconv.FormatInt(what.ifMatch, 10)+`"`)
	} else if what.method == http.MethodPut || what.method == http.MethodDelete {
		r.Header.Set("If-Match", "*")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, c.unreachable(err)
	}
	return answer, nil
}

func (c *Client) unreachable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // Without the address, which the message has already.
	}
	return pipeline.Errorf(pipeline.CodeUnavailable, "", "no Inflect server answers at %s: %v", c.base, err)
}

// problemOf is what an answer says is wrong.
func problemOf(answer *http.Response, body []byte) error {
	var p struct {
		Code   pipeline.Code
		Detail string
		Field  string
		Errors pipeline.Errors
	}
	media, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if media != "application/problem+json" || json.Unmarshal(body, &p) != nil || p.Code == "" {
		return pipeline.Errorf(pipeline.CodeInternal, "", "the server answered with status %s, but not as an Inflect server does", answer.Status)
	}
	if len(p.Errors) > 0 {
		return p.Errors
	}
	return &pipeline.Error{Code: p.Code, Message: p.Detail}
}
