package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/pipeline"
)

func with(old, replacement string) string { return strings.Replace(spec, old, replacement, 1) }

func TestCreatedPipelineSaysWhereItIs(t *testing.T) {
	t.Parallel()
	s := serve(t)
	got := s.do("POST", "/api/v1/pipelines", spec).want(http.StatusCreated)
	if got.header.Get("Location") != "/api/v1/pipelines/orders-eu" || got.header.Get("ETag") != `"1"` {
		t.Errorf("headers %v", got.header)
	}
	s.do("POST", "/api/v1/pipelines", spec).problem(http.StatusConflict, pipeline.CodeExists, "name")
}

func TestWrongSpecsNameTheField(t *testing.T) {
	t.Parallel()
	s := serve(t)
	tests := []struct {
		name, body string
		status     int
		code       pipeline.Code
		field      string
	}{
		{"unknown field", with(`"dlq"`, `"dql"`), 400, pipeline.CodeUnknownField, "dql"},
		{"unknown field of a step", with(`"kind"`, `"knid"`), 400, pipeline.CodeUnknownField, "knid"},
		{"wrong type", with(`"orders-eu"`, `7`), 400, pipeline.CodeInvalid, "name"},
		{"no DNS label", with(`"orders-eu"`, `"Orders EU"`), 400, pipeline.CodeInvalid, "name"},
		{"unknown topic", with(`"orders"`, `"odrers"`), 422, pipeline.CodeUnknownTopic, "source.topic"},
		{"code that does not parse", with(`"transform":"orders.ts#keepPaid"`, `"code":"(e) => )"`), 422, pipeline.CodeBadTransform, "steps[0].code"},
		{"no JSON", `{"name":`, 400, pipeline.CodeInvalid, ""},
		{"two documents", spec + spec, 400, pipeline.CodeInvalid, ""},
		{"an array", `[]`, 400, pipeline.CodeInvalid, ""},
		{"null bytes", "\x00", 400, pipeline.CodeInvalid, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := *s
			s.t = t
			s.do("POST", "/api/v1/pipelines", tt.body).problem(tt.status, tt.code, tt.field)
		})
	}
}

func TestWarningsAndAbsentNeighboursDoNotKeepFromSaving(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.do("POST", "/api/v1/pipelines", with(`"topic":"orders-clean"`, `"topic":"not-there-yet"`)).want(http.StatusCreated)
	s.do("POST", "/api/v1/pipelines", strings.Replace(with(`"topic":"orders"`, `"topic":"away"`), "orders-eu", "b", 1)).want(http.StatusCreated)
}

func TestOnlyWhoReadMayWrite(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.create()
	const p = "/api/v1/pipelines/orders-eu"
	s.do("PUT", p, spec).problem(http.StatusPreconditionRequired, pipeline.CodePrecondition, "If-Match")
	s.do("DELETE", p, "").problem(http.StatusPreconditionRequired, pipeline.CodePrecondition, "If-Match")
	for _, stale := range []string{`"7"`, `W/"1"`, `1`, `"x"`, `"0"`, `"1", "2"`} {
		if got := s.do("PUT", p, spec, "If-Match", stale); got.status != http.StatusPreconditionFailed {
			t.Errorf("If-Match %s is answered with %d", stale, got.status)
		}
	}
	if got := s.do("PUT", p, with(`"team-a"`, `"team-b"`), "If-Match", `"1"`).want(http.StatusOK); got.header.Get("ETag") != `"2"` {
		t.Errorf("ETag %s", got.header.Get("ETag"))
	}
	s.do("PUT", p, spec, "If-Match", `"1"`).problem(http.StatusPreconditionFailed, pipeline.CodeStale, "")
	s.do("PUT", p, spec, "If-Match", "*").want(http.StatusOK)
	s.do("PUT", p, with("orders-eu", "other"), "If-Match", "*").problem(http.StatusBadRequest, pipeline.CodeInvalid, "name")
	s.do("PUT", "/api/v1/pipelines/none", with("orders-eu", "none"), "If-Match", "*").problem(http.StatusNotFound, pipeline.CodeNotFound, "name")
	s.do("DELETE", p, "", "If-Match", `"1"`).want(http.StatusPreconditionFailed)
	s.do("DELETE", p, "", "If-Match", `"3"`).want(http.StatusNoContent)
	s.do("GET", p, "").problem(http.StatusNotFound, pipeline.CodeNotFound, "name")
}

func TestListsComeInPages(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for i := range 5 {
		s.do("POST", "/api/v1/pipelines", with("orders-eu", "p"+strconv.Itoa(i))).want(http.StatusCreated)
	}
	s.engines.set(pipeline.Status{Name: "p1", State: pipeline.Running, Phase: pipeline.PhaseRunning, Lag: 42})
	var names []string
	next := ""
	for {
		var page struct {
			Items []struct {
				Name   string
				Status pipeline.Status
			}
			Next string
		}
		s.do("GET", "/api/v1/pipelines?limit=2&cursor="+next, "").want(http.StatusOK).into(&page)
		for _, item := range page.Items {
			names = append(names, item.Name+":"+string(item.Status.Phase)+":"+strconv.Itoa(int(item.Status.Lag)))
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if got := strings.Join(names, " "); got != "p0:pending:0 p1:running:42 p2:pending:0 p3:pending:0 p4:pending:0" {
		t.Error(got)
	}
	for query, field := range map[string]string{"limit=0": "limit", "limit=501": "limit", "limit=x": "limit", "state=on": "state", "label=x": "label"} {
		s.do("GET", "/api/v1/pipelines?"+query, "").problem(http.StatusBadRequest, pipeline.CodeInvalid, field)
	}
	s.do("GET", "/api/v1/pipelines?serach=x", "").problem(http.StatusBadRequest, pipeline.CodeUnknownField, "serach")
}

func TestHistorySaysWhatChanged(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.create()
	const p = "/api/v1/pipelines/orders-eu"
	s.do("PUT", p, with(`"min":10`, `"min":20`), "If-Match", "*").want(http.StatusOK)
	s.do("POST", p+":rollback", `{"revision":1}`).want(http.StatusOK)
	var page struct {
		Items []struct {
			Revision int64
			Changes  []struct {
				Field, Kind   string
				Before, After any
			}
		}
		Next string
	}
	s.do("GET", p+"/revisions?limit=2", "").into(&page)
	if len(page.Items) != 2 || page.Items[0].Revision != 3 || page.Next != "2" {
		t.Fatalf("%+v", page)
	}
	if c := page.Items[1].Changes; len(c) != 1 || c[0].Field != "steps[0].params" || c[0].Kind != "changed" {
		t.Errorf("%+v", c)
	}
	s.do("GET", p+"/revisions?cursor=2", "").into(&page)
	if len(page.Items) != 1 || page.Items[0].Revision != 1 {
		t.Errorf("%+v", page)
	}
	s.do("GET", p+"/revisions/9", "").problem(http.StatusNotFound, pipeline.CodeNotFound, "revision")
	s.do("GET", p+"/revisions/x", "").problem(http.StatusBadRequest, pipeline.CodeInvalid, "revision")
	s.do("POST", p+":rollback", `{"revision":9}`).problem(http.StatusNotFound, pipeline.CodeNotFound, "revision")
	s.do("POST", p+":rollback", `{}`).problem(http.StatusBadRequest, pipeline.CodeInvalid, "revision")
	s.do("POST", p+":rollback", `{"revision":1}`, "If-Match", `"1"`).problem(http.StatusPreconditionFailed, pipeline.CodeStale, "")
}

func TestActions(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.create()
	const p = "/api/v1/pipelines/orders-eu"
	var saved pipeline.Pipeline
	s.do("POST", p+":pause", "").want(http.StatusOK).into(&saved)
	if saved.State != pipeline.Paused {
		t.Errorf("state %s", saved.State)
	}
	for _, body := range []string{`{}`, `{"beginning":true,"offset":3}`, `{"beginning":false}`} {
		s.do("POST", p+":replay", body).problem(http.StatusBadRequest, pipeline.CodeInvalid, "")
	}
	s.do("POST", p+":replay", `{"offset":-1}`).problem(http.StatusBadRequest, pipeline.CodeInvalid, "offset")
	s.do("POST", p+":replay", `{"offset":42}`).want(http.StatusOK)
	if s.engines.replayed.Offset == nil || *s.engines.replayed.Offset != 42 {
		t.Errorf("replayed to %+v", s.engines.replayed)
	}
	if audit := s.do("GET", "/api/v1/audit?limit=1", ""); !strings.Contains(string(audit.body), `"action":"replay"`) {
		t.Errorf("audit %s", audit.body)
	}
	s.do("POST", "/api/v1/pipelines/none:drain", "").problem(http.StatusNotFound, pipeline.CodeNotFound, "name")
	s.do("POST", p+":explode", "").problem(http.StatusNotFound, pipeline.CodeNotFound, "")
	s.do("GET", p+":pause", "").problem(http.StatusMethodNotAllowed, pipeline.CodeMethodNotAllowed, "")
}

func TestServerWithoutAPartSaysSo(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *api.Options) {
		o.TestCases, o.Tokens, o.Topics, o.Schemas, o.Transforms, o.DeadLetters, o.Generator, o.Metrics = nil, nil, nil, nil, nil, nil, nil, nil
	})
	s.create()
	for _, path := range []string{"/metrics", "/api/v1/topics", "/api/v1/topics/a", "/api/v1/topics/a/records", "/api/v1/schemas", "/api/v1/schemas/a",
		"/api/v1/schemas/a/versions/1", "/api/v1/transforms", "/api/v1/transforms/a", "/api/v1/tokens", "/api/v1/pipelines/orders-eu/test-cases",
		"/api/v1/pipelines/orders-eu/dead-letters"} {
		s.do("GET", path, "").problem(http.StatusServiceUnavailable, pipeline.CodeUnavailable, "")
	}
}

func TestSavingAgainTakesNewCode(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const p = "/api/v1/pipelines/orders-eu"
	// The checker's hash of the code is the description.
	body := with(`"owner"`, `"description":"now","owner"`)
	s.do("POST", "/api/v1/pipelines", body).want(http.StatusCreated)
	saved := func() pipeline.Pipeline {
		var out pipeline.Pipeline
		s.do("PUT", p, body, "If-Match", "*").want(http.StatusOK).into(&out)
		return out
	}
	if got := saved(); got.Revision != 1 {
		t.Errorf("a revision that was not built yet was renewed: %d", got.Revision)
	}
	s.rows.built("orders-eu", 1, "now")
	if got := saved(); got.Revision != 1 {
		t.Errorf("nothing changed, but there is revision %d", got.Revision)
	}
	s.rows.built("orders-eu", 1, "then")
	if got := saved(); got.Revision != 2 || got.Description != "now" {
		t.Errorf("the code changed, but there is %+v", got)
	}
}
