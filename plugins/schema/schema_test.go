package schema

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
	"go.uber.org/goleak"

	"github.com/inflect-dev/inflect/plugins/record"
	"github.com/inflect-dev/inflect/tests/leaks"
)

func TestMain(m *testing.M) {
	leaks.Main(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock"))
}

// bench is one process: resources, counters and a registry that speaks the real protocol.
type bench struct {
	t     testing.TB
	mgr   *service.Resources
	stats *record.Stats
	fake  *srfake.Registry
	url   string
}

// patience is how long a batch and its requests may take on a busy machine.
const patience = 4 * time.Minute

func newBench(t testing.TB) *bench {
	t.Helper()
	fake := srfake.New()
	t.Cleanup(fake.Close)
	b := &bench{t: t, mgr: service.MockResources(), stats: record.NewStats(), fake: fake, url: fake.URL()}
	record.Share(b.mgr, b.stats)
	return b
}

// register puts a schema into the registry and returns its id.
func (b *bench) register(subject, kind, text string, refs ...sr.SchemaReference) int {
	b.t.Helper()
	var typ sr.SchemaType
	if err := typ.UnmarshalText([]byte(kind)); err != nil {
		b.t.Fatal(err)
	}
	id, _, err := b.fake.RegisterSchema(subject, sr.Schema{Schema: text, Type: typ, References: refs})
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// processor builds one from the rest of its YAML.
func (b *bench) processor(yaml string) *processor {
	b.t.Helper()
	conf, err := spec().ParseYAML(fmt.Sprintf("{registry: {url: %q, max_backoff: 200ms, timeout: 4m}, ", b.url)+strings.TrimPrefix(yaml, "{"), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	p, err := newProcessor(conf, b.mgr)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { closeIdle(p.registry) })
	return p
}

func closeIdle(r *registry) {
	for _, cl := range r.clients {
		cl.OptValue(sr.HTTPClient).(*http.Client).CloseIdleConnections()
	}
}

// run sends values through a processor as records of our own input and returns the messages.
func (b *bench) run(p *processor, values ...string) service.MessageBatch {
	b.t.Helper()
	return b.batch(p, messages(values...)...)
}

func (b *bench) batch(p *processor, batch ...*service.Message) service.MessageBatch {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := p.ProcessBatch(ctx, batch)
	if err != nil {
		b.t.Fatal(err)
	}
	if len(out) != 1 || len(out[0]) != len(batch) {
		b.t.Fatalf("%d batches for one of %d", len(out), len(batch))
	}
	return out[0]
}

func messages(values ...string) service.MessageBatch {
	var batch service.MessageBatch
	for i, v := range values {
		m := service.NewMessage([]byte(v))
		record.Attach(m, record.Of(&record.Source{Topic: "orders", Offset: int64(i), Value: []byte(v), Owner: "input"}))
		batch = append(batch, m)
	}
	return batch
}

func body(t testing.TB, m *service.Message) string {
	t.Helper()
	b, err := m.AsBytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// want checks the code of a message's failure; an empty code wants none.
func want(t testing.TB, m *service.Message, code string) *record.Failure {
	t.Helper()
	f := record.FailureOf(m)
	switch {
	case f == nil && code != "":
		t.Fatalf("passed as %q, want %s", body(t, m), code)
	case f != nil && f.Code != code:
		t.Fatalf("%s: %s, want code %q", f.Code, f.Message, code)
	}
	return f
}

func frame(id int, payload string) string { return string(appendFrame(nil, id)) + payload }

const order = `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
	"properties": {"id": {"type": "integer", "maximum": 9223372036854775807}, "email": {"type": "string", "pattern": "^(?!x).+@"},
		"items": {"type": "array", "items": {"type": "object", "properties": {"price": {"type": "number", "minimum": 0}}, "required": ["price"]}}},
	"required": ["id"]}`

func TestJSONSaysWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	p := b.processor("{subject: orders-value, version: 1, direction: decode}")
	tests := []struct{ name, value, code, pointer, rule, message string }{
		{"fits", `{"id":1}`, "", "", "", ""},
		{"wrong type", `{"id":"a"}`, CodeViolation, "/id", "type", `at /id: expected integer, found string "a" (schema orders-value version 1, id 1)`},
		{"missing", `{}`, CodeViolation, "/id", "required", `at /id: is missing`},
		{"inside an array", `{"id":1,"items":[{"price":1},{"price":-1}]}`, CodeViolation, "/items/1/price", "minimum", `expected at least 0, found number -1`},
		{"largest int64", `{"id":9223372036854775807}`, "", "", "", ""},
		{"one more than that", `{"id":9223372036854775808}`, CodeViolation, "/id", "maximum", `at most 9223372036854775807, found number 9223372036854775808`},
		{"pattern with lookahead fits", `{"id":1,"email":"a@b"}`, "", "", "", ""},
		{"pattern with lookahead fails", `{"id":1,"email":"x@b"}`, CodeViolation, "/email", "pattern", ""},
		{"empty", ``, record.CodeNotJSON, "", "", "empty"},
		{"not JSON", `{"id":}`, record.CodeNotJSON, "", "", "at byte 7"},
		{"cut off", `{"id":1`, record.CodeNotJSON, "", "", "ends in the middle"},
		{"two documents", `{"id":1} {"id":2}`, record.CodeNotJSON, "", "", "more follows"},
		{"not UTF-8", "{\"id\":1,\"x\":\"\xff\"}", record.CodeNotJSON, "", "", "UTF-8"},
		{"exponent bomb", `{"id":1e999999}`, CodeNumber, "", "", "1e999999"},
		{"exponent bomb after a string", `{"x":"\"1e5\\","id":-1E-99999999999999999999}`, CodeNumber, "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := b.run(p, tt.value)[0]
			f := want(t, m, tt.code)
			if got := body(t, m); got != tt.value {
				t.Errorf("the bytes became %q", got)
			}
			if f == nil {
				return
			}
			if f.Pointer != tt.pointer || f.Rule != tt.rule || f.Stage != record.StageSchemaIn || !strings.Contains(f.Message, tt.message) {
				t.Errorf("pointer %q, rule %q, stage %q, message %q", f.Pointer, f.Rule, f.Stage, f.Message)
			}
		})
	}
}

func TestBytesOfConformingJSONAreUntouched(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.register("orders-value", "JSON", order)
	const spelled = " { \"id\" : 1.0e0 ,\"x\":\"\\u00e9\\/\", \"id\": 9223372036854775807 }\n"
	in := b.processor("{subject: orders-value, direction: decode}")
	out := b.processor("{subject: orders-value, direction: encode}")
	bare := b.processor("{subject: orders-value, direction: encode, framing: bare}")
	for _, value := range []string{spelled, frame(id, spelled)} {
		m := b.run(in, value)[0]
		if want(t, m, ""); body(t, m) != spelled {
			t.Errorf("decoded %q", body(t, m))
		}
	}
	if m := b.run(out, spelled)[0]; body(t, m) != frame(id, spelled) {
		t.Errorf("encoded %q", body(t, m))
	}
	if m := b.run(bare, spelled)[0]; body(t, m) != spelled {
		t.Errorf("encoded bare %q", body(t, m))
	}
}

func TestWhatIsNotItsToCheckPasses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	p := b.processor("{subject: orders-value, direction: decode}")
	null := service.NewMessage(nil)
	record.Attach(null, record.Of(&record.Source{Owner: "input"}))
	failed := messages("nonsense")[0]
	record.Fail(failed, &record.Failure{Code: "earlier", Stage: "step:a", Message: "x"})
	settled := messages("nonsense")[0]
	settled.MetaSetMut(record.MetaOutcome, "filtered")
	got := b.batch(p, null, failed, settled)
	want(t, got[0], "")
	want(t, got[1], "earlier")
	want(t, got[2], "")
}

// A batch in which nothing is to be checked needs no registry.
func TestNothingToCheckAsksNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.url = "http://127.0.0.1:1"
	p := b.processor("{subject: orders-eu-value, direction: encode, topic: orders-eu}")
	null := service.NewMessage(nil)
	record.Attach(null, record.Of(&record.Source{Owner: "input"}))
	for _, m := range b.batch(p, null, messages("{}")[0]) {
		want(t, m, "")
	}
}

func TestEncodeChecksTheAddressedTopicOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	own := b.processor("{subject: orders-value, direction: encode, framing: bare}")
	eu := b.processor("{subject: orders-value, direction: encode, framing: bare, topic: orders-eu}")
	batch := func() service.MessageBatch {
		batch := messages("{}", "{}")
		e := *record.From(batch[1])
		e.Topic = "orders-eu"
		record.Attach(batch[1], &e)
		return batch
	}
	got := b.batch(own, batch()...)
	if f := want(t, got[0], CodeViolation); f.Stage != record.StageSchemaOut {
		t.Errorf("stage %s", f.Stage)
	}
	want(t, got[1], "")
	got = b.batch(eu, batch()...)
	want(t, got[0], "")
	want(t, got[1], CodeViolation)
}

func TestFrameDecidesHowAndThePipelineWhat(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v1 := b.register("orders-value", "JSON", `{"type": "object", "properties": {"id": {"type": "integer"}}}`)
	v2 := b.register("orders-value", "JSON", order)
	other := b.register("users-value", "JSON", `{"type": "object", "title": "users"}`)
	tests := []struct{ name, framing, value, code string }{
		{"named version", "auto", frame(v2, `{"id":1}`), ""},
		{"older version, but it fits the named one", "auto", frame(v1, `{"id":1}`), ""},
		{"older version that does not fit", "auto", frame(v1, `{}`), CodeViolation},
		{"another subject's schema", "auto", frame(other, `{"id":1}`), CodeWrongSubject},
		{"id that does not exist", "auto", frame(4711, `{"id":1}`), CodeUnknownID},
		{"bare where either is allowed", "auto", `{"id":1}`, ""},
		{"bare where a frame is demanded", "confluent", `{"id":1}`, CodeNotFramed},
		{"frame where none is allowed", "bare", frame(v2, `{"id":1}`), record.CodeNotJSON},
		{"cut off in the frame", "auto", frame(v2, "")[:3], CodeTruncated},
		{"nothing behind the frame", "auto", frame(v2, ""), record.CodeNotJSON},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := b.processor("{subject: orders-value, version: 2, direction: decode, framing: " + tt.framing + "}")
			want(t, b.run(p, tt.value)[0], tt.code)
		})
	}
}

func TestReferencesComeFromTheRegistryAlone(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, ref, refName, id string }{
		{"relative name", "country.json", "country.json", ""},
		{"relative to the schema's id", "country.json", "country.json", "https://example.com/schemas/order.json"},
		{"whole address", "https://example.com/country.json", "https://example.com/country.json", ""},
		{"into the other document", "country.json#/definitions/code", "country.json", ""},
		{"urn", "urn:country", "urn:country", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.register("code", "JSON", `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "string", "minLength": 2}`)
			b.register("country", "JSON", `{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/code",
				"definitions": {"code": {"allOf": [{"$ref": "https://example.com/code.json"}]}}}`, sr.SchemaReference{Name: "https://example.com/code.json", Subject: "code", Version: 1})
			id := ""
			if tt.id != "" {
				id = fmt.Sprintf(`"$id": %q,`, tt.id)
			}
			b.register("orders-value", "JSON", fmt.Sprintf(`{"$schema": "http://json-schema.org/draft-07/schema#", %s "properties": {"c": {"$ref": %q}}}`, id, tt.ref),
				sr.SchemaReference{Name: tt.refName, Subject: "country", Version: 1})
			p := b.processor("{subject: orders-value, version: 1, direction: decode}")
			got := b.run(p, `{"c":"de"}`, `{"c":"d"}`)
			want(t, got[0], "")
			if f := want(t, got[1], CodeViolation); f.Pointer != "/c" || f.Rule != "minLength" {
				t.Errorf("pointer %s, rule %s", f.Pointer, f.Rule)
			}
		})
	}
}

// Several schemas share one, each by a name of its own.
func TestOneReferenceGoesBySeveralNames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("code", "JSON", `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "string", "minLength": 2}`)
	b.register("country", "JSON", `{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "https://example.com/code.json"}`, ref("https://example.com/code.json", "code"))
	b.register("orders-value", "JSON", `{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "country.json"}, "b": {"$ref": "urn:code"}}}`,
		ref("country.json", "country"), ref("urn:code", "code"))
	got := b.run(b.processor("{subject: orders-value, version: 1, direction: decode}"), `{"a":"de","b":"fr"}`, `{"a":"d"}`, `{"b":"f"}`)
	want(t, got[0], "")
	want(t, got[1], CodeViolation)
	want(t, got[2], CodeViolation)

	b.register("money", "AVRO", `{"type":"record","name":"Money","namespace":"com.m","fields":[{"name":"cents","type":"long"}]}`)
	b.register("price", "AVRO", `{"type":"record","name":"Price","namespace":"com.m","fields":[{"name":"net","type":"Money"}]}`, ref("com.m.Money", "money"))
	b.register("items-value", "AVRO", rec(`{"name":"a","type":"com.m.Price"},{"name":"b","type":"com.m.Money"}`), ref("com.m.Price", "price"), ref("Money", "money"))
	want(t, b.run(b.processor("{subject: items-value, direction: decode, framing: bare}"), "\x02\x04")[0], "")
}

func TestSchemaThatReachesOutIsThePipelinesFault(t *testing.T) {
	t.Parallel()
	for _, ref := range []string{"file:///etc/passwd", "http://127.0.0.1:1/x.json", "other.json"} {
		t.Run(ref, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.register("orders-value", "JSON", fmt.Sprintf(`{"$ref": %q}`, ref))
			p := b.processor("{subject: orders-value, version: 1, direction: decode}")
			if f := want(t, b.run(p, `{}`)[0], record.CodePipeline); !strings.Contains(f.Message, "no reference") {
				t.Error(f.Message)
			}
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, yaml, message string }{
		{"no address", `{registry: {url: ""}, subject: a, direction: decode}`, "registry.url is missing"},
		{"no scheme", `{registry: {url: "localhost:8081"}, subject: a, direction: decode}`, "not an address"},
		{"no subject", `{registry: {url: "http://a"}, subject: "", direction: decode}`, "subject is missing"},
		{"version zero", `{registry: {url: "http://a"}, subject: a, version: 0, direction: decode}`, "positive number"},
		{"version that is a word", `{registry: {url: "http://a"}, subject: a, version: newest, direction: decode}`, "positive number"},
		{"no time", `{registry: {url: "http://a", timeout: 0s}, subject: a, direction: decode}`, "more than 0s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conf, err := spec().ParseYAML(tt.yaml, nil)
			if err == nil {
				_, err = newProcessor(conf, service.MockResources())
			}
			if err == nil || !strings.Contains(err.Error(), tt.message) {
				t.Errorf("got %v, want %q", err, tt.message)
			}
		})
	}
}

func TestTraceShowsTheStage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	p := b.processor("{subject: orders-value, direction: encode, trace: true}")
	null := service.NewMessage(nil)
	record.Attach(null, record.Of(&record.Source{Owner: "input"}))
	got := b.batch(p, append(messages(`{"id":1,"x":"<"}`, `{"id":"a"}`), null)...)
	if v, _ := got[2].MetaGet(record.MetaTrace); !strings.HasPrefix(v, `[{"stage":"schema_out","outcome":"ok","duration_us":`) {
		t.Error(v)
	}
	if v, _ := got[0].MetaGet(record.MetaTrace); !strings.HasPrefix(v, `[{"stage":"schema_out","outcome":"ok","output":{"id":1,"x":"<"},"duration_us":`) {
		t.Error(v)
	}
	if v, _ := got[1].MetaGet(record.MetaTrace); !strings.Contains(v, `"outcome":"failed","error":{"code":"schema_violation"`) || !strings.Contains(v, `"pointer":"/id","rule":"type"`) {
		t.Error(v)
	}
}
