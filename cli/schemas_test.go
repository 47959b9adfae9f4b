package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// answering is a control plane that gives one answer, and notes what it was last asked.
type answering struct {
	*fake

	path, body string
}

func answers(t *testing.T, answer string) *answering {
	t.Helper()
	a := &answering{fake: &fake{}}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		a.path, a.body = r.URL.RequestURI(), string(b)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(a.Close)
	return a
}

const checkAnswer = `{"subject":"orders-value","version":4,"verdict":"VERDICT","registry":{"compatible":true,"level":"BACKWARD","messages":[]},
"differences":[{"path":"price","kind":"type","message":"was number and is string"}],
"older":[{"version":3,"registry":{"compatible":false,"messages":["reader type mismatch"]},"differences":[{"path":"old","kind":"removed","message":"is gone: it was string, required"}]},
	{"version":1,"registry":{"compatible":true,"messages":[]},"differences":[],"reason":"version 1 cannot be read"}],"older_left_out":5,
"pipelines":[{"pipeline":"orders-eu","as":"source","version":"latest","verdict":"breaks","trials":[
	{"of":"older","version":3,"events":44,"outcomes":{"dead_lettered":44},"outcomes_before":{"delivered":44},"problems":[]},
	{"of":"new","events":120,"outcomes":{"delivered":20,"dead_lettered":100},"outcomes_before":{"delivered":118},"problems":[
		{"stage":"step:gross","code":"step_threw","message":"e.price.toFixed is not a function","count":100,"new":true,"event":{"value":{"id":9007199254740993}}}]}]},
	{"pipeline":"pinned","as":"target","version":3,"verdict":"unaffected","reason":"goes on writing version 3","trials":[]}]}`

func TestSchemaCheckExitsByTheVerdict(t *testing.T) {
	t.Parallel()
	schema := file(t, "orders.avsc", `{"type":"string"}`)
	tests := []struct {
		verdict string
		flags   []string
		code    int
	}{
		{"breaks", nil, ExitFailed}, {"fits", nil, ExitOK}, {"unknown", nil, ExitOK}, {"unknown", []string{"--strict"}, ExitFailed}, {"fits", []string{"--strict"}, ExitOK},
	}
	for _, tt := range tests {
		f := answers(t, strings.Replace(checkAnswer, "VERDICT", tt.verdict, 1))
		args := append([]string{"schemas", "check", "orders-value", "-f", schema}, tt.flags...)
		out, code, err := f.on(t, &App{}, args...)
		if code != tt.code {
			t.Errorf("%s %v: exit code %d (%v)", tt.verdict, tt.flags, code, err)
		}
		for _, want := range []string{"(BACKWARD) takes it", "price was number and is string", "orders-eu", "100 dead_lettered, 20 delivered (as things are: 118 delivered)",
			"100 × step_threw in step:gross: e.price.toFixed", "goes on writing version 3", "1 differences to version 4",
			"1 differences to version 3, for which the registry would refuse it\n  reader type mismatch\n  old is gone: it was string", "44 events of version 3: 44 dead_lettered",
			"0 differences to version 1, for which the registry takes it\n  it could not be compared or tried in full: version 1 cannot be read", "5 versions before those were not looked at"} {
			if !strings.Contains(out, want) {
				t.Errorf("%q is not in\n%s", want, out)
			}
		}
	}
}

func TestSchemaCheckSendsWhatTheFileHolds(t *testing.T) {
	t.Parallel()
	f := answers(t, checkAnswer)
	out, _, err := f.on(t, &App{Stdin: strings.NewReader(`syntax = "proto3";`)}, "schemas", "check", "a/b:c", "-f", "-", "--type", "protobuf",
		"--reference", "common.proto=team:common:3", "--events", "7", "--transitive", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	if f.path != "/api/v1/schemas/a%2Fb:c/check" ||
		f.body != `{"schema":"syntax = \"proto3\";","type":"PROTOBUF","references":[{"name":"common.proto","subject":"team:common","version":3}],"events":7,"transitive":true}`+"\n" {
		t.Errorf("%s was asked %s", f.path, f.body)
	}
	if !json.Valid([]byte(out)) || !strings.Contains(out, `"id": 9007199254740993`) {
		t.Errorf("got %s", out)
	}
	if _, code, _ := f.on(t, &App{Stdin: strings.NewReader("{}")}, "schemas", "check", "s", "-f", "-", "--events", "0"); code != ExitUsage {
		t.Errorf("--events 0: exit code %d", code)
	}
	for _, wrong := range []string{"x", "x=y", "x=y:z"} {
		if _, code, _ := f.on(t, &App{Stdin: strings.NewReader("{}")}, "schemas", "check", "s", "-f", "-", "--reference", wrong); code != ExitUsage {
			t.Errorf("--reference %s: exit code %d", wrong, code)
		}
	}
}

func TestValidateListsProblemsAndEvents(t *testing.T) {
	t.Parallel()
	f := answers(t, `{"valid":false,"errors":[{"code":"unknown_topic","field":"source.topic","message":"there is no topic in"},
		{"code":"missing_topic","field":"target.topic","message":"there is none yet","warning":true}],
		"fit":{"events":12,"outcomes":{"delivered":11,"dead_lettered":1},"problems":[{"pipeline":"next","stage":"schema_in","code":"schema_violation","message":"at /x: is missing","count":1,"event":{"value":{}}}]}}`)
	// What is wrong in the spec alone is for the server to say, too.
	spec := strings.NewReplacer("{topic: in}", "{topic: in, schema: {subject: s}}", "name: orders", "name: Orders").Replace(orders)
	out, code, err := f.on(t, &App{}, "pipelines", "validate", "-f", file(t, "orders.yaml", spec), "--events", "10")
	if code != ExitFailed || f.path != "/api/v1/validate?events=10" {
		t.Errorf("exit code %d (%v) of %s", code, err, f.path)
	}
	for _, want := range []string{"source.topic  there is no topic in", "warning: there is none yet", "12 events: 1 dead_lettered, 11 delivered",
		"1 × schema_violation in pipeline next, schema_in: at /x: is missing"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	f = answers(t, `{"valid":true,"errors":[]}`)
	if out, code, err := f.on(t, &App{}, "pipelines", "validate", "-f", file(t, "orders.yaml", orders)); code != ExitOK || !strings.Contains(out, "nothing is wrong") {
		t.Errorf("exit code %d (%v), got %q", code, err, out)
	}
}
