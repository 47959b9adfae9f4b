package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/pipeline"
)

// token makes a token of a role and returns the header that carries it.
func (s *server) token(role pipeline.Role, expires *time.Time) []string {
	s.t.Helper()
	secret, hash := api.NewSecret()
	if _, err := s.rows.CreateToken(s.t.Context(), pipeline.Token{Name: string(role) + "-token", Role: role, ExpiresAt: expires}, hash, "test"); err != nil {
		s.t.Fatal(err)
	}
	return []string{"Authorization", "Bearer " + secret}
}

func TestRolesDecideWhatATokenMayDo(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *api.Options) { o.RequireTokens = true })
	viewer, editor, operator, admin := s.token(pipeline.Viewer, nil), s.token(pipeline.Editor, nil), s.token(pipeline.Operator, nil), s.token(pipeline.Admin, nil)
	s.do("POST", "/api/v1/pipelines", spec, editor...).want(http.StatusCreated)
	tests := []struct {
		method, path, body  string
		refused, successful []string
	}{
		{"GET", "/api/v1/pipelines", "", nil, viewer},
		{"GET", "/metrics", "", nil, viewer},
		{"POST", "/api/v1/validate", spec, nil, viewer},
		{"POST", "/api/v1/test-runs", `{"pipeline":"orders-eu","events":[{"value":1}]}`, viewer, editor},
		{"POST", "/api/v1/pipelines/orders-eu:pause", "", editor, operator},
		{"POST", "/api/v1/topics/orders/records", `{"records":[{"value":1}]}`, editor, operator},
		{"POST", "/api/v1/pipelines/orders-eu/dead-letters:replay", `{"all":true}`, editor, operator},
		{"GET", "/api/v1/tokens", "", operator, admin},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			s := *s
			s.t = t
			s.do(tt.method, tt.path, tt.body).problem(http.StatusUnauthorized, pipeline.CodeUnauthenticated, "Authorization")
			if tt.refused != nil {
				s.do(tt.method, tt.path, tt.body, tt.refused...).problem(http.StatusForbidden, pipeline.CodeForbidden, "")
			}
			s.do(tt.method, tt.path, tt.body, tt.successful...).want(http.StatusOK)
		})
	}
	s.do("GET", "/livez", "").want(http.StatusOK)
	s.do("GET", "/readyz", "").want(http.StatusOK)
	s.do("GET", "/", "").want(http.StatusOK)
}

func TestTokenThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *api.Options) { o.RequireTokens = true })
	past := time.Now().Add(-time.Second)
	for name, header := range map[string][]string{
		"unknown":       {"Authorization", "Bearer inflect_unknown"},
		"expired":       s.token(pipeline.Admin, &past),
		"empty":         {"Authorization", "Bearer "},
		"another kind":  {"Authorization", "Basic dTpw"},
		"in lower case": {"Authorization", strings.ToLower(s.token(pipeline.Admin, nil)[1])},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := *s
			s.t = t
			got := s.do("GET", "/api/v1/pipelines", "", header...).problem(http.StatusUnauthorized, pipeline.CodeUnauthenticated, "Authorization")
			if got.header.Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
		})
	}
}

func TestTokenLivesUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *api.Options) { o.RequireTokens = true })
	admin := s.token(pipeline.Admin, nil)
	var made struct{ ID, Secret string }
	s.do("POST", "/api/v1/tokens", `{"name":"ci","role":"editor"}`, admin...).want(http.StatusCreated).into(&made)
	ci := []string{"Authorization", "Bearer " + made.Secret}
	s.do("POST", "/api/v1/pipelines", spec, ci...).want(http.StatusCreated)
	if !strings.Contains(s.log.String(), "actor=ci") {
		t.Error("the log does not say who did it")
	}
	if got := s.do("GET", "/api/v1/audit", "", ci...).want(http.StatusOK); !strings.Contains(string(got.body), `"actor":"ci"`) {
		t.Errorf("the audit does not say who did it: %s", got.body)
	}
	if list := s.do("GET", "/api/v1/tokens", "", admin...); strings.Contains(string(list.body), made.Secret) || strings.Contains(s.log.String(), made.Secret) {
		t.Error("the secret can be read")
	}
	s.do("DELETE", "/api/v1/tokens/"+made.ID, "", admin...).want(http.StatusNoContent)
	s.do("GET", "/api/v1/pipelines", "", ci...).want(http.StatusUnauthorized)
	s.do("DELETE", "/api/v1/tokens/"+made.ID, "", admin...).problem(http.StatusNotFound, pipeline.CodeNotFound, "id")
	for field, body := range map[string]string{"name": `{"role":"editor"}`, "role": `{"name":"x","role":"root"}`,
		"expires_at": `{"name":"x","role":"editor","expires_at":"2020-01-01T00:00:00Z"}`} {
		s.do("POST", "/api/v1/tokens", body, admin...).problem(http.StatusBadRequest, pipeline.CodeInvalid, field)
	}
}

func TestSessionSaysWhoAsks(t *testing.T) {
	t.Parallel()
	var who struct{ Actor, Role, Authentication string }
	open := serve(t)
	open.do("GET", "/api/v1/session", "").into(&who)
	if who.Actor != "local" || who.Role != "admin" || who.Authentication != "none" {
		t.Errorf("%+v", who)
	}
	open.do("GET", "/api/v1/session", "", open.token(pipeline.Viewer, nil)...).into(&who)
	if who.Actor != "viewer-token" || who.Role != "viewer" {
		t.Errorf("%+v", who)
	}
}
