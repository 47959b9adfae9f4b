package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/pipeline"
)

type schemaCheck struct {
	Verdict     string
	Version     int
	Registry    pipeline.Compatibility
	Differences []pipeline.SchemaDifference
	Older       []struct {
		Version     int
		Registry    pipeline.Compatibility
		Differences []pipeline.SchemaDifference
		Reason      string
	}
	OlderLeftOut int `json:"older_left_out"`
	Pipelines    []struct {
		Pipeline, As, Verdict, Reason string
		Version                       pipeline.Version
		Trials                        []struct {
			Of             string
			Version        int
			Events         int
			Outcomes       map[string]int
			OutcomesBefore map[string]int `json:"outcomes_before"`
			Problems       []struct {
				Pipeline, Stage, Code string
				Count, Before         int
				New                   bool
				Event                 pipeline.TestEvent
			}
		}
	}
}

const checkOrders = "/api/v1/schemas/orders-value/check"

// saved makes a pipeline of the spec with some of its text replaced.
func (s *server) saved(name string, oldnew ...string) {
	s.t.Helper()
	body := strings.NewReplacer(append([]string{`"orders-eu"`, `"` + name + `"`}, oldnew...)...).Replace(spec)
	if _, err := s.rows.Create(s.t.Context(), parsed(s.t, body), "test"); err != nil {
		s.t.Fatal(err)
	}
}

func TestCheckTellsWhichPipelinesBreak(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.register("orders-value", `{"type":"object"}`)
	s.register("other-value", `{"type":"object"}`)
	s.saved("a-reads", `"version":1`, `"version":"latest"`)
	s.saved("b-pinned")
	s.saved("c-writes", "orders-value", "other-value", `"target":{"topic":"orders-clean"}`, `"target":{"topic":"x","schema":{"subject":"orders-value"}}`)
	s.saved("d-writes-pinned", "orders-value", "other-value", `"target":{"topic":"orders-clean"}`, `"target":{"topic":"x","schema":{"subject":"orders-value","version":1}}`)
	s.saved("e-writes-blind", `,"schema":{"subject":"orders-value","version":1}`, "", `"target":{"topic":"orders-clean"}`, `"target":{"topic":"x","schema":{"subject":"orders-value"}}`)
	s.saved("f-other", "orders-value", "other-value")

	var got schemaCheck
	s.do("POST", checkOrders, `{"schema":"{\"title\":\"picky\"}","events":7}`).want(http.StatusOK).into(&got)
	if got.Verdict != "breaks" || got.Version != 1 || !got.Registry.Compatible || len(got.Differences) != 1 {
		t.Errorf("%+v", got)
	}
	var verdicts []string
	for _, p := range got.Pipelines {
		verdicts = append(verdicts, p.Pipeline+" "+p.As+" "+p.Verdict)
	}
	want := "a-reads source breaks, b-pinned source unaffected, c-writes target fits, d-writes-pinned target unaffected, e-writes-blind target unknown"
	if strings.Join(verdicts, ", ") != want {
		t.Fatalf("got %s\nwant %s", strings.Join(verdicts, ", "), want)
	}
	reads := got.Pipelines[0].Trials
	if len(reads) != 2 || reads[0].Of != "new" || reads[1].Of != "current" {
		t.Fatalf("%+v", reads)
	}
	for _, trial := range reads {
		if trial.Events != 7 || trial.Outcomes["dropped"] != 7 || trial.OutcomesBefore["delivered"] != 7 || len(trial.Problems) != 1 ||
			!trial.Problems[0].New || trial.Problems[0].Before != 0 || string(trial.Problems[0].Event.Value) != `{"id":9007199254740993}` {
			t.Errorf("%+v", trial)
		}
	}
	if pinned := got.Pipelines[1]; pinned.Version != "1" || len(pinned.Trials) != 1 || !strings.Contains(pinned.Reason, "version 1") {
		t.Errorf("%+v", pinned)
	}
	if blind := got.Pipelines[4]; !strings.Contains(blind.Reason, "no incoming schema") {
		t.Errorf("%+v", blind)
	}
	if list := s.do("GET", "/api/v1/schemas/orders-value", ""); !strings.Contains(string(list.body), `"versions":[1]`) {
		t.Errorf("the check has registered something: %s", list.body)
	}
}

func TestCheckTakesOldProblemsForOld(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.register("orders-value", `{"type":"object"}`)
	s.saved("a", `"version":1`, `"version":"latest"`, `"owner"`, `"description":"misfits","owner"`)
	var got schemaCheck
	s.do("POST", checkOrders, `{"schema":"{}","events":7}`).want(http.StatusOK).into(&got)
	if got.Verdict != "fits" || got.Pipelines[0].Verdict != "fits" {
		t.Fatalf("%+v", got)
	}
	for _, trial := range got.Pipelines[0].Trials {
		if len(trial.Problems) != 1 || trial.Problems[0].New || trial.Problems[0].Before != 7 || trial.Problems[0].Count != 7 {
			t.Errorf("%+v", trial)
		}
	}
}

func TestCheckDoesNotJudgeWhatNoEventReached(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.register("orders-value", `{"type":"object"}`)
	s.register("other-value", `{"type":"object"}`)
	s.saved("a", "orders-value", "other-value", `"target":{"topic":"orders-clean"}`, `"target":{"topic":"x","schema":{"subject":"orders-value"}}`,
		`"owner"`, `"description":"filters","owner"`)
	var got schemaCheck
	s.do("POST", checkOrders, `{"schema":"{}"}`).want(http.StatusOK).into(&got)
	if got.Verdict != "unknown" || got.Pipelines[0].Verdict != "unknown" || !strings.Contains(got.Pipelines[0].Reason, "came through to x") || len(got.Pipelines[0].Trials) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestCheckTriesWhatTheTopicHolds(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.register("orders-value", `{"type":"object"}`)
	s.saved("reads", `"version":1`, `"version":"latest"`)
	s.saved("blind", `"schema":{"subject":"orders-value","version":1}`, `"start":"earliest"`, `"target":{"topic":"orders-clean"}`, `"target":{"topic":"x","schema":{"subject":"orders-value"}}`)
	s.do("POST", "/api/v1/topics/orders/records", `{"records":[{"value":{"id":9007199254740993}},{"value":"bad"}]}`).want(http.StatusOK)
	var got schemaCheck
	s.do("POST", checkOrders, `{"schema":"{}"}`).want(http.StatusOK).into(&got)
	if held := got.Pipelines[1].Trials; len(held) != 3 || held[2].Of != "topic" || held[2].Events != 2 || held[1].Events != 100 {
		t.Errorf("%+v", held)
	}
	trials := got.Pipelines[0].Trials
	if got.Verdict != "fits" || len(trials) != 1 || trials[0].Of != "topic" || trials[0].Events != 2 || trials[0].Outcomes["delivered"] != 1 {
		t.Fatalf("%+v", got)
	}
	if p := trials[0].Problems; len(p) != 1 || p[0].New || string(p[0].Event.Value) != `"bad"` {
		t.Errorf("%+v", p)
	}
}

// refusing is a registry that takes no new version.
type refusing struct{ api.Schemas }

func (refusing) Compatible(context.Context, pipeline.RegisteredSchema) (pipeline.Compatibility, error) {
	return pipeline.Compatibility{Level: "BACKWARD", Messages: []string{"a field without a default"}}, nil
}

func TestCheckSaysWhatTheRegistrySays(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *api.Options) { o.Schemas = refusing{o.Schemas} })
	s.register("orders-value", `{"type":"object"}`)
	var got schemaCheck
	s.do("POST", checkOrders, `{"schema":"{}"}`).want(http.StatusOK).into(&got)
	if got.Verdict != "breaks" || got.Registry.Level != "BACKWARD" || len(got.Registry.Messages) != 1 {
		t.Errorf("%+v", got)
	}
}

// looking is a registry whose rule looks at all versions, and minds one of them.
type looking struct {
	api.Schemas

	minds int
	level string
}

func (l looking) Subject(ctx context.Context, name string) (pipeline.Subject, error) {
	s, err := l.Schemas.Subject(ctx, name)
	s.Compatibility = l.level
	return s, err
}

func (l looking) CompatibleWith(_ context.Context, _ pipeline.RegisteredSchema, version int) (pipeline.Compatibility, error) {
	return pipeline.Compatibility{Compatible: version != l.minds, Messages: []string{}}, nil
}

func TestCheckLooksBack(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, level, ask, verdict string
		older                     string
	}{
		{"a rule about the newest version", "BACKWARD", `{"schema":"{}"}`, "fits", ""},
		{"a rule about all versions", "BACKWARD_TRANSITIVE", `{"schema":"{}"}`, "breaks", "2 true, 1 false"},
		{"on demand", "", `{"schema":"{}","transitive":true}`, "breaks", "2 true, 1 false"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(o *api.Options) { o.Schemas = looking{o.Schemas, 1, tt.level} })
			for _, text := range []string{`{"title":"unguessable"}`, `{"title":"b"}`, `{"title":"c"}`} {
				s.register("orders-value", text)
			}
			s.saved("reads", `"version":1`, `"version":"latest"`)
			// One more than what is tried of the newest.
			records := strings.TrimSuffix(strings.Repeat(`{"value":{"id":1}},`, 101), ",")
			s.do("POST", "/api/v1/topics/orders/records", `{"records":[`+records+`]}`).want(http.StatusOK)
			var got schemaCheck
			s.do("POST", checkOrders, tt.ask).want(http.StatusOK).into(&got)
			var older, trials []string
			for _, o := range got.Older {
				older = append(older, fmt.Sprint(o.Version, " ", o.Registry.Compatible))
				if hard := o.Version == 1; hard != strings.Contains(o.Reason, "guess") || len(o.Differences) != 1 {
					t.Errorf("%+v", o)
				}
			}
			if got.Verdict != tt.verdict || strings.Join(older, ", ") != tt.older || got.Version != 3 || got.OlderLeftOut != 0 {
				t.Errorf("%s, older %s: %+v", got.Verdict, older, got)
			}
			for _, trial := range got.Pipelines[0].Trials {
				trials = append(trials, fmt.Sprint(trial.Of, " ", trial.Version, " ", trial.Events))
			}
			want := "new 0 100, current 0 100, topic 0 100"
			if tt.older != "" {
				want = "new 0 100, current 0 100, older 2 100, topic 0 100, oldest 0 1"
			}
			if strings.Join(trials, ", ") != want {
				t.Errorf("tried %s, want %s", strings.Join(trials, ", "), want)
			}
		})
	}
}

func TestCheckLooksBackOnlySoFar(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *api.Options) { o.Schemas = looking{o.Schemas, 0, "FULL_TRANSITIVE"} })
	for i := range 24 {
		s.register("orders-value", fmt.Sprintf(`{"title":"%d"}`, i))
	}
	s.saved("reads", `"version":1`, `"version":"latest"`)
	var got schemaCheck
	s.do("POST", checkOrders, `{"schema":"{\"title\":\"picky\"}","events":1000}`).want(http.StatusOK).into(&got)
	if len(got.Older) != 20 || got.Older[0].Version != 23 || got.OlderLeftOut != 3 {
		t.Errorf("%d versions, %d left out", len(got.Older), got.OlderLeftOut)
	}
	events := 0
	for _, trial := range got.Pipelines[0].Trials {
		if trial.Of == "older" {
			events += trial.Events
			if len(trial.Problems) != 1 || !trial.Problems[0].New {
				t.Errorf("%+v", trial)
			}
		}
	}
	if events == 0 || events > 1000 {
		t.Errorf("%d events of older versions", events)
	}
}

func TestCheckRefusesWhatIsNoSchema(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.register("orders-value", `{"type":"object"}`)
	s.saved("a", `"version":1`, `"version":"latest"`)
	deep := strings.Repeat(`{\"not\":`, 200) + "{}" + strings.Repeat("}", 200)
	tests := []struct {
		name, path, body string
		status           int
		code             pipeline.Code
		field            string
	}{
		{"nothing", checkOrders, `{}`, 400, pipeline.CodeInvalid, "schema"},
		{"unknown field", checkOrders, `{"text":"{}"}`, 400, pipeline.CodeUnknownField, "text"},
		{"unknown type", checkOrders, `{"schema":"{}","type":"XML"}`, 400, pipeline.CodeInvalid, "type"},
		{"no events", checkOrders, `{"schema":"{}","events":0}`, 400, pipeline.CodeInvalid, "events"},
		{"too many events", checkOrders, `{"schema":"{}","events":1001}`, 400, pipeline.CodeInvalid, "events"},
		{"too large", checkOrders, `{"schema":"` + strings.Repeat(" ", 1<<20+1) + `"}`, 413, pipeline.CodeTooLarge, "schema"},
		{"too deep", checkOrders, `{"schema":"` + deep + `"}`, 400, pipeline.CodeInvalid, "schema"},
		{"no schema", checkOrders, `{"schema":"no schema"}`, 400, pipeline.CodeInvalid, "schema"},
		{"a schema without end", checkOrders, `{"schema":"endless"}`, 422, pipeline.CodeRejected, "schema"},
		{"reference that is not there", checkOrders, `{"schema":"{}","references":[{"name":"a","subject":"none","version":1}]}`, 422, pipeline.CodeUnknownSchema, "references[0]"},
		{"reference to latest", checkOrders, `{"schema":"{}","references":[{"name":"a","subject":"none"}]}`, 400, pipeline.CodeInvalid, "references[0].version"},
		{"unknown subject", "/api/v1/schemas/none/check", `{"schema":"{}"}`, 404, pipeline.CodeNotFound, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := *s
			s.t = t
			s.do("POST", tt.path, tt.body).problem(tt.status, tt.code, tt.field)
		})
	}
	var got schemaCheck
	s.do("POST", checkOrders, `{"schema":"unguessable"}`).want(http.StatusOK).into(&got)
	if got.Verdict != "unknown" || !strings.Contains(got.Pipelines[0].Reason, "guess") {
		t.Errorf("%+v", got)
	}
}
