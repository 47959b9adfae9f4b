package dryrun_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inflect-dev/inflect/configgen/dryrun"
	"github.com/inflect-dev/inflect/pipeline"
)

// patience is how long a child has on a busy machine.
const patience = 4 * time.Minute

// hangs is the end of a script that has to be ended.
const hangs = "exec sleep 3600"

// script is a child that does what a shell script says, and has less time when that hangs: enough to begin. Children with
// the real plugins are in tests/integration.
func script(text string) dryrun.Child {
	child := dryrun.Child{Command: []string{"sh", "-c", text}, Timeout: patience}
	if strings.HasSuffix(text, hangs) {
		child.Timeout = 5 * time.Second
	}
	return child
}

func TestTrialTellsAtWhichEventAChildDied(t *testing.T) {
	t.Parallel()
	const one = `echo '{"result":{"outcome":"delivered","stages":[{"stage":"step:b","outcome":"ok","duration_us":1}],"records":[]}}';`
	tests := []struct{ name, script, field, want string }{
		{"it hangs", one + hangs, "events[1]", "took too long"},
		{"it is killed", one + `kill -9 $$`, "events[1]", "killed"},
		{"it is killed while it writes", one + `printf '{"result":{"outco'; kill -9 $$`, "events[1]", "killed"},
		{"it panics", one + `echo "panic: out of memory" >&2; exit 2`, "events[1]", "panic: out of memory"},
		{"it says what is wrong", `echo '{"error":{"code":"bad_transform","message":"no such export","file":"a.ts","line":3}}'`, "", "no such export"},
		{"there is no such program", "", "", "cannot be started"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			child := script(tt.script)
			if tt.script == "" {
				child.Command = []string{"/nonexistent"}
			}
			req := dryrun.Request{Events: make([]pipeline.TestEvent, 2)}
			began := time.Now()
			_, err := dryrun.Trial(t.Context(), child, req, []string{"step:a", "step:b"})
			var e *pipeline.Error
			if !errors.As(err, &e) || e.Field != tt.field || !strings.Contains(e.Message, tt.want) {
				t.Errorf("%v (field %q), want %q at %s", err, e.Field, tt.want, tt.field)
			}
			if took := time.Since(began); took > patience {
				t.Errorf("the child was given %v", took)
			}
		})
	}
}

func TestTrialCompletesStages(t *testing.T) {
	t.Parallel()
	child := script(`cat >/dev/null; echo '{"result":{"outcome":"filtered","stages":[{"stage":"step:b","outcome":"filtered","duration_us":1}],"records":[]}}'`)
	got, err := dryrun.Trial(t.Context(), child, dryrun.Request{Events: make([]pipeline.TestEvent, 1)}, []string{"step:a", "step:b", "schema_out"})
	if err != nil {
		t.Fatal(err)
	}
	want := []pipeline.StageResult{
		{Stage: "step:a", Outcome: "not_reached"}, {Stage: "step:b", Outcome: "filtered", DurationUS: 1}, {Stage: "schema_out", Outcome: "not_reached"},
	}
	if diff := cmp.Diff(want, got[0].Stages); diff != "" {
		t.Error(diff)
	}
}

func TestEventsReachTheChildVerbatim(t *testing.T) {
	t.Parallel()
	const value = `{"id":12345678901234567890,"x":1.50,"html":"<b>&","e":1e2,"z":0,"a":-0}`
	child := script(`grep -qF '` + value + `' && echo '{"result":{"outcome":"delivered","stages":[],"records":[]}}'`)
	req := dryrun.Request{Events: []pipeline.TestEvent{{Value: json.RawMessage(value)}}}
	if _, err := dryrun.Trial(t.Context(), child, req, nil); err != nil {
		t.Errorf("the value was rewritten on the way: %v", err)
	}
}

func TestCheckTellsConfigsFromAccidents(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, script, problem, err string }{
		{"nothing is wrong", `cat >/dev/null; echo '{"problems":null}'`, "", ""},
		{"something is wrong", `echo '{"problems":[{"code":"rejected","message":"no such field"}]}'`, "no such field", ""},
		{"the child dies of it", `kill -9 $$`, "broke down", ""},
		{"the child hangs", hangs, "took too long", ""},
		{"the child talks nonsense", `echo hello`, "", "no JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			problems, err := dryrun.Linter{Child: script(tt.script)}.Check(t.Context(), []byte("input: {}"))
			if (tt.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if (tt.problem == "") != (len(problems) == 0) || !strings.Contains(problems.Error(), tt.problem) {
				t.Errorf("problems %v, want %q", problems, tt.problem)
			}
		})
	}
}

func TestChildrenWaitForASlot(t *testing.T) {
	t.Parallel()
	child := script(`echo '{"problems":null}'`)
	child.Slots = make(chan struct{}, 1)
	child.Slots <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := (dryrun.Linter{Child: child}).Check(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second child was started: %v", err)
	}
	<-child.Slots
	if _, err := (dryrun.Linter{Child: child}).Check(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
