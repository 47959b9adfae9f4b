package api_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/pipeline"
)

func TestWhatIsNotThereIsAProblem(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.do("GET", "/api/v1/nothing", "").problem(http.StatusNotFound, pipeline.CodeNotFound, "")
	s.do("GET", "/api/v1//pipelines", "").problem(http.StatusNotFound, pipeline.CodeNotFound, "")
	s.do("GET", "/api/v1/pipelines/", "").problem(http.StatusNotFound, pipeline.CodeNotFound, "")
	s.do("GET", "/api/", "").problem(http.StatusNotFound, pipeline.CodeNotFound, "")
	s.do("POST", "/some/page", "").problem(http.StatusMethodNotAllowed, pipeline.CodeMethodNotAllowed, "")
	got := s.do("PATCH", "/api/v1/pipelines", "{}").problem(http.StatusMethodNotAllowed, pipeline.CodeMethodNotAllowed, "")
	if allow := got.header.Get("Allow"); allow != "GET, HEAD, POST" {
		t.Errorf("Allow is %q", allow)
	}
	if page := s.do("GET", "/", "").want(http.StatusOK); !strings.Contains(string(page.body), "<title>Inflect") {
		t.Errorf("the page is %s", page.body)
	}
	if head := s.do("HEAD", "/livez", ""); head.status != http.StatusOK || len(head.body) != 0 {
		t.Errorf("HEAD is answered with %d and %q", head.status, head.body)
	}
}

func TestBodiesAreJSONAndBounded(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *api.Options) { o.MaxBody = 1000 })
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json-patch+json", "", "json;;"} {
		s.do("POST", "/api/v1/pipelines", spec, "Content-Type", media).problem(http.StatusUnsupportedMediaType, pipeline.CodeUnsupportedMedia, "Content-Type")
	}
	s.do("POST", "/api/v1/pipelines", spec, "Content-Type", "application/json; charset=utf-8").want(http.StatusCreated)
	s.do("POST", "/api/v1/validate", `{"description":"`+strings.Repeat("x", 2000)+`"}`).problem(http.StatusRequestEntityTooLarge, pipeline.CodeTooLarge, "")
}

func TestInternalErrorsSayNothing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, description := range []string{"broken", "panics"} {
		body := `{"spec":` + with(`"name"`, `"description":"`+description+`","name"`) + `,"events":[{"value":1}]}`
		got := s.do("POST", "/api/v1/test-runs", body, "X-Request-Id", "id-"+description).problem(http.StatusInternalServerError, pipeline.CodeInternal, "")
		if strings.Contains(string(got.body), "hunter2") || strings.Contains(string(got.body), "10.0.0.1") {
			t.Errorf("the answer tells too much: %s", got.body)
		}
		if !strings.Contains(string(got.body), "id-"+description) || !strings.Contains(s.log.String(), "id-"+description) {
			t.Errorf("%s: the request's id is not in the answer and in the log", description)
		}
	}
	s.do("GET", "/livez", "").want(http.StatusOK)
}

func TestRequestIDsOfOthersAreChecked(t *testing.T) {
	t.Parallel()
	s := serve(t)
	if got := s.do("GET", "/livez", "", "X-Request-Id", "abc-1").header.Get("X-Request-Id"); got != "abc-1" {
		t.Errorf("got %q", got)
	}
	if got := s.do("GET", "/livez", "", "X-Request-Id", `x" level=ERROR`).header.Get("X-Request-Id"); got == "" || strings.Contains(got, `"`) {
		t.Errorf("got %q", got)
	}
}

func TestReadinessNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *api.Options) {
		o.Probes = map[string]func(context.Context) error{
			"postgres": func(context.Context) error { return errors.New("127.0.0.1:5432 refuses connections") },
			"engines":  func(context.Context) error { return nil },
			"hanging":  func(ctx context.Context) error { <-ctx.Done(); return errors.New("no answer") },
		}
	})
	got := s.do("GET", "/readyz", "").want(http.StatusServiceUnavailable)
	for _, want := range []string{`{"name":"engines","ok":true}`, `{"name":"postgres","ok":false,"message":"127.0.0.1:5432 refuses connections"}`, `"no answer"`} {
		if !strings.Contains(string(got.body), want) {
			t.Errorf("%s does not hold %s", got.body, want)
		}
	}
}

// Every code that the domain has must have a status, and must be in the contract.
func TestEveryCodeIsInTheContract(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../pipeline/error.go")
	if err != nil {
		t.Fatal(err)
	}
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	promised := map[string]bool{}
	for _, code := range c.doc.Components.Schemas["Code"].Value.Enum {
		promised[code.(string)] = true
	}
	codes := regexp.MustCompile(`Code = "([a-z_]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(codes) == 0 || len(codes) != len(promised) {
		t.Errorf("%d codes, %d in the contract", len(codes), len(promised))
	}
	for _, code := range codes {
		if !promised[code[1]] {
			t.Errorf("code %s is not in the contract", code[1])
		}
		if !api.HasStatus(pipeline.Code(code[1])) {
			t.Errorf("code %s has no status", code[1])
		}
	}
}
