package kafka

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

const (
	tokenTimeout = 10 * time.Second
	maxTokenBody = 1 << 20
)

// tokenSource fetches bearer tokens with the client credentials grant and keeps each one for most of its life.
type tokenSource struct {
	url, id, secret string
	scopes          []string
	client          *http.Client

	mu      sync.Mutex
	token   string
	expires time.Time
}

// parseTokenSource is nil when no endpoint is given.
func parseTokenSource(conf *service.ParsedConfig) (*tokenSource, error) {
	s := &tokenSource{client: &http.Client{Timeout: tokenTimeout}}
	var err error
	if s.url, err = conf.FieldString(fieldTokenURL); err != nil || s.url == "" {
		return nil, err
	}
	if u, err := url.Parse(s.url); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("sasl: oauth2.token_url %q is not an http(s) address", s.url)
	}
	if s.id, err = conf.FieldString(fieldOAuthID); err != nil {
		return nil, err
	}
	if s.secret, err = conf.FieldString(fieldOAuthKey); err != nil {
		return nil, err
	}
	s.scopes, err = conf.FieldStringList(fieldScopes)
	return s, err
}

// Token is a token that is good for some time yet.
func (s *tokenSource) Token(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token != "" && time.Now().Before(s.expires) {
		return s.token, nil
	}
	token, life, err := s.fetch(ctx)
	if err != nil {
		return "", fmt.Errorf("fetching a token from %s: %w", s.url, err)
	}
	s.token, s.expires = token, time.Now().Add(life*4/5)
	return token, nil
}

func (s *tokenSource) fetch(ctx context.Context) (string, time.Duration, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if len(s.scopes) > 0 {
		form.Set("scope", strings.Join(s.scopes, " "))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.SetBasicAuth(url.QueryEscape(s.id), url.QueryEscape(s.secret))
	res, err := s.client.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxTokenBody))
	if err != nil {
		return "", 0, err
	}
	if res.StatusCode != http.StatusOK {
		return "", 0, fmt.Errorf("the endpoint answered %s", res.Status)
	}
	var answer struct {
		Token   string  `json:"access_token"`
		Expires float64 `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", 0, fmt.Errorf("reading the answer: %w", err)
	}
	if answer.Token == "" {
		return "", 0, fmt.Errorf("the answer has no access_token")
	}
	return answer.Token, time.Duration(answer.Expires * float64(time.Second)), nil
}
