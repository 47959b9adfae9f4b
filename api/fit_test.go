package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/pipeline"
)

func TestValidationTriesGeneratedEvents(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.register("orders-value", `{"type":"object"}`)
	type verdict struct {
		Valid bool
		Fit   *struct {
			Events   int
			Outcomes map[string]int
			Problems []struct {
				Pipeline, Stage, Code, Pointer, Rule string
				Count                                int
				Event                                pipeline.TestEvent
			}
		}
	}
	var got verdict
	s.do("POST", "/api/v1/validate?events=5", spec).want(http.StatusOK).into(&got)
	if !got.Valid || got.Fit == nil || got.Fit.Events != 5 || got.Fit.Outcomes["delivered"] != 5 || len(got.Fit.Problems) != 0 {
		t.Errorf("%+v", got)
	}
	// A pipeline whose transform delivers what its outgoing schema refuses.
	got = verdict{}
	s.do("POST", "/api/v1/validate?events=5", with(`"name"`, `"description":"misfits","name"`)).want(http.StatusOK).into(&got)
	if len(got.Fit.Problems) != 1 || got.Fit.Problems[0].Stage != "schema_out" || got.Fit.Problems[0].Pointer != "/x" || got.Fit.Problems[0].Count != 5 ||
		string(got.Fit.Problems[0].Event.Value) != `{"id":9007199254740993}` {
		t.Errorf("%+v", got.Fit)
	}
	// Another one reads the target and wants something else.
	next := strings.NewReplacer(`"orders-eu"`, `"next"`, `{"topic":"orders",`, `{"topic":"orders-clean",`, `orders-value`, `picky`, `"target":{"topic":"orders-clean"}`, `"target":{"topic":"x"}`)
	if _, err := s.rows.Create(t.Context(), parsed(t, next.Replace(spec)), "test"); err != nil {
		t.Fatal(err)
	}
	got = verdict{}
	s.do("POST", "/api/v1/validate?events=3", spec).want(http.StatusOK).into(&got)
	if len(got.Fit.Problems) != 1 || got.Fit.Problems[0].Pipeline != "next" || got.Fit.Problems[0].Stage != "schema_in" || got.Fit.Problems[0].Count != 3 {
		t.Errorf("%+v", got.Fit)
	}
	got = verdict{}
	s.do("POST", "/api/v1/validate?events=3", with(`"topic":"orders"`, `"topic":"none"`)).into(&got)
	if got.Valid || got.Fit == nil || got.Fit.Events != 3 {
		t.Errorf("a topic that is not there kept events from being tried: %+v", got)
	}
	got = verdict{}
	s.do("POST", "/api/v1/validate?events=3", with(`"name":"orders-eu"`, `"name":"A"`)).want(http.StatusOK).into(&got)
	if got.Valid || got.Fit != nil {
		t.Errorf("events were tried on a spec that cannot be rendered: %+v", got)
	}
	s.do("POST", "/api/v1/validate?events=1001", spec).problem(http.StatusBadRequest, pipeline.CodeInvalid, "events")
	s.do("POST", "/api/v1/validate?events=1", with(`,"schema":{"subject":"orders-value","version":1}`, "")).problem(http.StatusBadRequest, pipeline.CodeInvalid, "source.schema")
	s.do("POST", "/api/v1/validate?events=1", with("orders-value", "none")).problem(http.StatusUnprocessableEntity, pipeline.CodeUnknownSchema, "source.schema")
}

func parsed(t *testing.T, body string) pipeline.Spec {
	t.Helper()
	s, err := pipeline.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
