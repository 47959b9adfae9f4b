package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReplayAsksForWhatTheFlagsSay(t *testing.T) {
	t.Parallel()
	mended := file(t, "mended.json", `{"id":9007199254740993}`)
	bytes := file(t, "bytes", "\x00\x01")
	tests := []struct {
		flags []string
		want  string
	}{
		{[]string{"--all", "--to", "pipeline"}, `{"all":true,"to":"pipeline"}`},
		{[]string{"--group", "f", "--rate", "2.5", "--max-attempts", "4"}, `{"fingerprint":"f","rate":2.5,"max_attempts":4}`},
		{[]string{"--id", "0@17", "--id", "3@9"}, `{"records":[{"partition":0,"offset":17},{"partition":3,"offset":9}]}`},
		{[]string{"--id", "0@17", "--value-file", mended, "--to", "source"}, `{"records":[{"partition":0,"offset":17,"value":{"id":9007199254740993}}],"to":"source"}`},
		{[]string{"--id", "0@17", "--value-file", bytes}, `{"records":[{"partition":0,"offset":17,"value_base64":"AAE="}]}`},
	}
	for _, tt := range tests {
		f := answers(t, `{"replayed":1,"already_replayed":2,"loop_guard":3,"not_found":0,"refused":0,"remaining":0}`)
		out, code, err := f.on(t, &App{}, append([]string{"dlq", "replay", "orders"}, tt.flags...)...)
		if code != ExitOK || strings.TrimSpace(f.body) != tt.want || f.path != "/api/v1/pipelines/orders/dead-letters:replay" {
			t.Errorf("%v: exit code %d (%v), %s was asked %s", tt.flags, code, err, f.path, f.body)
		}
		if want := "1 sent once more, 2 were before, 3 left alone by the loop guard\n"; out != want {
			t.Errorf("got %q", out)
		}
	}
	for _, flags := range [][]string{nil, {"--all", "--group", "f"}, {"--id", "17"}, {"--id", "-1@2"}, {"--all", "--to", "target"},
		{"--all", "--value-file", mended}, {"--id", "0@1", "--id", "0@2", "--value-file", mended}} {
		f := answers(t, `{}`)
		if _, code, err := f.on(t, &App{}, append([]string{"dlq", "replay", "orders"}, flags...)...); code != ExitUsage || f.path != "" {
			t.Errorf("%v: exit code %d (%v)", flags, code, err)
		}
	}
}

func TestReplayFailsWhenSomethingWasLeft(t *testing.T) {
	t.Parallel()
	f := answers(t, `{"replayed":1,"already_replayed":0,"loop_guard":0,"not_found":1,"refused":2,"remaining":0}`)
	out, code, _ := f.on(t, &App{}, "dlq", "replay", "orders", "--id", "0@1")
	if code != ExitFailed || !strings.Contains(out, "1 are not there, 2 cannot be sent that way") {
		t.Errorf("exit code %d, got %q", code, out)
	}
}

func TestReplayThatBreaksOffSaysWhatWasSent(t *testing.T) {
	t.Parallel()
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls > 1 {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, `{"code":"stale","detail":"another replay has begun"}`)
			return
		}
		_, _ = io.WriteString(w, `{"replayed":10000,"already_replayed":0,"loop_guard":0,"not_found":0,"refused":0,"remaining":7}`)
	}))
	defer server.Close()
	out, code, err := (&fake{Server: server}).on(t, &App{}, "dlq", "replay", "orders", "--all")
	if code == ExitOK || err == nil || out != "10000 sent once more, 7 remain\n" {
		t.Errorf("exit code %d (%v), got %q", code, err, out)
	}
}

func TestListSaysWhenNotAllWereCounted(t *testing.T) {
	t.Parallel()
	for _, complete := range []string{"true", "false"} {
		f, a := answers(t, `{"topic":"orders-dlq","scanned":20000,"complete":`+complete+`,"groups":[]}`), &App{}
		if _, code, err := f.on(t, a, "dlq", "list", "orders"); code != ExitOK {
			t.Fatal(err)
		}
		said := fmt.Sprint(a.Stderr)
		if strings.Contains(said, "of the newest 20000 records of topic orders-dlq; older ones are not counted") != (complete == "false") {
			t.Errorf("complete %s: %q", complete, said)
		}
	}
}

func TestShownDeadLetterIsItsValue(t *testing.T) {
	t.Parallel()
	// What is saved and what is at work need not name the same topic; replay means the latter.
	record := `{"name":"orders","dlq":{"topic":"saved"},"topic":"orders-dlq","items":[{"partition":0,"offset":17,"timestamp":"2026-01-01T00:00:00Z","key":null,"headers":[],"size":9,VALUE}]}`
	for value, want := range map[string]string{`"value":{"id":9007199254740993}`: `{"id":9007199254740993}`, `"value_base64":"AAE="`: "\x00\x01"} {
		f := answers(t, strings.Replace(record, "VALUE", value, 1))
		if out, _, err := f.on(t, &App{}, "dlq", "show", "orders", "0@17"); out != want || f.path != "/api/v1/topics/orders-dlq/records?limit=1&offset=17&partition=0" {
			t.Errorf("got %q of %s (%v)", out, f.path, err)
		}
	}
	f := answers(t, strings.Replace(record, "VALUE", `"value":1`, 1))
	if out, code, _ := f.on(t, &App{}, "dlq", "show", "orders", "0@17", "-o", "table"); code != ExitUsage || out != "" {
		t.Errorf("as a table: exit code %d, got %q", code, out)
	}
	for value, place := range map[string]string{`"value":1`: "0@16", `"tombstone":true`: "0@17", `"truncated":true`: "0@17"} {
		f := answers(t, strings.Replace(record, "VALUE", value, 1))
		if out, code, _ := f.on(t, &App{}, "dlq", "show", "orders", place); code != ExitFailed || out != "" {
			t.Errorf("%s: exit code %d, got %q", value, code, out)
		}
	}
}
