package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/pipeline"
)

func TestTopicsSayWhoUsesThem(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.create()
	s.do("POST", "/api/v1/pipelines", strings.Replace(with(`"topic":"orders-clean"`, `"topic":"orders-other"`), "orders-eu", "b", 1)).want(http.StatusCreated)
	var topic pipeline.Topic
	s.do("GET", "/api/v1/topics/orders", "").want(http.StatusOK).into(&topic)
	if len(topic.Partitions) != 2 || len(topic.UsedBy) != 2 || topic.UsedBy[1] != (pipeline.Use{Pipeline: "orders-eu", As: "source"}) {
		t.Errorf("%+v", topic)
	}
	s.do("GET", "/api/v1/topics/orders-dlq", "").into(&topic)
	if len(topic.UsedBy) != 2 || topic.UsedBy[0].As != "dlq" {
		t.Errorf("%+v", topic.UsedBy)
	}
	s.do("GET", "/api/v1/topics/none", "").problem(http.StatusNotFound, pipeline.CodeNotFound, "")
	var page pipeline.Page[pipeline.TopicSummary]
	s.do("GET", "/api/v1/topics?search=CLEAN", "").into(&page)
	if len(page.Items) != 1 || page.Items[0].Name != "orders-clean" {
		t.Errorf("%+v", page)
	}
	s.do("GET", "/api/v1/topics?limit=2", "").into(&page)
	if len(page.Items) != 2 || page.Next != "orders-clean" {
		t.Errorf("%+v", page)
	}
	s.do("GET", "/api/v1/topics?cursor="+page.Next, "").into(&page)
	if len(page.Items) != 1 || page.Items[0].Name != "orders-dlq" {
		t.Errorf("%+v", page)
	}
}

func TestRecordsComeBackAsTheyWereSent(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const records = "/api/v1/topics/orders-dlq/records"
	sent := `{"records":[{"key":"k","headers":{"h":"v"},"value":{"id":9007199254740993,"x":1.0,"s":"<&>"}},{"value_base64":"/wA="},{"tombstone":true},{"value":null},{"value":"text"}]}`
	s.do("POST", records, sent).want(http.StatusOK)
	got := s.do("GET", records, "").want(http.StatusOK)
	for _, want := range []string{`"value":{"id":9007199254740993,"x":1.0,"s":"<&>"}`, `"value_base64":"/wA="`, `"tombstone":true`, `"value":null`, `"value":"text"`,
		`"headers":[{"name":"h","value":"v"}]`} {
		if !strings.Contains(string(got.body), want) {
			t.Errorf("%s does not hold %s", got.body, want)
		}
	}
	var sample struct{ Events []pipeline.Sample }
	s.do("POST", "/api/v1/sample-events", `{"topic":"orders-dlq","count":5}`).into(&sample)
	if len(sample.Events) != 5 || string(sample.Events[0].Event.Value) != `{"id":9007199254740993,"x":1.0,"s":"<&>"}` || *sample.Events[0].Event.Key != "k" ||
		sample.Events[1].Event.ValueBase64 != "/wA=" || !sample.Events[2].Event.Tombstone || *sample.Events[4].Offset != 4 {
		t.Errorf("%+v", sample.Events)
	}
}

func TestRecordsAreWrittenByASchema(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const records = "/api/v1/topics/orders/records"
	s.do("POST", records, `{"schema":{"subject":"orders-value"},"records":[{"value":{"ok":1}}]}`).want(http.StatusOK)
	got := s.do("POST", records, `{"schema":{"subject":"orders-value"},"records":[{"value":{"ok":2}},{"value":"bad"}]}`).
		problem(http.StatusBadRequest, pipeline.CodeInvalid, "records[1]")
	if !strings.Contains(string(got.body), "/x must be a number") {
		t.Errorf("the reason is missing: %s", got.body)
	}
	if all := s.do("GET", records, ""); strings.Contains(string(all.body), `"ok":2`) {
		t.Error("one of two records was written, although the other does not conform")
	}
	s.do("POST", records, `{"schema":{"subject":""},"records":[{"value":1}]}`).problem(http.StatusBadRequest, pipeline.CodeInvalid, "target.schema.subject")
}

func TestRecordQueriesAreChecked(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for query, field := range map[string]string{"offset=1": "partition", "partition=0&offset=1&time=2026-01-31T12:00:00Z": "time", "time=noon": "time",
		"partition=-1": "partition", "partition=7": "partition", "offset=x&partition=0": "offset"} {
		s.do("GET", "/api/v1/topics/orders/records?"+query, "").problem(http.StatusBadRequest, pipeline.CodeInvalid, field)
	}
	for field, body := range map[string]string{"records": `{"records":[]}`, "records[0]": `{"records":[{}]}`, "records[0].value_base64": `{"records":[{"value_base64":"?"}]}`} {
		s.do("POST", "/api/v1/topics/orders/records", body).problem(http.StatusBadRequest, pipeline.CodeInvalid, field)
	}
	s.do("POST", "/api/v1/topics/orders/records", `{"records":[{"value":1,"partition":3}]}`).problem(http.StatusBadRequest, pipeline.CodeUnknownField, "partition")
	s.do("POST", "/api/v1/topics/none/records", `{"records":[{"value":1}]}`).problem(http.StatusNotFound, pipeline.CodeNotFound, "")
}

func TestSubjectsWithSlashes(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.register("a/b#c", `{"type":"object"}`)
	var subject pipeline.Subject
	s.do("GET", "/api/v1/schemas/a%2Fb%23c", "").want(http.StatusOK).into(&subject)
	if subject.Subject != "a/b#c" || subject.Latest.Version != 1 {
		t.Errorf("%+v", subject)
	}
	s.do("GET", "/api/v1/schemas/a%2Fb%23c/versions/1", "").want(http.StatusOK)
	s.do("GET", "/api/v1/schemas/a%2Fb%23c/versions/2", "").problem(http.StatusNotFound, pipeline.CodeNotFound, "")
	s.do("GET", "/api/v1/schemas/a%2Fb%23c/versions/x", "").problem(http.StatusBadRequest, pipeline.CodeInvalid, "version")
	s.do("GET", "/api/v1/schemas/none", "").problem(http.StatusNotFound, pipeline.CodeNotFound, "")
}

func TestTransformsSayWhoUsesThem(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.create()
	s.do("POST", "/api/v1/pipelines", strings.Replace(with("orders.ts#keepPaid", "lib/dates.ts"), "orders-eu", "b", 1)).want(http.StatusCreated)
	var all struct {
		Items []struct {
			ID, Source string
			Params     json.RawMessage
			UsedBy     []pipeline.Use `json:"used_by"`
		}
		Errors pipeline.Errors
	}
	s.do("GET", "/api/v1/transforms", "").into(&all)
	if len(all.Items) != 2 || all.Items[0].UsedBy[0] != (pipeline.Use{Pipeline: "b", As: "steps[0]"}) || all.Items[1].UsedBy[0].Pipeline != "orders-eu" ||
		all.Items[0].Source != "" || len(all.Errors) != 1 || all.Errors[0].File != "broken.ts" {
		t.Errorf("%+v", all)
	}
	s.do("GET", "/api/v1/transforms?search=paid", "").into(&all)
	if len(all.Items) != 1 {
		t.Errorf("%+v", all)
	}
	var one struct{ ID, Source string }
	s.do("GET", "/api/v1/transforms/lib%2Fdates.ts%23default", "").want(http.StatusOK).into(&one)
	if one.Source == "" {
		t.Error("no source")
	}
	s.do("GET", "/api/v1/transforms/none.ts%23x", "").problem(http.StatusNotFound, pipeline.CodeNotFound, "id")
}

func TestDeadLetterRequestsAreChecked(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.create()
	const letters = "/api/v1/pipelines/orders-eu/dead-letters"
	tests := []struct{ body, field string }{
		{`{}`, ""},
		{`{"all":true,"fingerprint":"f"}`, ""},
		{`{"all":true,"rate":-1}`, "rate"},
		{`{"all":true,"rate":1e-10}`, "rate"},
		{`{"all":true,"to":"elsewhere"}`, "to"},
		{`{"all":true,"limit":-1}`, "limit"},
		{`{"all":true,"max_attempts":101}`, "max_attempts"},
		{`{"records":[{"partition":-1,"offset":0}]}`, "records[0]"},
		{`{"records":[{"partition":0,"offset":0,"value":1,"value_base64":""}]}`, "records[0]"},
		{`{"records":[{"partition":0,"offset":0,"value":1},{"partition":0,"offset":1},{"partition":0,"offset":0}]}`, "records[2]"},
		{`{"records":[{"partition":0,"offset":0,"value_base64":"?"}]}`, "records[0].value_base64"},
	}
	for i, tt := range tests {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			s := *s
			s.t = t
			s.do("POST", letters+":replay", tt.body).problem(http.StatusBadRequest, pipeline.CodeInvalid, tt.field)
		})
	}
	s.do("GET", letters+"?scan=0", "").problem(http.StatusBadRequest, pipeline.CodeInvalid, "scan")
	s.do("POST", "/api/v1/pipelines", strings.Replace(with(`,"dlq":{"topic":"orders-dlq"}`, ""), "orders-eu", "none", 1)).want(http.StatusCreated)
	s.do("GET", "/api/v1/pipelines/none/dead-letters", "").problem(http.StatusNotFound, pipeline.CodeNotFound, "dlq")
	s.do("POST", letters+":replay", `{"all":true}`).want(http.StatusOK)
	if audit := s.do("GET", "/api/v1/audit?pipeline=orders-eu&limit=1", ""); !strings.Contains(string(audit.body), "replay_dead_letters") {
		t.Errorf("audit %s", audit.body)
	}
}

// broken sends two, and then its requester has gone.
type broken struct {
	letters

	leave context.CancelFunc
}

func (b broken) Replay(ctx context.Context, _ pipeline.Pipeline, _ pipeline.DeadLetterReplay) (pipeline.DeadLetterReplayed, error) {
	b.leave()
	return pipeline.DeadLetterReplayed{Replayed: 2}, ctx.Err()
}

// patient refuses who has gone, as a database does.
type patient struct{ *rows }

func (p patient) Note(ctx context.Context, name, actor, action string, details any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.rows.Note(ctx, name, actor, action, details)
}

func TestReplayThatBreaksOffIsInTheAudit(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var options api.Options
	s := serve(t, func(o *api.Options) {
		o.DeadLetters, o.Audit = broken{leave: leave}, patient{o.Audit.(*rows)}
		options = *o
	})
	s.create()
	handler, err := api.New(options)
	if err != nil {
		t.Fatal(err)
	}
	defer handler.End()
	r := httptest.NewRequestWithContext(ctx, "POST", "http://localhost/api/v1/pipelines/orders-eu/dead-letters:replay", strings.NewReader(`{"all":true}`))
	r.Header.Set("Content-Type", "application/json")
	handler.ServeHTTP(httptest.NewRecorder(), r)
	if audit := s.do("GET", "/api/v1/audit?pipeline=orders-eu&limit=1", ""); !strings.Contains(string(audit.body), `"replayed":2`) {
		t.Errorf("two dead letters were sent, but the audit is %s", audit.body)
	}
}

// read notes which revisions dead letters were looked for and replayed of.
type read struct {
	letters

	topics    []string
	revisions []int64
}

func (r *read) List(ctx context.Context, s pipeline.Spec, q pipeline.DeadLetterQuery) (pipeline.DeadLetters, error) {
	r.topics = append(r.topics, s.DLQ.Topic)
	return r.letters.List(ctx, s, q)
}

func (r *read) Replay(ctx context.Context, p pipeline.Pipeline, q pipeline.DeadLetterReplay) (pipeline.DeadLetterReplayed, error) {
	r.topics, r.revisions = append(r.topics, p.DLQ.Topic), append(r.revisions, p.Revision)
	return r.letters.Replay(ctx, p, q)
}

func TestDeadLettersAreThoseOfWhatIsAtWork(t *testing.T) {
	t.Parallel()
	asked := &read{}
	s := serve(t, func(o *api.Options) { o.DeadLetters = asked })
	s.create()
	const letters, replay = "/api/v1/pipelines/orders-eu/dead-letters", `{"all":true,"to":"pipeline"}`
	both := func() {
		t.Helper()
		s.do("GET", letters, "").want(http.StatusOK)
		s.do("POST", letters+":replay", replay).want(http.StatusOK)
	}
	both()
	s.rows.ran("orders-eu", 1)
	s.do("PUT", "/api/v1/pipelines/orders-eu", with("orders-dlq", "others"), "If-Match", "*").want(http.StatusOK)
	both()
	s.rows.ran("orders-eu", 2)
	both()
	if want := []int64{1, 1, 2}; !slices.Equal(asked.revisions, want) {
		t.Errorf("replayed through %v, want %v", asked.revisions, want)
	}
	if want := []string{"orders-dlq", "orders-dlq", "orders-dlq", "orders-dlq", "others", "others"}; !slices.Equal(asked.topics, want) {
		t.Errorf("read %q, want %q", asked.topics, want)
	}
}
