package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

const (
	fieldSASL       = "sasl"
	fieldMechanism  = "mechanism"
	fieldUsername   = "username"
	fieldPassword   = "password"
	fieldToken      = "token"
	fieldOAuth      = "oauth2"
	fieldTokenURL   = "token_url"
	fieldOAuthID    = "client_id"
	fieldOAuthKey   = "client_secret"
	fieldScopes     = "scopes"
	fieldExtensions = "extensions"

	mechanismNone  = "none"
	mechanismPlain = "PLAIN"
	mechanism256   = "SCRAM-SHA-256"
	mechanism512   = "SCRAM-SHA-512"
	mechanismOAuth = "OAUTHBEARER"
)

func saslField() *service.ConfigField {
	return service.NewObjectField(fieldSASL,
		service.NewStringAnnotatedEnumField(fieldMechanism, map[string]string{
			mechanismNone:  "No authentication, or that of the TLS client certificate.",
			mechanismPlain: "User name and password, sent as they are: use it with TLS.",
			mechanism256:   "User name and password, of which the broker sees a proof only (RFC 7677).",
			mechanism512:   "The same with SHA-512.",
			mechanismOAuth: "A bearer token (RFC 7628), given or fetched with the client credentials grant.",
		}).Description("How the client proves who it is.").Default(mechanismNone),
		service.NewStringField(fieldUsername).Description("For PLAIN and SCRAM.").Default(""),
		service.NewStringField(fieldPassword).Description("For PLAIN and SCRAM.").Default("").Secret(),
		service.NewStringField(fieldToken).Description("For OAUTHBEARER: a token that somebody else keeps fresh.").Default("").Secret(),
		service.NewObjectField(fieldOAuth,
			service.NewStringField(fieldTokenURL).Description("The endpoint that issues tokens.").Default(""),
			service.NewStringField(fieldOAuthID).Description("The client's id there.").Default(""),
			service.NewStringField(fieldOAuthKey).Description("The client's secret there.").Default("").Secret(),
			service.NewStringListField(fieldScopes).Description("The scopes to ask for.").Default([]string{}),
		).Description("For OAUTHBEARER: where to fetch tokens with the client credentials grant (RFC 6749, 4.4). A token is fetched again before it expires.").
			Advanced(),
		service.NewStringMapField(fieldExtensions).Description("For OAUTHBEARER: SASL extensions to send with the token.").
			Default(map[string]any{}).Advanced(),
	).Description("Authentication at the brokers.").
		Example(map[string]any{"mechanism": "SCRAM-SHA-512", "username": "orders", "password": "${INFLECT_SASL_PASSWORD}"})
}

// parseSASL is the mechanism that conf describes, nil for none.
func parseSASL(conf *service.ParsedConfig) (sasl.Mechanism, error) {
	mechanism, err := conf.FieldString(fieldMechanism)
	if err != nil {
		return nil, err
	}
	switch mechanism {
	case mechanismNone:
		return nil, nil
	case mechanismOAuth:
		return parseOAuth(conf)
	}
	user, err := conf.FieldString(fieldUsername)
	if err != nil {
		return nil, err
	}
	password, err := conf.FieldString(fieldPassword)
	if err != nil {
		return nil, err
	}
	if user == "" || password == "" {
		return nil, fmt.Errorf("sasl: %s needs username and password", mechanism)
	}
	switch mechanism {
	case mechanismPlain:
		return plain.Auth{User: user, Pass: password}.AsMechanism(), nil
	case mechanism256:
		return scram.Auth{User: user, Pass: password}.AsSha256Mechanism(), nil
	case mechanism512:
		return scram.Auth{User: user, Pass: password}.AsSha512Mechanism(), nil
	}
	return nil, fmt.Errorf("sasl: mechanism %q is unknown", mechanism)
}

func parseOAuth(conf *service.ParsedConfig) (sasl.Mechanism, error) {
	token, err := conf.FieldString(fieldToken)
	if err != nil {
		return nil, err
	}
	extensions, err := conf.FieldStringMap(fieldExtensions)
	if err != nil {
		return nil, err
	}
	source, err := parseTokenSource(conf.Namespace(fieldOAuth))
	if err != nil {
		return nil, err
	}
	switch {
	case token == "" && source == nil:
		return nil, errors.New("sasl: OAUTHBEARER needs token, or oauth2.token_url")
	case token != "" && source != nil:
		return nil, errors.New("sasl: give either token or oauth2.token_url, not both")
	case source == nil:
		return oauth.Auth{Token: token, Extensions: extensions}.AsMechanism(), nil
	}
	return oauth.Oauth(func(ctx context.Context) (oauth.Auth, error) {
		t, err := source.Token(ctx)
		if err != nil {
			return oauth.Auth{}, err
		}
		return oauth.Auth{Token: t, Extensions: extensions}, nil
	}), nil
}
