package integration

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/api/catalog"
	"github.com/inflect-dev/inflect/configgen"
	"github.com/inflect-dev/inflect/configgen/dryrun"
	"github.com/inflect-dev/inflect/configgen/render"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

// bench runs trials as the server does: real child processes, a real registry, no broker.
type bench struct {
	configgen.Runner

	checker  configgen.Checker
	dir      string
	registry string
	schemas  *sr.Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir(), registry: parts.Registry(t).URL()}
	registry, err := catalog.OpenRegistry(catalog.RegistryOptions{URLs: []string{b.registry}, Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	if b.schemas, err = registryClient(b.registry); err != nil {
		t.Fatal(err)
	}
	child := func(command string) dryrun.Child {
		return dryrun.Child{Command: []string{parts.Inflect(t), command}, Env: []string{"INFLECT_REGISTRY=" + b.registry}, Timeout: patience}
	}
	gate := &configgen.Gate{Transforms: b.dir, Schemas: registry, Linter: dryrun.Linter{Child: child("check")},
		Render: render.Settings{Brokers: []string{"127.0.0.1:1"}}}
	b.Runner, b.checker = configgen.Runner{Gate: gate, Child: child("dryrun")}, configgen.Checker{Gate: gate}
	return b
}

func (b *bench) schema(t *testing.T, kind sr.SchemaType, text string) *pipeline.Schema {
	t.Helper()
	subject := parts.Unique("trial")
	if _, err := b.schemas.CreateSchema(t.Context(), subject, sr.Schema{Schema: text, Type: kind}); err != nil {
		t.Fatal(err)
	}
	return &pipeline.Schema{Subject: subject, Version: pipeline.Latest}
}

func (b *bench) run(t *testing.T, s pipeline.Spec, events ...pipeline.TestEvent) []pipeline.TestResult {
	t.Helper()
	results, err := b.Run(t.Context(), pipeline.Pipeline{Spec: s}, events)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func trialSpec(steps ...pipeline.Step) pipeline.Spec {
	return pipeline.Spec{Name: "trial", Source: pipeline.Source{Topic: "in"}, Steps: steps,
		Target: pipeline.Target{Topic: "out"}, DLQ: &pipeline.Target{Topic: "dlq"}}
}

func code(name string, kind pipeline.Kind, text string) pipeline.Step {
	return pipeline.Step{Name: name, Kind: kind, Code: text}
}

func jsonEvent(value string) pipeline.TestEvent {
	return pipeline.TestEvent{Value: json.RawMessage(value)}
}

// told is a result in one line: the outcome, the stages' outcomes, the records.
func told(r pipeline.TestResult) string {
	out := []string{r.Outcome}
	for _, s := range r.Stages {
		out = append(out, s.Stage+"="+s.Outcome)
	}
	for _, rec := range r.Records {
		value := string(rec.Value)
		if rec.Tombstone {
			value = "null!"
		}
		if rec.Key != nil {
			value = *rec.Key + ":" + value
		}
		out = append(out, rec.Topic+"<"+value)
	}
	return strings.Join(out, " ")
}

func TestTrialOutcomes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	keep := code("keep", pipeline.Filter, "(e) => e.keep")
	add := code("add", pipeline.Transform, "(e) => ({...e, n: 1})")
	thrower := code("throws", pipeline.Transform, "(e) => { if (e.bad) throw new Error('no good'); return e }")
	drop, stop, pass := trialSpec(thrower), trialSpec(thrower), trialSpec(keep, add)
	drop.DLQ, drop.OnError = nil, pipeline.Drop
	stop.DLQ = nil
	routes := trialSpec(code("route", pipeline.Transform, "(e, ctx) => { ctx.emit({a: e.a}, {topic: 'eu', key: 'k'}); return e.both ? e : null }"))
	routes.Outputs = map[string]pipeline.Target{"eu": {Topic: "out-eu"}}
	dropsNull := trialSpec(add)
	dropsNull.Tombstones = pipeline.DropTombstones
	onNull := trialSpec(code("make", pipeline.Transform, "(e) => ({was: e})"))
	onNull.Tombstones = pipeline.Steps
	key := "k1"
	tests := []struct {
		name  string
		spec  pipeline.Spec
		event pipeline.TestEvent
		want  string
	}{
		{"delivered", pass, jsonEvent(`{"keep":true,"id":12345678901234567890,"x":1.50}`),
			`delivered step:keep=ok step:add=ok out<{"keep":true,"id":12345678901234567890,"x":1.5,"n":1}`},
		{"with its key", pass, pipeline.TestEvent{Key: &key, Value: json.RawMessage(`{"keep":1}`)}, `delivered step:keep=ok step:add=ok out<k1:{"keep":1,"n":1}`},
		{"filtered", pass, jsonEvent(`{"keep":0}`), `filtered step:keep=filtered step:add=not_reached`},
		{"filters alone leave the bytes", trialSpec(keep), jsonEvent(`{"keep":1,"x":1.50,"e":1e2}`), `delivered step:keep=ok out<{"keep":1,"x":1.50,"e":1e2}`},
		{"dead-lettered", trialSpec(thrower, add), jsonEvent(`{"bad":1}`), `dead_lettered step:throws=failed step:add=not_reached dlq<{"bad":1}`},
		{"dropped", drop, jsonEvent(`{"bad":1}`), `dropped step:throws=failed`},
		{"stopped", stop, jsonEvent(`{"bad":1}`), `stopped step:throws=failed`},
		{"not JSON", trialSpec(add), pipeline.TestEvent{ValueBase64: base64.StdEncoding.EncodeToString([]byte("{nope"))}, `dead_lettered step:add=failed dlq<`},
		{"a tombstone passes", pass, pipeline.TestEvent{Key: &key, Tombstone: true}, `delivered step:keep=not_reached step:add=not_reached out<k1:null!`},
		{"a tombstone is dropped", dropsNull, pipeline.TestEvent{Tombstone: true}, `filtered step:add=not_reached`},
		{"something is made of a tombstone", onNull, pipeline.TestEvent{Tombstone: true}, `delivered step:make=ok out<{"was":null}`},
		{"emitted", routes, jsonEvent(`{"a":1}`), `delivered step:route=ok out-eu<k:{"a":1}`},
		{"emitted and returned", routes, jsonEvent(`{"a":1,"both":1}`), `delivered step:route=ok out-eu<k:{"a":1} out<{"a":1,"both":1}`},
		{"an endless loop", trialSpec(code("spin", pipeline.Transform, "(e) => { while (true); }")), jsonEvent(`{}`), `dead_lettered step:spin=failed dlq<{}`},
		{"no steps", trialSpec(), jsonEvent(`{"a": 1}`), `delivered out<{"a":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, told(b.run(t, tt.spec, tt.event)[0])); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What a trial says is written when dead letters go straight through their pipeline.
func TestTrialKeepsBytesAndHeaders(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const text = "{ \"a\": [1,\t2]}\n"
	event := pipeline.TestEvent{ValueBase64: base64.StdEncoding.EncodeToString([]byte(text)), Headers: map[string]string{"own": "1"}}
	marks := code("marks", pipeline.Transform, "(e, ctx) => { ctx.setHeader('added', '1'); return e }")
	strict := trialSpec(marks)
	strict.Target.Schema = b.schema(t, sr.TypeJSON, `{"type":"object","properties":{"b":{}},"required":["b"]}`)
	for name, s := range map[string]pipeline.Spec{"delivered": trialSpec(), "dead_lettered": strict} {
		r := b.run(t, s, event)[0]
		if r.Outcome != name || len(r.Records) != 1 {
			t.Fatalf("%s: %s", name, told(r))
		}
		record := r.Records[0]
		if got, err := base64.StdEncoding.DecodeString(record.ValueBase64); err != nil || string(got) != text {
			t.Errorf("%s: the bytes are %q, %v", name, got, err)
		}
		if _, there := record.Headers["added"]; there || record.Headers["own"] != "1" {
			t.Errorf("%s with headers %v", name, record.Headers)
		}
	}
}

func TestTrialShowsThePlaceInTheAuthorsSource(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const source = "import {check} from './lib';\n\nexport function guard(e: {id: number}) {\n  return check(e);\n}\n"
	const library = "export function check(e: {id: number}) {\n  if (!e.id) {\n    throw new TypeError('no id');\n  }\n  return e;\n}\n"
	for name, text := range map[string]string{"guard.ts": source, "lib.ts": library} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := b.run(t, trialSpec(pipeline.Step{Name: "guard", Kind: pipeline.Transform, Transform: "guard.ts#guard"}), jsonEvent(`{}`))[0]
	e := r.Stages[0].Error
	if e == nil || e.File != "lib.ts" || e.Line != 3 || e.Column == 0 || !strings.Contains(e.Message, "no id") || !strings.Contains(e.Frame, "throw new TypeError") {
		t.Errorf("%+v", e)
	}
	headers := r.Records[0].Headers
	if headers["inflect-error-code"] != e.Code || !strings.HasPrefix(headers["inflect-error-place"], "lib.ts:3:") {
		t.Errorf("the dead letter says %v", headers)
	}
}

func TestTrialBringsJSONIntoTheFormOfTheSchema(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	schemas := map[sr.SchemaType]string{
		sr.TypeAvro:     `{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"name","type":"string"}]}`,
		sr.TypeProtobuf: "syntax = \"proto3\";\nmessage Order {\n  int64 id = 1;\n  string name = 2;\n}\n",
		sr.TypeJSON:     `{"type":"object","properties":{"id":{"type":"integer"},"name":{"type":"string"}},"required":["id","name"],"additionalProperties":false}`,
	}
	for kind, text := range schemas {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			s := trialSpec(code("upper", pipeline.Transform, "(e) => ({...e, name: e.name.toUpperCase()})"))
			s.Source.Schema, s.Target.Schema = b.schema(t, kind, text), b.schema(t, kind, text)
			results := b.run(t, s, jsonEvent(`{"id":7,"name":"ann"}`), jsonEvent(`{"id":"seven","name":"ann"}`), pipeline.TestEvent{ValueBase64: "AAAA"})
			good, wrong, broken := results[0], results[1], results[2]
			if good.Outcome != "delivered" || len(good.Stages) != 3 || good.Stages[2].Stage != "schema_out" || good.Stages[2].Outcome != "ok" {
				t.Fatalf("%+v", good)
			}
			var value struct{ Name string }
			rec := good.Records[0]
			if err := json.Unmarshal(rec.Value, &value); err != nil || value.Name != "ANN" || rec.ValueBase64 == "" {
				t.Errorf("delivered %+v (%v)", rec, err)
			}
			if wrong.Stages[0].Stage != "schema_in" || wrong.Stages[0].Outcome != "failed" || wrong.Stages[1].Outcome != "not_reached" {
				t.Errorf("a value that does not fit: %s", told(wrong))
			}
			if broken.Outcome != "dead_lettered" || broken.Stages[0].Outcome != "failed" {
				t.Errorf("bytes that are nothing: %s", told(broken))
			}
			// What a trial delivers can be put in again.
			again := b.run(t, s, pipeline.TestEvent{ValueBase64: rec.ValueBase64})[0]
			if again.Outcome != "delivered" {
				t.Logf("its own output as input: %s", told(again))
			}
		})
	}
}

func TestTrialShowsOtherTypesAsFiltered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := trialSpec(code("add", pipeline.Transform, "(e) => ({...e, n: 1})"))
	s.Source.Schema = b.schema(t, sr.TypeJSON, `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","title":"Order"}`)
	user, err := b.schemas.CreateSchema(t.Context(), parts.Unique("trial"), sr.Schema{Schema: `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","title":"User"}`, Type: sr.TypeJSON})
	if err != nil {
		t.Fatal(err)
	}
	framed := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(user.ID)), `{"id":1}`...)
	events := []pipeline.TestEvent{jsonEvent(`{"id":1}`), {ValueBase64: base64.StdEncoding.EncodeToString(framed)}, {Tombstone: true}}
	for others, want := range map[pipeline.Others]string{
		pipeline.DeadLetterOthers: "dead_lettered schema_in=failed step:add=not_reached dlq<",
		pipeline.FilterOthers:     "filtered schema_in=filtered step:add=not_reached",
	} {
		s.Source.Schema.Others = others
		results := b.run(t, s, events...)
		if got := told(results[1]); got != want {
			t.Errorf("%s: %s, want %s", others, got, want)
		}
		if results[0].Outcome != "delivered" || results[2].Outcome != "delivered" {
			t.Errorf("%s: %s and %s are not delivered", others, told(results[0]), told(results[2]))
		}
	}
}

func TestTrialFailsInOneEventAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := trialSpec(code("wild", pipeline.Transform,
		`(e) => { if (e.big) { const all = []; while (true) all.push('x'.repeat(1 << 20)); } if (e.deep) { const f = () => f() + 1; f(); } return e; }`))
	s.Limits = pipeline.Limits{Time: pipeline.Duration(2 * time.Second), Memory: "64MiB"}
	results := b.run(t, s, jsonEvent(`{"a":1}`), jsonEvent(`{"big":1}`), jsonEvent(`{"deep":1}`), jsonEvent(`{"a":2}`))
	var got []string
	for _, r := range results {
		got = append(got, r.Outcome)
	}
	if diff := cmp.Diff([]string{"delivered", "dead_lettered", "dead_lettered", "delivered"}, got); diff != "" {
		t.Error(diff)
	}
}

// builds is a history in memory, of which one revision has run.
type builds struct {
	saved map[int64]pipeline.Build
	ran   pipeline.Revision
}

func (h builds) Build(_ context.Context, _ string, revision int64) (pipeline.Build, bool, error) {
	b, ok := h.saved[revision]
	return b, ok, nil
}

func (h builds) Applied(context.Context, string, int64) (pipeline.Revision, bool, error) {
	return h.ran, h.ran.Revision > 0, nil
}

// TestTrialOfARevisionRunsItsOwnCode is invariant 5: what the files hold by now is not what runs.
func TestTrialOfARevisionRunsItsOwnCode(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	file := filepath.Join(b.dir, "step.ts")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte("export default (e: object) => ({text: \""+text+"\"})"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := pipeline.Pipeline{Spec: trialSpec(pipeline.Step{Name: "step", Kind: pipeline.Transform, Transform: "step.ts"}), Revision: 1}
	const loose, strict = `{"type":"object","properties":{"a":{"type":"integer"}}}`, `{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}`
	p.Source.Schema = b.schema(t, sr.TypeJSON, loose)
	write("first")
	passed, err := b.Gate.Pass(t.Context(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.Builds = builds{saved: map[int64]pipeline.Build{1: passed.Build}, ran: pipeline.Revision{Revision: 1, Spec: p.Spec}}
	write("second")
	if _, err := b.schemas.CreateSchema(t.Context(), p.Source.Schema.Subject, sr.Schema{Schema: strict, Type: sr.TypeJSON}); err != nil {
		t.Fatal(err)
	}
	announced := []pipeline.RegisteredSchema{{Subject: p.Source.Schema.Subject, Version: 3, ID: math.MaxInt32, Type: "JSON", Text: loose}}
	unsaved, touched, paused, edited := p, p, p, p
	unsaved.Revision, touched.Revision, paused.Revision, edited.Revision = 0, 2, 2, 2
	paused.State = pipeline.Paused
	edited.Steps = []pipeline.Step{{Name: "other", Kind: pipeline.Transform, Transform: "step.ts"}}
	const first, second, missing = `delivered schema_in=ok step:step=ok out<{"text":"first"}`, `delivered schema_in=ok step:step=ok out<{"text":"second"}`, "unknown_transform"
	tests := []struct {
		name        string
		of          pipeline.Pipeline
		value       string
		announced   []pipeline.RegisteredSchema
		want, after string
	}{
		{"its code, and the version that latest stood for", p, "{}", nil, first, first},
		{"its code with an announced schema", p, "{}", announced, first, first},
		{"files that could not be taken over", touched, "{}", nil, first, first},
		{"what was never saved", unsaved, `{"a":1}`, nil, second, missing},
		{"what will be built when it is resumed", paused, `{"a":1}`, nil, second, missing},
		{"a change that did not pass", edited, `{"a":1}`, nil, strings.Replace(second, "step:step", "step:other", 1), missing},
	}
	try := func(want func(int) string) {
		t.Helper()
		for i, tt := range tests {
			results, err := b.RunWith(t.Context(), tt.announced, tt.of, []pipeline.TestEvent{jsonEvent(tt.value)})
			got := string(pipeline.CodeOf(err))
			if err == nil {
				got = told(results[0])
			}
			if got != want(i) {
				t.Errorf("%s: got %s (%v), want %s", tt.name, got, err, want(i))
			}
		}
	}
	try(func(i int) string { return tests[i].want })
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	try(func(i int) string { return tests[i].after })
}

func TestValidateFindsEveryProblem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := os.WriteFile(filepath.Join(b.dir, "ok.ts"), []byte("export const fine = (e) => e"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		edit func(*pipeline.Spec)
		want []string
	}{
		{"nothing is wrong", func(*pipeline.Spec) {}, nil},
		{"an unknown file", func(s *pipeline.Spec) { s.Steps[0].Transform = "gone.ts#fine" }, []string{"steps[0].transform unknown_transform"}},
		{"an unknown export", func(s *pipeline.Spec) { s.Steps[0].Transform = "ok.ts#other" }, []string{"steps[0].transform unknown_transform"}},
		{"outside of the directory", func(s *pipeline.Spec) { s.Steps[0].Transform = "../../etc/passwd" }, []string{"steps[0].transform outside_directory"}},
		{"code that does not parse", func(s *pipeline.Spec) { s.Steps[1].Code = "(e) => {" }, []string{"steps[1].code bad_transform"}},
		{"an unknown subject", func(s *pipeline.Spec) { s.Source.Schema = &pipeline.Schema{Subject: "no-such-subject"} }, []string{"source.schema unknown_schema"}},
		{"several", func(s *pipeline.Spec) {
			s.Steps[0].Transform, s.Steps[1].Code, s.Batch.MaxRecords = "gone.ts", "(e) => {", -1
		}, []string{"batch.max_records invalid", "steps[0].transform unknown_transform", "steps[1].code bad_transform"}},
		{"a wrong setting and an unknown subject", func(s *pipeline.Spec) {
			s.Delivery, s.Source.Schema = "twice", &pipeline.Schema{Subject: "no-such-subject"}
		}, []string{"delivery invalid", "source.schema unknown_schema"}},
		{"what is wrong is said once", func(s *pipeline.Spec) {
			s.Steps[0].Transform, s.Target.Schema = "", &pipeline.Schema{}
		}, []string{"steps[0] invalid", "target.schema.subject invalid"}},
		{"what only the engine's plugins see", func(s *pipeline.Spec) { s.Batch.Linger = pipeline.Duration(50 * time.Second) }, []string{" rejected"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := trialSpec(pipeline.Step{Name: "a", Kind: pipeline.Transform, Transform: "ok.ts#fine"}, code("b", pipeline.Filter, "(e) => e"))
			tt.edit(&s)
			var got []string
			for _, p := range b.checker.Validate(t.Context(), s) {
				got = append(got, p.Field+" "+string(p.Code))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s\n%v", diff, b.checker.Validate(t.Context(), s))
			}
		})
	}
}

func TestTrialWithoutItsNeighboursSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Child.Command = []string{"/nonexistent/inflect", "dryrun"}
	_, err := b.Run(t.Context(), pipeline.Pipeline{Spec: trialSpec()}, []pipeline.TestEvent{jsonEvent(`{}`)})
	var e *pipeline.Error
	if !errors.As(err, &e) {
		t.Errorf("without a child: %v", err)
	}
}
