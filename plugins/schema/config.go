package schema

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/sr"
)

const (
	fieldPipeline  = "pipeline"
	fieldRegistry  = "registry"
	fieldURL       = "url"
	fieldBasic     = "basic_auth"
	fieldUsername  = "username"
	fieldPassword  = "password"
	fieldToken     = "bearer_token"
	fieldTLS       = "tls"
	fieldTimeout   = "timeout"
	fieldBackoff   = "max_backoff"
	fieldSubject   = "subject"
	fieldVersion   = "version"
	fieldDirection = "direction"
	fieldFraming   = "framing"
	fieldOthers    = "others"
	fieldTopic     = "topic"
	fieldMessage   = "message"
	fieldAvroJSON  = "avro_json"
	fieldTrace     = "trace"

	decode = "decode"
	encode = "encode"

	othersDeadLetter = "dead_letter"
	othersFilter     = "filter"

	natural  = "natural"
	standard = "standard"
)

func registryField() *service.ConfigField {
	return service.NewObjectField(fieldRegistry,
		service.NewStringField(fieldURL).
			Description("The registry's address, or several of one registry separated by commas; the first that answers is taken.").
			Example("http://localhost:8081"),
		service.NewObjectField(fieldBasic,
			service.NewStringField(fieldUsername).Default(""),
			service.NewStringField(fieldPassword).Default("").Secret(),
		).Description("Credentials for HTTP basic authentication.").Advanced(),
		service.NewStringField(fieldToken).Description("A bearer token.").Default("").Secret().Advanced(),
		service.NewTLSToggledField(fieldTLS),
		service.NewDurationField(fieldTimeout).Description("How long one request may take.").Default("5s").Advanced(),
		service.NewDurationField(fieldBackoff).
			Description("The longest pause between attempts while the registry is away.").Default("10s").Advanced(),
	).Description("The schema registry, by Confluent's REST API.")
}

// registryConfig is how to reach a registry. Its password and token appear nowhere but in requests.
type registryConfig struct {
	urls               []string
	username, password string
	token              string
	tls                *tls.Config
	tlsText            string
	timeout, backoff   time.Duration
}

func parseRegistry(conf *service.ParsedConfig) (*registryConfig, error) {
	c := &registryConfig{}
	var err error
	get := func(to *string, path ...string) {
		if err == nil {
			*to, err = conf.FieldString(path...)
		}
	}
	var urls string
	get(&urls, fieldURL)
	get(&c.username, fieldBasic, fieldUsername)
	get(&c.password, fieldBasic, fieldPassword)
	get(&c.token, fieldToken)
	if err != nil {
		return nil, err
	}
	if err := c.parseURLs(urls); err != nil {
		return nil, err
	}
	if c.timeout, err = conf.FieldDuration(fieldTimeout); err != nil {
		return nil, err
	}
	if c.backoff, err = conf.FieldDuration(fieldBackoff); err != nil {
		return nil, err
	}
	if c.timeout <= 0 || c.backoff <= 0 {
		return nil, errors.New("registry.timeout and registry.max_backoff must be more than 0s")
	}
	settings, enabled, err := conf.FieldTLSToggled(fieldTLS)
	if err != nil {
		return nil, fmt.Errorf("reading registry.tls: %w", err)
	}
	if enabled {
		c.tls = settings
		text, err := conf.FieldAny(fieldTLS)
		if err != nil {
			return nil, err
		}
		c.tlsText = fmt.Sprint(text)
	}
	return c, nil
}

// parseURLs moves credentials out of the addresses, since addresses appear in errors and metrics.
func (c *registryConfig) parseURLs(list string) error {
	for s := range strings.SplitSeq(list, ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return errors.New("registry.url is not an address: give it like http://localhost:8081")
		}
		if u.User != nil && c.username == "" {
			c.username = u.User.Username()
			c.password, _ = u.User.Password()
		}
		u.User = nil
		c.urls = append(c.urls, strings.TrimRight(u.String(), "/"))
	}
	if len(c.urls) == 0 {
		return errors.New("registry.url is missing: give the registry's address, like http://localhost:8081")
	}
	return nil
}

// key is the same for configurations that may share a registry.
func (c *registryConfig) key() string {
	return fmt.Sprintf("%q %q %q %q %q %s %s", c.urls, c.username, c.password, c.token, c.tlsText, c.timeout, c.backoff)
}

// clients is one client for each server, so that a server that answers with an error is passed over like one that is away.
func (c *registryConfig) clients() ([]*sr.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = c.tls
	transport.IdleConnTimeout = 10 * time.Second
	opts := []sr.ClientOpt{sr.UserAgent("inflect"), sr.HTTPClient(&http.Client{Transport: transport, Timeout: c.timeout})}
	if c.username != "" {
		opts = append(opts, sr.BasicAuth(c.username, c.password))
	}
	if c.token != "" {
		opts = append(opts, sr.BearerToken(c.token))
	}
	out := make([]*sr.Client, len(c.urls))
	for i, u := range c.urls {
		cl, err := sr.NewClient(append(opts[:len(opts):len(opts)], sr.URLs(u))...)
		if err != nil {
			return nil, fmt.Errorf("making a client for the schema registry at %s: %w", u, err)
		}
		out[i] = cl
	}
	return out, nil
}
