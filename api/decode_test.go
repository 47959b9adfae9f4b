package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/pipeline"
)

func TestFramedBytesAreShownAsJSON(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.register("avro", `"string"`)
	const records = "/api/v1/topics/orders-dlq/records"
	unknown := "AAAAAGP/" // The id 99, which nobody has.
	s.do("POST", records, `{"records":[{"value_base64":"`+avroBytes+`"},{"value_base64":"`+unknown+`"},{"value":{"a":1}}]}`).want(http.StatusOK)
	got := string(s.do("GET", records, "").want(http.StatusOK).body)
	for _, want := range []string{`"value":` + avroJSON + `,"schema_id":1,"decoded":true`, `"value_base64":"` + unknown + `","schema_id":99`, `"value":{"a":1}`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s does not hold %s", got, want)
		}
	}
	var sample struct{ Events []pipeline.Sample }
	s.do("POST", "/api/v1/sample-events", `{"topic":"orders-dlq"}`).into(&sample)
	if string(sample.Events[0].Event.Value) != avroJSON {
		t.Errorf("the sample is %+v", sample.Events[0].Event)
	}
}

func TestEditedDeadLettersAreEncoded(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.register("avro", `"string"`)
	s.do("POST", "/api/v1/pipelines", with("orders-value", "avro")).want(http.StatusCreated)
	const replay = "/api/v1/pipelines/orders-eu/dead-letters:replay"
	got := s.do("POST", replay, `{"records":[{"partition":0,"offset":1,"value":{"fixed":1}},{"partition":0,"offset":2}]}`).want(http.StatusOK)
	if !strings.Contains(string(got.body), `"replayed":2`) {
		t.Errorf("the edited value was not encoded: %s", got.body)
	}
	s.do("POST", replay, `{"records":[{"partition":0,"offset":1,"value":"bad"}]}`).problem(http.StatusBadRequest, pipeline.CodeInvalid, "records[0]")
	s.do("POST", replay, `{"records":[{"partition":0,"offset":1},{"partition":0,"offset":2,"value":"bad"}]}`).problem(http.StatusBadRequest, pipeline.CodeInvalid, "records[1]")
}

// What a pipeline leaves out of a topic of several types is no matter of what is written.
func TestEditedDeadLettersOfOneTypeAreEncoded(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.register("avro", `"string"`)
	s.do("POST", "/api/v1/pipelines", with(`"orders-value"`, `"avro","others":"filter"`)).want(http.StatusCreated)
	const replay = "/api/v1/pipelines/orders-eu/dead-letters:replay"
	got := s.do("POST", replay, `{"records":[{"partition":0,"offset":1,"value":{"fixed":1}}]}`).want(http.StatusOK)
	if !strings.Contains(string(got.body), `"replayed":2`) {
		t.Errorf("the edited value was not encoded: %s", got.body)
	}
}

// JSON that has to have a frame gets one.
func TestEditedDeadLettersAreFramed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	if _, _, err := s.registry.RegisterSchema("avro", sr.Schema{Type: sr.TypeJSON, Schema: "{}"}); err != nil {
		t.Fatal(err)
	}
	s.do("POST", "/api/v1/pipelines", with(`"orders-value"`, `"avro","framing":"confluent"`)).want(http.StatusCreated)
	const replay = "/api/v1/pipelines/orders-eu/dead-letters:replay"
	got := s.do("POST", replay, `{"records":[{"partition":0,"offset":1,"value":{"fixed":1}}]}`).want(http.StatusOK)
	if !strings.Contains(string(got.body), `"replayed":2`) {
		t.Errorf("the edited value was not framed: %s", got.body)
	}
}
