package api_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/pipeline"
)

func TestValidationGivesEveryProblem(t *testing.T) {
	t.Parallel()
	s := serve(t)
	tests := []struct {
		name, body string
		valid      bool
		fields     []string
	}{
		{"fine", spec, true, nil},
		{"a warning", with(`"topic":"orders-clean"`, `"topic":"not-there-yet"`), true, []string{"target.topic"}},
		{"unknown field", with(`"dlq"`, `"dql"`), false, []string{"dql"}},
		{"several in the spec", with(`"name":"orders-eu"`, `"name":"A","delivery":"sometimes"`), false, []string{"name", "delivery"}},
		{"unknown topic", with(`"topic":"orders"`, `"topic":"none"`), false, []string{"source.topic"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := *s
			s.t = t
			var got struct {
				Valid  bool
				Errors pipeline.Errors
			}
			s.do("POST", "/api/v1/validate", tt.body).want(http.StatusOK).into(&got)
			var fields []string
			for _, e := range got.Errors {
				fields = append(fields, e.Field)
			}
			if got.Valid != tt.valid || strings.Join(fields, " ") != strings.Join(tt.fields, " ") {
				t.Errorf("valid %v, fields %v", got.Valid, fields)
			}
		})
	}
	// The checker's hash of the code is the description.
	if got := s.do("POST", "/api/v1/validate", with(`"owner"`, `"description":"abc","owner"`)); !strings.Contains(string(got.body), `"code_hash":"abc"`) {
		t.Errorf("the code's hash is missing: %s", got.body)
	}
	s.do("POST", "/api/v1/validate", "{").problem(http.StatusBadRequest, pipeline.CodeInvalid, "")
	if list := s.do("GET", "/api/v1/pipelines", ""); strings.Contains(string(list.body), "orders-eu") {
		t.Error("validating has saved something")
	}
}

func TestTrialsOfSavedAndUnsavedSpecs(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.create()
	const runs, events = "/api/v1/test-runs", `"events":[{"value":{"id":9007199254740993}}]}`
	for _, body := range []string{`{"spec":` + spec + `,` + events, `{"pipeline":"orders-eu",` + events, `{"pipeline":"orders-eu","revision":1,` + events} {
		got := s.do("POST", runs, body).want(http.StatusOK)
		if strings.Count(string(got.body), `{"id":9007199254740993}`) != 2 {
			t.Errorf("the number changed on its way: %s", got.body)
		}
	}
	tests := []struct {
		name, body string
		status     int
		code       pipeline.Code
		field      string
	}{
		{"neither spec nor pipeline", `{` + events, 400, pipeline.CodeInvalid, "spec"},
		{"both", `{"pipeline":"a","spec":` + spec + `,` + events, 400, pipeline.CodeInvalid, "spec"},
		{"unknown pipeline", `{"pipeline":"none",` + events, 404, pipeline.CodeNotFound, "name"},
		{"unknown revision", `{"pipeline":"orders-eu","revision":9,` + events, 404, pipeline.CodeNotFound, "revision"},
		{"field that no spec has", `{"spec":` + with(`"dlq"`, `"dql"`) + `,` + events, 400, pipeline.CodeUnknownField, "spec.dql"},
		{"wrong spec", `{"spec":` + with(`"kind":"filter"`, `"kind":"map"`) + `,` + events, 400, pipeline.CodeInvalid, "spec.steps[0].kind"},
		{"no events", `{"pipeline":"orders-eu","events":[]}`, 400, pipeline.CodeInvalid, "events"},
		{"too many events", `{"pipeline":"orders-eu","events":[` + strings.Repeat(`{"value":1},`, 1000) + `{"value":1}]}`, 400, pipeline.CodeInvalid, "events"},
		{"event of two values", `{"pipeline":"orders-eu","events":[{"value":1,"tombstone":true}]}`, 400, pipeline.CodeInvalid, "events[0]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := *s
			s.t = t
			s.do("POST", runs, tt.body).problem(tt.status, tt.code, tt.field)
		})
	}
}

// asked notes which revisions were run.
type asked struct {
	runner

	mu        sync.Mutex
	revisions []int64
}

func (a *asked) note(p pipeline.Pipeline) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.revisions = append(a.revisions, p.Revision)
}

func (a *asked) Run(ctx context.Context, p pipeline.Pipeline, events []pipeline.TestEvent) ([]pipeline.TestResult, error) {
	a.note(p)
	return a.runner.Run(ctx, p, events)
}

func (a *asked) RunWith(ctx context.Context, announced []pipeline.RegisteredSchema, p pipeline.Pipeline, events []pipeline.TestEvent) ([]pipeline.TestResult, error) {
	if p.Name == "orders-eu" {
		a.note(p)
	}
	return a.runner.RunWith(ctx, announced, p, events)
}

// TestTrialsSayWhichRevisionTheyAreOf is what keeps the code of a trial that of its revision (invariant 5).
func TestTrialsSayWhichRevisionTheyAreOf(t *testing.T) {
	t.Parallel()
	ran := &asked{}
	s := serve(t, func(o *api.Options) { o.Runner = ran })
	s.register("orders-value", `{"type":"object"}`)
	s.create()
	s.do("PUT", "/api/v1/pipelines/orders-eu", with(`"version":1`, `"version":"latest"`), "If-Match", "*").want(http.StatusOK)
	const runs, events = "/api/v1/test-runs", `"events":[{"value":1}]}`
	for _, body := range []string{`{"spec":` + spec + `,` + events, `{"pipeline":"orders-eu",` + events, `{"pipeline":"orders-eu","revision":1,` + events} {
		s.do("POST", runs, body).want(http.StatusOK)
	}
	s.do("POST", "/api/v1/validate?events=1", spec).want(http.StatusOK)
	s.do("POST", checkOrders, `{"schema":"{}","events":1}`).want(http.StatusOK)
	if want := []int64{0, 2, 1, 0, 2, 2}; !slices.Equal(ran.revisions, want) {
		t.Errorf("ran revisions %v, want %v", ran.revisions, want)
	}
}

func TestSampleRequestsAreChecked(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const samples = "/api/v1/sample-events"
	s.do("POST", samples, `{}`).problem(http.StatusBadRequest, pipeline.CodeInvalid, "schema")
	s.do("POST", samples, `{"topic":"orders","schema":{"subject":"s"}}`).problem(http.StatusBadRequest, pipeline.CodeInvalid, "schema")
	s.do("POST", samples, `{"topic":"orders","count":1001}`).problem(http.StatusBadRequest, pipeline.CodeInvalid, "count")
	for _, body := range []string{`{"topic":"orders","count":0}`, `{"topic":"orders","count":0,"near_misses":true}`, `{"schema":{"subject":"s"},"count":0}`, `{"schema":{"subject":"s"},"count":-1,"edge_cases":true}`} {
		s.do("POST", samples, body).problem(http.StatusBadRequest, pipeline.CodeInvalid, "count")
	}
	s.do("POST", samples, `{"topic":"none"}`).problem(http.StatusUnprocessableEntity, pipeline.CodeUnknownTopic, "")
	s.do("POST", samples, `{"schema":{"subject":"none"}}`).problem(http.StatusUnprocessableEntity, pipeline.CodeUnknownSchema, "schema")
}

// No count is ten, and a count of zero leaves what comes on top.
func TestSampleCounts(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.register("orders-value", `{"type":"object"}`)
	for count, want := range map[string]int{"": 11, `"count":2,`: 3, `"count":0,`: 1} {
		var got struct{ Events []pipeline.Sample }
		s.do("POST", "/api/v1/sample-events", `{"schema":{"subject":"orders-value"},`+count+`"near_misses":true}`).want(http.StatusOK).into(&got)
		if len(got.Events) != want || !got.Events[want-1].Invalid {
			t.Errorf("%s: %+v", count, got.Events)
		}
	}
}

func TestTestCasesAreChecked(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.create()
	const cases = "/api/v1/pipelines/orders-eu/test-cases/"
	s.do("PUT", cases+"a%20b", `{"name":"a b","events":[{"value":1}]}`).want(http.StatusOK)
	s.do("PUT", cases+"a", `{"name":"b","events":[{"value":1}]}`).problem(http.StatusBadRequest, pipeline.CodeInvalid, "name")
	s.do("PUT", cases+"a", `{"name":"a","events":[]}`).problem(http.StatusBadRequest, pipeline.CodeInvalid, "events")
	s.do("PUT", cases+"a", `{"name":"a","events":[{"value":1}],"expect":[{"outcome":"filtered"},{"outcome":"filtered"}]}`).
		problem(http.StatusBadRequest, pipeline.CodeInvalid, "expect")
	s.do("DELETE", cases+"none", "").problem(http.StatusNotFound, pipeline.CodeNotFound, "case")
	s.do("PUT", "/api/v1/pipelines/none/test-cases/a", `{"name":"a","events":[{"value":1}]}`).problem(http.StatusNotFound, pipeline.CodeNotFound, "name")
}
