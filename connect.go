//go:build !connect

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/config"
)

// listen binds the address of API and page. A taken port is the user's to solve, so the error names the flag.
func listen(address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w: free the port or give another one with --listen", address, err)
	}
	return l, nil
}

// kafkaSecurity are the client options for TLS and SASL.
func kafkaSecurity(k config.Kafka) ([]kgo.Opt, error) {
	var opts []kgo.Opt
	if k.TLS || k.CA != "" || k.Cert != "" {
		t, err := clientTLS(k.CA, k.Cert, k.Key)
		if err != nil {
			return nil, fmt.Errorf("preparing TLS for Kafka: %w", err)
		}
		opts = append(opts, kgo.DialTLSConfig(t))
	}
	var m sasl.Mechanism
	switch k.SASL {
	case "":
		return opts, nil
	case "PLAIN":
		m = plain.Auth{User: k.User, Pass: k.Password}.AsMechanism()
	case "SCRAM-SHA-256":
		m = scram.Auth{User: k.User, Pass: k.Password}.AsSha256Mechanism()
	case "SCRAM-SHA-512":
		m = scram.Auth{User: k.User, Pass: k.Password}.AsSha512Mechanism()
	case "OAUTHBEARER":
		m = oauth.Auth{Token: k.Token}.AsMechanism()
	}
	return append(opts, kgo.SASL(m)), nil
}

// registryOptions make a registry client.
func registryOptions(r config.Registry) ([]sr.ClientOpt, error) {
	opts := []sr.ClientOpt{sr.URLs(r.URL)}
	if r.User != "" {
		opts = append(opts, sr.BasicAuth(r.User, r.Password))
	}
	if r.Token != "" {
		opts = append(opts, sr.BearerToken(r.Token))
	}
	transport, err := registryTransport(r)
	if err == nil && transport != nil {
		opts = append(opts, sr.HTTPClient(&http.Client{Transport: transport, Timeout: 10 * time.Second}))
	}
	return opts, err
}

// registryTransport trusts the registry's own authorities; nil when there are none.
func registryTransport(r config.Registry) (http.RoundTripper, error) {
	if r.CA == "" {
		return nil, nil
	}
	t, err := clientTLS(r.CA, "", "")
	if err != nil {
		return nil, fmt.Errorf("preparing TLS for the registry: %w", err)
	}
	return &http.Transport{TLSClientConfig: t, IdleConnTimeout: time.Minute, Proxy: http.ProxyFromEnvironment}, nil
}

func clientTLS(ca, cert, key string) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", ca)
		}
	}
	if cert != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, err
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}

// engineEnvironment is what rendered streams refer to by name, so that no secret is in them (invariant 8).
func engineEnvironment(s config.Settings) []string {
	var env []string
	for _, v := range [][2]string{
		{"INFLECT_REGISTRY", s.Registry.URL},
		{"INFLECT_REGISTRY_USERNAME", s.Registry.User},
		{"INFLECT_REGISTRY_PASSWORD", s.Registry.Password},
		{"INFLECT_REGISTRY_TOKEN", s.Registry.Token},
		{"INFLECT_KAFKA_USERNAME", s.Kafka.User},
		{"INFLECT_KAFKA_PASSWORD", s.Kafka.Password},
		{"INFLECT_KAFKA_TOKEN", s.Kafka.Token},
	} {
		if v[1] != "" {
			env = append(env, v[0]+"="+v[1])
		}
	}
	return env
}

// eventually runs f until it succeeds, with a pause after each failure; false means that ctx ended before.
func eventually(ctx context.Context, pause time.Duration, f func(context.Context) error, failed func(error)) bool {
	for {
		err := f(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pause):
		}
	}
}
