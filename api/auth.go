package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// caller is who asks.
type caller struct {
	actor string
	role  pipeline.Role
}

// local is the caller of a server that asks for no tokens.
var local = caller{actor: "local", role: pipeline.Admin}

type callerKey struct{}

// actor is the name under which changes of this request are recorded.
func actor(r *http.Request) string { return callerOf(r.Context()).actor }

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// authorize lets a request pass that may do what role may. A token is looked at even when none is asked for, so that
// the audit has a name.
func (a *API) authorize(r *http.Request, role pipeline.Role) (*http.Request, error) {
	who := local
	secret, sent := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case role == "":
		return r, nil
	case sent && a.options.Tokens != nil:
		token, err := a.options.Tokens.TokenByHash(r.Context(), hashOf(secret))
		if pipeline.CodeOf(err) == pipeline.CodeNotFound || err == nil && expired(token) {
			return nil, pipeline.Errorf(pipeline.CodeUnauthenticated, "Authorization", "the token is unknown, expired or revoked: ask for a new one")
		}
		if err != nil {
			return nil, err
		}
		who = caller{actor: token.Name, role: token.Role}
	case a.options.RequireTokens:
		return nil, pipeline.Errorf(pipeline.CodeUnauthenticated, "Authorization", "is missing: send Authorization: Bearer and a token")
	}
	if !who.role.Allows(role) {
		return nil, pipeline.Errorf(pipeline.CodeForbidden, "", "%s has the role %s, but this needs %s", who.actor, who.role, role)
	}
	return r.WithContext(context.WithValue(r.Context(), callerKey{}, who)), nil
}

func expired(t pipeline.Token) bool { return t.ExpiresAt != nil && !time.Now().Before(*t.ExpiresAt) }

// NewSecret makes a token's secret and the hash under which it is stored.
func NewSecret() (secret string, hash [32]byte) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // Never fails: the program ends without randomness.
	secret = "inflect_" + base64.RawURLEncoding.EncodeToString(b[:])
	return secret, hashOf(secret)
}

func hashOf(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

func (a *API) session(w http.ResponseWriter, r *http.Request) error {
	who, how := callerOf(r.Context()), "none"
	if a.options.RequireTokens {
		how = "token"
	}
	return write(w, http.StatusOK, struct {
		Actor          string        `json:"actor"`
		Role           pipeline.Role `json:"role"`
		Authentication string        `json:"authentication"`
	}{who.actor, who.role, how})
}

func (a *API) listTokens(w http.ResponseWriter, r *http.Request) error {
	if a.options.Tokens == nil {
		return unavailable("tokens")
	}
	all, err := a.options.Tokens.Tokens(r.Context())
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, page(pipeline.Page[pipeline.Token]{Items: all}))
}

func (a *API) createToken(w http.ResponseWriter, r *http.Request) error {
	if a.options.Tokens == nil {
		return unavailable("tokens")
	}
	var in struct {
		Name      string        `json:"name"`
		Role      pipeline.Role `json:"role"`
		ExpiresAt *time.Time    `json:"expires_at"`
	}
	if err := decode(r, &in); err != nil {
		return err
	}
	switch {
	case in.Name == "" || len(in.Name) > 100:
		return pipeline.Errorf(pipeline.CodeInvalid, "name", "must have 1 to 100 bytes")
	case !in.Role.Valid():
		return pipeline.Errorf(pipeline.CodeInvalid, "role", "is %q, but must be one of viewer, editor, operator, admin", in.Role)
	case in.ExpiresAt != nil && !in.ExpiresAt.After(time.Now()):
		return pipeline.Errorf(pipeline.CodeInvalid, "expires_at", "is in the past")
	}
	secret, hash := NewSecret()
	token, err := a.options.Tokens.CreateToken(r.Context(), pipeline.Token{Name: in.Name, Role: in.Role, ExpiresAt: in.ExpiresAt}, hash, actor(r))
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, struct {
		pipeline.Token
		Secret string `json:"secret"`
	}{token, secret})
}

func (a *API) revokeToken(w http.ResponseWriter, r *http.Request) error {
	if a.options.Tokens == nil {
		return unavailable("tokens")
	}
	if err := a.options.Tokens.RevokeToken(r.Context(), param(r, "id"), actor(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
