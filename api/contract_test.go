package api_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inflect-dev/inflect/api"
)

// contract is the document, its paths as expressions, and its schemas, compiled when they are first needed.
type contract struct {
	doc     *openapi3.T
	paths   map[*regexp.Regexp]string
	schemas *jsonschema.Compiler

	mu sync.Mutex
	// seen are the operations that were answered with success.
	seen map[string]bool
}

const documentURL = "https://inflect.test/openapi.json"

var theContract = sync.OnceValues(func() (*contract, error) {
	text, err := api.Document()
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := &contract{doc: doc, paths: map[*regexp.Regexp]string{}, schemas: jsonschema.NewCompiler(), seen: map[string]bool{}}
	c.schemas.DefaultDraft(jsonschema.Draft2020)
	c.schemas.AssertFormat()
	if err := c.schemas.AddResource(documentURL, tree); err != nil {
		return nil, err
	}
	variable := regexp.MustCompile(`\\\{[a-z]+\\\}`)
	for path := range doc.Paths.Map() {
		c.paths[regexp.MustCompile("^"+variable.ReplaceAllString(regexp.QuoteMeta(path), "([^/:]+)")+"$")] = path
	}
	return c, nil
})

// hold fails the test when the answer is none that the contract promises for the request.
func hold(t *testing.T, r *http.Request, a answer) {
	t.Helper()
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	path := c.match(r.URL)
	item := c.doc.Paths.Value(path)
	if item == nil || item.GetOperation(r.Method) == nil {
		if a.status < 400 && strings.HasPrefix(r.URL.Path, "/api/") {
			t.Errorf("%s %s is answered with %d, but the contract does not have it", r.Method, r.URL.Path, a.status)
		}
		return
	}
	if err := c.check(path, r.Method, a); err != nil {
		t.Errorf("%s %s breaks the contract: %v\n%s", r.Method, r.URL.Path, err, a.body)
	}
}

// check holds status, headers, content type and body to what the operation promises.
func (c *contract) check(path, method string, a answer) error {
	operation := c.doc.Paths.Value(path).GetOperation(method)
	status := strconv.Itoa(a.status)
	promised := operation.Responses.Value(status)
	if promised == nil {
		status, promised = "default", operation.Responses.Value("default")
		if promised == nil || a.status < 400 {
			return fmt.Errorf("status %d is not promised", a.status)
		}
	}
	for name, header := range promised.Value.Headers {
		if header.Value.Required && a.header.Get(name) == "" {
			return fmt.Errorf("header %s is missing", name)
		}
	}
	media, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	if len(promised.Value.Content) == 0 && len(a.body) == 0 {
		c.succeeded(operation, a)
		return nil
	}
	if promised.Value.Content[media] == nil {
		return fmt.Errorf("content type %q is not promised", media)
	}
	if strings.HasSuffix(media, "json") {
		place := promised.Ref
		if place == "" {
			place = "#/paths/" + escape(path) + "/" + strings.ToLower(method) + "/responses/" + status
		}
		if err := c.checkBody(place+"/content/"+escape(media)+"/schema", a.body); err != nil {
			return err
		}
	}
	c.succeeded(operation, a)
	return nil
}

func (c *contract) checkBody(place string, body []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	schema, err := c.schemas.Compile(documentURL + place)
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

func (c *contract) succeeded(operation *openapi3.Operation, a answer) {
	if a.status < 400 {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.seen[operation.OperationID] = true
	}
}

// escape makes a step of a JSON pointer in a URL's fragment.
func escape(step string) string {
	return url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(step))
}

func (c *contract) match(u *url.URL) string {
	for form, path := range c.paths {
		if form.MatchString(u.EscapedPath()) {
			return path
		}
	}
	return ""
}

func TestContractRefusesOtherAnswers(t *testing.T) {
	t.Parallel()
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	asJSON := http.Header{"Content-Type": {"application/json"}}
	tests := []struct {
		name, path string
		answer     answer
	}{
		{"field that is not promised", "/version", answer{status: 200, header: asJSON, body: []byte(`{"version":"1","go":"1","extra":1}`)}},
		{"field missing", "/version", answer{status: 200, header: asJSON, body: []byte(`{"version":"1"}`)}},
		{"wrong type", "/version", answer{status: 200, header: asJSON, body: []byte(`{"version":1,"go":"1"}`)}},
		{"another status", "/version", answer{status: 202, header: asJSON, body: []byte(`{"version":"1","go":"1"}`)}},
		{"another content type", "/version", answer{status: 200, header: http.Header{"Content-Type": {"text/html"}}, body: []byte("<p>")}},
		{"an error that is no problem", "/version", answer{status: 500, header: asJSON, body: []byte(`{}`)}},
		{"no ETag", "/api/v1/pipelines/{name}", answer{status: 200, header: asJSON, body: []byte(`{}`)}},
		{"field in a composed schema", "/api/v1/tokens", answer{status: 200, header: asJSON,
			body: []byte(`{"items":[{"id":"1","name":"a","role":"admin","created_at":"2026-01-31T12:00:00Z","secret":"s"}]}`)}},
		{"no time", "/api/v1/tokens", answer{status: 200, header: asJSON, body: []byte(`{"items":[{"id":"1","name":"a","role":"admin","created_at":"noon"}]}`)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if c.check(tt.path, "GET", tt.answer) == nil {
				t.Error("it passes")
			}
		})
	}
}

// TestEveryOperationKeepsTheContract sends each documented request once with success; do holds every answer to the
// document.
func TestEveryOperationKeepsTheContract(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const p = "/api/v1/pipelines/orders-eu"
	s.register("orders-value", `{"type":"object"}`)
	ok := http.StatusOK
	s.do("GET", "/livez", "").want(ok)
	s.do("GET", "/readyz", "").want(ok)
	s.do("GET", "/version", "").want(ok)
	s.do("GET", "/metrics", "").want(ok)
	s.do("GET", "/openapi.json", "").want(ok)
	s.do("GET", "/api/v1/session", "").want(ok)

	s.do("GET", "/api/v1/pipelines", "").want(ok)
	s.do("POST", "/api/v1/pipelines", spec).want(http.StatusCreated)
	s.do("GET", "/api/v1/pipelines?search=eu&state=running&owner=team-a&limit=1", "").want(ok)
	s.do("GET", p, "").want(ok)
	s.do("PUT", p, strings.Replace(spec, `"min":10`, `"min":20`, 1), "If-Match", `"1"`).want(ok)
	for _, verb := range []string{"pause", "resume", "stop", "restart", "drain"} {
		s.do("POST", p+":"+verb, "").want(ok)
	}
	s.do("POST", p+":replay", `{"time":"2026-01-31T12:00:00Z"}`).want(ok)
	s.do("POST", p+":rollback", `{"revision":1}`).want(ok)
	s.do("GET", p+"/status", "").want(ok)
	s.do("GET", p+"/config", "").want(ok)
	s.do("GET", "/api/v1/pipelines/orders/scaling", "").want(ok)
	s.do("GET", p+"/revisions", "").want(ok)
	s.do("GET", p+"/revisions/2", "").want(ok)
	s.do("PUT", p+"/test-cases/paid", `{"name":"paid","events":[{"value":{"id":1}}],"expect":[{"outcome":"delivered"}]}`).want(ok)
	s.do("GET", p+"/test-cases", "").want(ok)
	s.do("DELETE", p+"/test-cases/paid", "").want(http.StatusNoContent)
	s.do("GET", p+"/dead-letters", "").want(ok)
	s.do("POST", p+"/dead-letters:replay", `{"all":true,"rate":100}`).want(ok)

	s.do("POST", "/api/v1/validate", spec).want(ok)
	s.do("POST", "/api/v1/test-runs", `{"pipeline":"orders-eu","events":[{"value":{"id":1},"key":"k"},{"value":"bad"},{"tombstone":true}]}`).want(ok)
	s.do("POST", "/api/v1/sample-events", `{"schema":{"subject":"orders-value"},"count":2,"near_misses":true}`).want(ok)

	s.do("POST", "/api/v1/topics/orders/records", `{"records":[{"key":"k","value":{"id":9007199254740993},"headers":{"h":"v"}},{"tombstone":true}]}`).want(ok)
	s.do("POST", "/api/v1/sample-events", `{"topic":"orders"}`).want(ok)
	s.do("GET", "/api/v1/topics", "").want(ok)
	s.do("GET", "/api/v1/topics/orders", "").want(ok)
	s.do("GET", "/api/v1/topics/orders/records", "").want(ok)
	s.do("GET", "/api/v1/schemas", "").want(ok)
	s.do("GET", "/api/v1/schemas/orders-value", "").want(ok)
	s.do("GET", "/api/v1/schemas/orders-value/versions/latest", "").want(ok)
	s.do("POST", "/api/v1/schemas/orders-value/check", `{"schema":"{}"}`).want(ok)
	s.do("GET", "/api/v1/transforms", "").want(ok)
	s.do("GET", "/api/v1/transforms/orders.ts%23keepPaid", "").want(ok)

	s.do("GET", "/api/v1/audit?pipeline=orders-eu", "").want(ok)
	s.do("POST", "/api/v1/tokens", `{"name":"ci","role":"editor"}`).want(http.StatusCreated)
	s.do("GET", "/api/v1/tokens", "").want(ok)
	s.do("DELETE", "/api/v1/tokens/t1", "").want(http.StatusNoContent)
	s.do("DELETE", p, "", "If-Match", "*").want(http.StatusNoContent)

	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen["streamEvents"] = true // An endless answer: see events_test.go.
	for _, path := range slices.Sorted(maps.Keys(c.doc.Paths.Map())) {
		for method, operation := range c.doc.Paths.Value(path).Operations() {
			if !c.seen[operation.OperationID] {
				t.Errorf("%s %s was not exercised", method, path)
			}
		}
	}
}
