package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

const sampleAnswer = `{"events":[{"event":{"value":{"id":9007199254740993}}},{"event":{"value":{"id":0}},"note":"/id is 0"},
	{"event":{"value":null},"note":"the event is null","invalid":true},{"event":{"tombstone":true}}]}`

func TestSampleSaysWhatIsSpecial(t *testing.T) {
	t.Parallel()
	tests := []struct{ format, want string }{
		{"lines", "{\"id\":9007199254740993}\n{\"id\":0}\nnull\n"},
		{"table", "FITS  WHAT               EVENT\nyes                      {\"id\":9007199254740993}\nyes   /id is 0           {\"id\":0}\nno    the event is null  null\nyes\n"},
	}
	for _, tt := range tests {
		f := answers(t, sampleAnswer)
		out, code, err := f.on(t, &App{}, "topics", "sample", "--schema", "orders-value", "--near-misses", "--seed", "7", "--count", "3", "-o", tt.format)
		if code != ExitOK || out != tt.want {
			t.Errorf("%s: exit code %d (%v), got\n%s", tt.format, code, err, out)
		}
		if want := `{"schema":{"subject":"orders-value","version":"latest"},"count":3,"seed":7,"near_misses":true}`; strings.TrimSpace(f.body) != want {
			t.Errorf("asked for %s, want %s", f.body, want)
		}
	}
	f := answers(t, sampleAnswer)
	out, _, err := f.on(t, &App{}, "topics", "sample", "orders", "-o", "json")
	var samples []struct{ Invalid bool }
	if err != nil || json.Unmarshal([]byte(out), &samples) != nil || len(samples) != 4 || !samples[2].Invalid {
		t.Errorf("got %s (%v)", out, err)
	}
}

func TestSampleOfNearMissesAlone(t *testing.T) {
	t.Parallel()
	f := answers(t, sampleAnswer)
	if _, code, err := f.on(t, &App{}, "topics", "sample", "--schema", "orders-value", "--near-misses", "--count", "0"); code != ExitOK ||
		!strings.Contains(f.body, `"count":0,`) {
		t.Errorf("exit code %d, sent %s: %v", code, f.body, err)
	}
}

func TestSampleRefusesWhatWouldChangeNothing(t *testing.T) {
	t.Parallel()
	tests := []struct{ line, want string }{
		{"", "name one topic"},
		{"orders --schema orders-value", "either a topic or --schema"},
		{"orders --seed 3", "--seed is about events that are generated"},
		{"orders --near-misses", "--near-misses is about"},
		{"--schema orders-value --count 0", "at least 1"},
		{"--schema orders-value --count -1 --edge-cases", "at least 1"},
		{"orders --count 0", "at least 1"},
	}
	for _, tt := range tests {
		f := answers(t, sampleAnswer)
		_, code, err := f.on(t, &App{}, append([]string{"topics", "sample"}, strings.Fields(tt.line)...)...)
		if code != ExitUsage || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: exit code %d: %v", tt.line, code, err)
		}
		if f.path != "" {
			t.Errorf("%s: the server was asked", tt.line)
		}
	}
}
