package streams

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// Engine is where one engine listens.
type Engine struct {
	// Streams is the URL of the streams API, Metrics that of the listener with /status.
	Streams string
	Metrics string
	// User and Password are the streams API's.
	User, Password string
}

// Options tune a Client; the zero value is what a server uses.
type Options struct {
	// Timeout bounds requests that change nothing, 5 s by default.
	Timeout time.Duration
	// StopTimeout is how long an engine may take to finish what a stream has in flight, 30 s by default.
	StopTimeout time.Duration
	// Transport makes the connections; http.DefaultTransport's settings when nil.
	Transport http.RoundTripper
	// Lookup gives the engines' environment, where it is known, so that a config can be compared with what an engine
	// runs after it has expanded its variables. Without it a variable equals anything.
	Lookup func(string) (string, bool)
}

// Refused means that an engine answered that it will not run a config, which trying again does not change.
type Refused struct {
	Engine string
	Reason string
	// Stopped says that nothing runs under the name by now.
	Stopped bool
}

func (r *Refused) Error() string { return r.Reason }

// Partly means that some engines were served, and says what kept the others from it.
type Partly struct{ Err error }

func (p *Partly) Error() string { return p.Err.Error() }

// Unwrap is what kept the others from it.
func (p *Partly) Unwrap() error { return p.Err }

// Client speaks to a fixed list of engines.
type Client struct {
	engines []Engine
	http    *http.Client
	opts    Options
}

// New makes a client; it does not connect.
func New(engines []Engine, o Options) *Client {
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	if o.StopTimeout <= 0 {
		o.StopTimeout = 30 * time.Second
	}
	if o.Transport == nil {
		// A transport of our own, so that Close closes our connections and nobody else's.
		o.Transport = &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second}
	}
	return &Client{engines: engines, http: &http.Client{Transport: o.Transport}, opts: o}
}

// Close closes idle connections. It may be called twice.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Apply makes every engine run config under the name. It reports an engine's refusal, or else the engines that could not
// be reached; the others have been served all the same.
func (c *Client) Apply(ctx context.Context, name string, config []byte) error {
	return c.each(func(e Engine) error { return c.apply(ctx, e, name, config) })
}

// Remove makes every engine stop what it runs under the name, once what is in flight is finished.
func (c *Client) Remove(ctx context.Context, name string) error {
	return c.each(func(e Engine) error { return c.remove(ctx, e, name) })
}

// Restart stops and starts the stream on every engine.
func (c *Client) Restart(ctx context.Context, name string, config []byte) error {
	return c.each(func(e Engine) error {
		if err := c.remove(ctx, e, name); err != nil {
			return err
		}
		return c.apply(ctx, e, name, config)
	})
}

// each runs do for all engines at once.
func (c *Client) each(do func(Engine) error) error {
	errs := make(chan error, len(c.engines))
	for _, e := range c.engines {
		go func() { errs <- do(e) }()
	}
	var failed []error
	var refused *Refused
	for range c.engines {
		err := <-errs
		var r *Refused
		if errors.As(err, &r) && refused == nil {
			refused = r
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	switch {
	case refused != nil:
		return refused
	case len(failed) == 0:
		return nil
	case len(failed) < len(c.engines):
		return &Partly{errors.Join(failed...)}
	}
	return errors.Join(failed...)
}

func (c *Client) apply(ctx context.Context, e Engine, name string, config []byte) error {
	have, err := c.stream(ctx, e, name)
	switch {
	case err != nil:
		return err
	case have == nil:
		return c.send(ctx, e, http.MethodPost, name, config)
	case have.Active && c.same(config, have.Config):
		return nil
	}
	err = c.send(ctx, e, http.MethodPut, name, config)
	var r *Refused
	if errors.As(err, &r) {
		left, lerr := c.stream(ctx, e, name)
		r.Stopped = lerr == nil && (left == nil || !left.Active)
	}
	return err
}

// canRun is the form of the names under which anything was ever applied.
var canRun = regexp.MustCompile(`^[a-z0-9-]+$`)

func (c *Client) remove(ctx context.Context, e Engine, name string) error {
	if !canRun.MatchString(name) {
		return nil
	}
	status, body, err := c.do(ctx, e, http.MethodDelete, name, nil, c.opts.StopTimeout)
	if err != nil {
		return err
	}
	if status == http.StatusOK || status == http.StatusNotFound {
		return nil
	}
	return away(e, fmt.Sprintf("answers %d to the deletion of stream %s: %s", status, name, brief(body)))
}

// running is what an engine says of one stream.
type running struct {
	Active bool            `json:"active"`
	Config json.RawMessage `json:"config"`
}

// stream is what the engine runs under the name, nil when it is nothing.
func (c *Client) stream(ctx context.Context, e Engine, name string) (*running, error) {
	status, body, err := c.do(ctx, e, http.MethodGet, name, nil, 0)
	if err != nil {
		return nil, err
	}
	if status == http.StatusNotFound {
		return nil, nil
	}
	var s running
	if status != http.StatusOK {
		return nil, away(e, fmt.Sprintf("answers %d to a question for stream %s: %s", status, name, brief(body)))
	}
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, away(e, fmt.Sprintf("answers no JSON to a question for stream %s", name))
	}
	return &s, nil
}

func (c *Client) send(ctx context.Context, e Engine, method, name string, config []byte) error {
	status, body, err := c.do(ctx, e, method, name, config, c.opts.StopTimeout)
	if err != nil {
		return err
	}
	switch {
	case status == http.StatusOK:
		return nil
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return away(e, "does not accept our password")
	case status == http.StatusBadRequest && strings.Contains(string(body), "already exists"), status == http.StatusNotFound:
		// Somebody else was faster. The next look finds what there is.
		return away(e, fmt.Sprintf("changed stream %s at the same moment", name))
	case status == http.StatusServiceUnavailable:
		return away(e, "is stopping")
	}
	return &Refused{Engine: e.Streams, Reason: reason(body), Stopped: method == http.MethodPost}
}

// do makes one request. A timeout above zero is for the engine's own work and given to it.
func (c *Client) do(ctx context.Context, e Engine, method, name string, body []byte, work time.Duration) (int, []byte, error) {
	target := strings.TrimSuffix(e.Streams, "/") + "/streams/" + url.PathEscape(name)
	if work > 0 {
		target += "?timeout=" + work.String()
	}
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout+work)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("asking engine %s: %w", e.Streams, err)
	}
	req.SetBasicAuth(e.User, e.Password)
	req.Header.Set("Content-Type", "application/yaml")
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, unreachable(ctx, e, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return 0, nil, unreachable(ctx, e, err)
	}
	return resp.StatusCode, answer, nil
}

func unreachable(ctx context.Context, e Engine, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return away(e, fmt.Sprintf("cannot be reached: %v", err))
}

func away(e Engine, what string) error {
	return pipeline.Errorf(pipeline.CodeUnavailable, "", "engine %s %s", e.Streams, what)
}

// reason is what an engine said, in a form for people.
func reason(body []byte) string {
	var lint struct {
		Errors []string `json:"lint_errors"`
	}
	if json.Unmarshal(body, &lint) == nil && len(lint.Errors) > 0 {
		return strings.Join(lint.Errors, "; ")
	}
	return strings.TrimPrefix(brief(body), "Error: ")
}

func brief(body []byte) string {
	const most = 2000
	text := strings.TrimSpace(strings.ToValidUTF8(string(body), "\uFFFD"))
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
