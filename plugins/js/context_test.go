package js

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
	"github.com/inflect-dev/inflect/transforms"
)

// source is a record as inflect_kafka hands it on.
func sourceRecord(key, value string) *record.Source {
	return &record.Source{Topic: "orders", Partition: 3, Offset: 42, Timestamp: time.UnixMilli(1714979096123), Key: []byte(key),
		Value: []byte(value), Headers: []record.Header{{Key: "h", Value: []byte("1")}, {Key: "h", Value: []byte("2")}, {Key: "é", Value: []byte("ü")}}, Owner: t0}
}

var t0 = new(int)

func message(s *record.Source) *service.Message {
	m := service.NewMessage(s.Value)
	record.Attach(m, record.Of(s))
	return m
}

// produced is what leaves for a message, as the output sees it.
type produced struct {
	Key, Value, Topic string
	Headers           string
	Null              bool
}

func run(t *testing.T, p *processor, messages ...*service.Message) []produced {
	t.Helper()
	batches, err := p.ProcessBatch(t.Context(), messages)
	if err != nil {
		t.Fatal(err)
	}
	var out []produced
	for _, b := range batches {
		for _, m := range b {
			if err := m.GetError(); err != nil {
				t.Fatalf("failed: %v", err)
			}
			e := record.From(m)
			var h []string
			for _, x := range e.Headers {
				h = append(h, x.Key+"="+string(x.Value))
			}
			out = append(out, produced{string(e.Key), text(t, m), e.Topic, strings.Join(h, " "), e.Null})
		}
	}
	return out
}

func oneStep(code string) string {
	b, _ := json.Marshal(code)
	return fmt.Sprintf(`{pipeline: p, outputs: {eu: orders-eu}, steps: [{name: s, code: %s, params: {list: [1], n: 2}}]}`, b)
}

func TestContext(t *testing.T) {
	t.Parallel()
	const headers = "h=1 h=2 é=ü"
	for _, c := range []struct {
		name, code string
		want       []produced
	}{
		{"reads", "(e, ctx) => ({...ctx, headers: {...ctx.headers}, setKey: 0, setHeader: 0, emit: 0, fail: 0, log: 0, count: 0, observe: 0})",
			[]produced{{"k1", `{"key":"k1","headers":{"h":"2","é":"ü"},"topic":"orders","partition":3,"offset":42,"timestamp":1714979096123,"pipeline":"p","step":"s","params":{"list":[1],"n":2},"setKey":0,"setHeader":0,"emit":0,"fail":0,"log":0,"count":0,"observe":0}`, "", headers, false}}},
		{"setKey", "(e, ctx) => { ctx.setKey('x' + ctx.key); return {k: ctx.key}; }", []produced{{"xk1", `{"k":"xk1"}`, "", headers, false}}},
		{"setKey to nothing", "(e, ctx) => { ctx.setKey(null); return {k: ctx.key}; }", []produced{{"", `{"k":null}`, "", headers, false}}},
		{"setKey to bytes", "(e, ctx) => { ctx.setKey(new Uint8Array([65, 66])); return e; }", []produced{{"AB", `{"a":1}`, "", headers, false}}},
		{"setHeader", "(e, ctx) => { ctx.setHeader('h', 'new'); ctx.setHeader('é', null); ctx.setHeader('n', 5); return ctx.headers; }",
			[]produced{{"k1", `{"h":"new","n":"5"}`, "", "h=new n=5", false}}},
		{"emit and a falsy result", "(e, ctx) => { ctx.emit({b: 1}); ctx.emit({b: 2}, {key: 'k2', headers: {x: 'y', h: null}, topic: 'eu'}); }",
			[]produced{{"k1", `{"b":1}`, "", headers, false}, {"k2", `{"b":2}`, "orders-eu", "é=ü x=y", false}}},
		{"emit and a result", "(e, ctx) => { ctx.emit({b: 1}); return e; }", []produced{{"k1", `{"b":1}`, "", headers, false}, {"k1", `{"a":1}`, "", headers, false}}},
		{"emit takes the event as it is then", "(e, ctx) => { for (e.i = 0; e.i < 2; e.i++) ctx.emit(e); }",
			[]produced{{"k1", `{"a":1,"i":0}`, "", headers, false}, {"k1", `{"a":1,"i":1}`, "", headers, false}}},
		{"emit of null is a tombstone", "(e, ctx) => { ctx.emit(null, {key: 'gone'}); }", []produced{{"gone", `null`, "", headers, true}}},
		{"async emit", "async (e, ctx) => { await null; ctx.emit({b: 1}); }", []produced{{"k1", `{"b":1}`, "", headers, false}}},
		{"nothing", "(e, ctx) => { }", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := sourceRecord("k1", `{"a":1}`)
			got := run(t, newTestProcessor(t, oneStep(c.code)), message(s))
			for i := range got {
				if got[i].Null {
					got[i].Value = "null"
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if want := record.Filtered; c.want == nil && s.Outcome != want {
				t.Errorf("outcome %s", s.Outcome)
			}
		})
	}
}

func TestEmittedEventsGoOnAtTheNextStep(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `
steps:
  - {name: split, code: "(e, ctx) => { e.items.forEach((i, n) => ctx.emit({i}, {key: 'k' + n})); }"}
  - {name: big, kind: filter, code: "({i}) => i > 1"}
  - {name: tag, code: "(e, ctx) => ({...e, key: ctx.key})"}
`)
	got := run(t, p, message(sourceRecord("k", `{"items":[1,2,3]}`)))
	want := []string{`{"i":2,"key":"k1"}`, `{"i":3,"key":"k2"}`}
	if len(got) != 2 || got[0].Value != want[0] || got[1].Value != want[1] {
		t.Errorf("got %+v", got)
	}
}

func TestUnitFailsAsAWhole(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `
steps:
  - {name: split, code: "(e, ctx) => { e.items.forEach((i) => ctx.emit({i})); ctx.setKey('changed'); }"}
  - {name: check, code: "(e) => { if (e.i === 3) throw new Error('three'); return e; }"}
`)
	out, err := p.ProcessBatch(t.Context(), service.MessageBatch{message(sourceRecord("k", `{"items":[1,2,3,4]}`))})
	if err != nil || len(out) != 1 || len(out[0]) != 1 {
		t.Fatalf("got %v, %v", out, err)
	}
	m := out[0][0]
	if f := record.FailureOf(m); f == nil || f.Stage != "step:check" || text(t, m) != `{"items":[1,2,3,4]}` || string(record.From(m).Key) != "k" {
		t.Errorf("got %+v, %s, key %s", f, text(t, m), record.From(m).Key)
	}
}

func TestRecordIsFilteredOnlyWhenNothingIsLeft(t *testing.T) {
	t.Parallel()
	split := newTestProcessor(t, `{pipeline: a, steps: [{name: s, code: "(e, ctx) => { e.items.forEach((i) => ctx.emit({i})); }"}]}`)
	keep := newTestProcessor(t, `{pipeline: b, steps: [{name: s, kind: filter, code: "({i}) => i > 1"}]}`)
	some, none := sourceRecord("k", `{"items":[1,2]}`), sourceRecord("k", `{"items":[0,1]}`)
	some.Owner, none.Owner = nil, nil
	batches, err := split.ProcessBatch(t.Context(), service.MessageBatch{message(some), message(none)})
	if err != nil || len(batches[0]) != 4 {
		t.Fatal(batches, err)
	}
	if batches, err = keep.ProcessBatch(t.Context(), batches[0]); err != nil || len(batches[0]) != 1 {
		t.Fatal(batches, err)
	}
	if some.Outcome != record.Pending || none.Outcome != record.Filtered {
		t.Errorf("outcomes %s and %s", some.Outcome, none.Outcome)
	}
}

func TestContextRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, code, want string }{
		{"unknown topic", "(e, ctx) => { ctx.emit(e, {topic: 'us'}); }", `ctx.emit: "us" is not among the pipeline's outputs ["eu"]`},
		{"emit of nothing", "(e, ctx) => { ctx.emit(); }", "ctx.emit needs an event"},
		{"emit of a function", "(e, ctx) => { ctx.emit(() => 1); }", "ctx.emit needs an event that has a JSON text"},
		{"key of a wrong kind", "(e, ctx) => { ctx.setKey({}); }", "ctx.setKey needs a string, a number, bytes or null"},
		{"header without name", "(e, ctx) => { ctx.setHeader('', 'x'); }", "ctx.setHeader needs the header's name"},
		{"metric name", "(e, ctx) => { ctx.count('Bad Name'); }", `"Bad Name" is not a metric name`},
		{"observing nothing", "(e, ctx) => { ctx.observe('x'); }", "ctx.observe needs a value"},
		{"label name", "(e, ctx) => { ctx.count('x', 1, {pipeline: 'y'}); }", `"pipeline" is not a label name`},
		{"writing to ctx", "(e, ctx) => { ctx.key = 'x'; return e; }", "TypeError"},
		{"writing to params", "(e, ctx) => { ctx.params.n = 1; return e; }", "TypeError"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := process(t, newTestProcessor(t, oneStep(c.code)), `{}`)
			if f := record.FailureOf(out[0]); f == nil || !strings.Contains(f.Message, c.want) || f.Line != 1 {
				t.Errorf("got %+v, want %s", f, c.want)
			}
		})
	}
}

func TestFailingByHand(t *testing.T) {
	t.Parallel()
	out := process(t, newTestProcessor(t, oneStep("(e, ctx) => {\n  ctx.fail('too old', {code: 'stale'});\n}")), `{}`)
	f := record.FailureOf(out[0])
	if f == nil || f.Code != "stale" || f.Message != "too old" || f.Line != 2 || f.Column != 7 {
		t.Errorf("got %+v", f)
	}
}

func TestEffectsOfFailedEventsAreDropped(t *testing.T) {
	t.Parallel()
	res := service.MockResources()
	conf, err := spec().ParseYAML(oneStep("(e, ctx) => { ctx.count('seen', 2, {kind: e.k}); ctx.observe('size', 5); if (e.bad) throw 1; return e; }"), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newProcessor(conf, res)
	if err != nil {
		t.Fatal(err)
	}
	process(t, p, `{"k":"a"}`, `{"k":"a","bad":true}`, `{"k":"b"}`, `{"k":"a"}`)
	want := map[string]float64{"inflect_business_seen a p": 4, "inflect_business_seen b p": 2, "inflect_business_size p": 3}
	if diff := cmp.Diff(want, measured(t, res)); diff != "" {
		t.Error(diff)
	}
}

// TestMetricsOfStepsGoWithTheirPipeline has one pipeline updated, which makes its processor anew, and another one deleted.
func TestMetricsOfStepsGoWithTheirPipeline(t *testing.T) {
	t.Parallel()
	res := service.MockResources()
	for _, name := range []string{"kept", "gone", "kept"} {
		step := oneStep("(e, ctx) => { ctx.count('seen', 1, {kind: 'a'}); ctx.observe('size', 5); return e; }")
		conf, err := spec().ParseYAML(strings.Replace(step, "pipeline: p", "pipeline: "+name, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := newProcessor(conf, res)
		if err != nil {
			t.Fatal(err)
		}
		process(t, p, "{}")
	}
	record.StatsOf(res).Forget("gone")
	want := map[string]float64{"inflect_business_seen a kept": 2, "inflect_business_size kept": 2}
	if diff := cmp.Diff(want, measured(t, res)); diff != "" {
		t.Error(diff)
	}
}

// measured is what steps counted, and how often they observed something, by name and labels.
func measured(t *testing.T, res *service.Resources) map[string]float64 {
	t.Helper()
	families, err := record.StatsOf(res).Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			if strings.HasPrefix(name, "inflect_business") {
				got[name] = m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return got
}

func TestTombstones(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode string
		want []produced
	}{
		{"pass", []produced{{"k", "", "", "", true}}},
		{"drop", nil},
		{"steps", []produced{{"k", `{"was":null}`, "", "", false}}},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel()
			s := &record.Source{Key: []byte("k"), Owner: t0}
			p := newTestProcessor(t, fmt.Sprintf(`{tombstones: %s, steps: [{name: s, code: "(e) => ({was: e})"}]}`, c.mode))
			if diff := cmp.Diff(c.want, run(t, p, message(s))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFiltersLeaveBytesAlone(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `{steps: [{name: s, kind: filter, code: "(e) => { e.x = 1; return e.a; }"}]}`)
	out := process(t, p, ` { "a" : 1.0 , "b" : "\u0041" } `, `{"a":0}`)
	if len(out) != 1 || text(t, out[0]) != ` { "a" : 1.0 , "b" : "\u0041" } ` {
		t.Errorf("got %v", out)
	}
}

func TestErroredMessagesAreLeftAlone(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `{steps: [{name: s, code: "(e) => ({})"}]}`)
	m := service.NewMessage([]byte(`{"a":1}`))
	record.Fail(m, &record.Failure{Code: "x", Stage: record.StageSchemaIn, Message: "no"})
	out, err := p.ProcessBatch(t.Context(), service.MessageBatch{m})
	if err != nil || text(t, out[0][0]) != `{"a":1}` || record.FailureOf(out[0][0]).Code != "x" {
		t.Errorf("got %v, %v", out, err)
	}
}

func TestTraceReportsEachStep(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, `
trace: true
steps:
  - {name: a, code: "(e) => ({...e, a: 1})"}
  - {name: b, kind: filter, code: "(e) => { if (e.n === 2) throw new Error('two'); return e.n !== 1; }"}
  - {name: c, code: "(e) => ({...e, c: 1})"}
`)
	out := process(t, p, `{"n":0,"id":12345678901234567890}`, `{"n":1}`, `{"n":2}`)
	want := []string{
		`step:a ok {"n":0,"id":12345678901234567890,"a":1} | step:b ok {"n":0,"id":12345678901234567890,"a":1} | step:c ok {"n":0,"id":12345678901234567890,"a":1,"c":1}`,
		`step:a ok {"n":1,"a":1} | step:b filtered  | step:c not_reached `,
		`step:a ok {"n":2,"a":1} | step:b failed  Error: two at b:1 | step:c not_reached `,
	}
	for i, m := range out {
		raw, _ := m.MetaGet(record.MetaTrace)
		var stages []struct {
			Stage, Outcome string
			Output         json.RawMessage
			Error          *record.Failure
			DurationUS     float64 `json:"duration_us"`
		}
		if err := json.Unmarshal([]byte(raw), &stages); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		var parts []string
		for _, s := range stages {
			part := fmt.Sprintf("%s %s %s", s.Stage, s.Outcome, s.Output)
			if s.Error != nil {
				part += fmt.Sprintf(" %s at %s:%d", s.Error.Message, s.Error.File, s.Error.Line)
			}
			parts = append(parts, part)
		}
		if got := strings.Join(parts, " | "); got != want[i] {
			t.Errorf("event %d:\n got %s\nwant %s", i, got, want[i])
		}
	}
	if v, _ := out[1].MetaGet(record.MetaOutcome); v != "filtered" {
		t.Errorf("outcome %q", v)
	}
}

func TestParamsAreHeldAgainstTheSchema(t *testing.T) {
	t.Parallel()
	const module = `
export const params = { type: 'object', required: ['min'], properties: { min: { type: 'number', minimum: 1 } }, additionalProperties: false };
export default (e, ctx) => e.n >= ctx.params.min && e;`
	for _, c := range []struct{ name, params, want string }{
		{"good", `{"min":2}`, ""},
		{"missing", `{}`, "missing property 'min'"},
		{"wrong type", `{"min":"x"}`, "params.min: got string, want number"},
		{"too small", `{"min":0}`, "params.min: minimum: got 0, want 1"},
		{"unknown", `{"min":1,"max":2}`, "additional properties 'max' not allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := tryProcessor(fmt.Sprintf("steps: [{name: s, code: %q, params: %s}]", module, c.params))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestDeclarationsNameWhatCtxHas holds inflect.d.ts, and so the reference page, to what there is.
func TestDeclarationsNameWhatCtxHas(t *testing.T) {
	t.Parallel()
	out := process(t, newTestProcessor(t, oneStep("(e, ctx) => Object.keys(ctx)")), `{}`)
	var names []string
	if err := json.Unmarshal([]byte(text(t, out[0])), &names); err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if !strings.Contains(transforms.Declarations, "    readonly "+n+":") && !strings.Contains(transforms.Declarations, "    "+n+"(") {
			t.Errorf("inflect.d.ts does not declare ctx.%s", n)
		}
	}
	const members = 16
	if len(names) != members {
		t.Errorf("ctx has %d members, inflect.d.ts was written for %d", len(names), members)
	}
}
