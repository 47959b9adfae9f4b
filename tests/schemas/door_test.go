package schemas

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
	"go.uber.org/goleak"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"

	"github.com/inflect-dev/inflect/pipeline"
	_ "github.com/inflect-dev/inflect/plugins/schema"
	"github.com/inflect-dev/inflect/tests/parts"
)

func TestMain(m *testing.M) {
	parts.Main(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock"), goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// a result is what became of one value: its new bytes, and the code and message of its failure.
type result struct {
	value         string
	code, message string
}

// build starts a stream of the processors and returns what sends batches into it. It ends with the test.
func build(t testing.TB, processors []string, consume func(*service.Message)) service.MessageBatchHandlerFunc {
	t.Helper()
	b := service.NewStreamBuilder()
	b.DisableLinting()
	b.SetThreads(1)
	if err := b.SetLoggerYAML("level: none"); err != nil {
		t.Fatal(err)
	}
	send, err := b.AddBatchProducerFunc()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range processors {
		if err := b.AddProcessorYAML(p); err != nil {
			t.Fatal(err)
		}
	}
	err = b.AddBatchConsumerFunc(func(_ context.Context, batch service.MessageBatch) error {
		for _, m := range batch {
			consume(m)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(context.Background()) }()
	t.Cleanup(func() {
		if err := s.StopWithin(patience); err != nil {
			t.Error(err)
		}
		<-done
	})
	return send
}

// process sends values, in one batch, through a stream with one inflect_schema processor that lets all of them go on.
func process(t testing.TB, config string, values ...string) []result {
	t.Helper()
	out := left(t, config, values...)
	if len(out) != len(values) {
		t.Fatalf("%d results for %d values", len(out), len(values))
	}
	return out
}

// left is what comes of values that are sent, in one batch, through a stream with one inflect_schema processor.
func left(t testing.TB, config string, values ...string) []result {
	t.Helper()
	var out []result
	send := build(t, []string{"inflect_schema: " + config}, func(m *service.Message) {
		v, err := m.AsBytes()
		if err != nil {
			t.Error(err)
		}
		r := result{value: string(v)}
		if err := m.GetError(); err != nil {
			r.code, _ = m.MetaGet("inflect_error_code")
			r.message = err.Error()
		}
		out = append(out, r)
	})
	var batch service.MessageBatch
	for _, v := range values {
		m := service.NewMessage([]byte(v))
		if v == tombstone {
			m = service.NewMessage(nil)
			m.MetaSetMut("kafka_tombstone_message", "true")
		}
		batch = append(batch, m)
	}
	if err := send(context.Background(), batch); err != nil {
		t.Fatal(err)
	}
	return out
}

// tombstone stands for a null value.
const tombstone = "\x00tombstone"

// catalog is a registry and what registers in it.
type catalog struct {
	url string
	cl  *sr.Client
	// known is the files of a corpus that were registered.
	known map[string]bool
}

func connect(t testing.TB, url string) *catalog {
	t.Helper()
	// A registry that has just started takes its time on a busy machine.
	client := &http.Client{Timeout: patience, Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	cl, err := sr.NewClient(sr.URLs(url), sr.HTTPClient(client))
	if err != nil {
		t.Fatal(err)
	}
	return &catalog{url: url, cl: cl, known: map[string]bool{}}
}

func fake(t testing.TB) *catalog {
	t.Helper()
	r := srfake.New()
	t.Cleanup(r.Close)
	return connect(t, r.URL())
}

func (c *catalog) register(t testing.TB, subject, typ, text string) sr.SubjectSchema {
	t.Helper()
	var kind sr.SchemaType
	if err := kind.UnmarshalText([]byte(typ)); err != nil {
		t.Fatal(err)
	}
	s, err := c.cl.CreateSchema(context.Background(), subject, sr.Schema{Schema: text, Type: kind})
	if err != nil {
		t.Fatalf("registering %s: %v", subject, err)
	}
	return s
}

func (c *catalog) config(rest string) string {
	return fmt.Sprintf("{registry: {url: %q}, %s}", c.url, rest)
}

// own is the schemas of testdata with that ending.
func own(t testing.TB, ending, typ string) []pipeline.RegisteredSchema {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "*"+ending))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no schemas: %v", err)
	}
	var out []pipeline.RegisteredSchema
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, pipeline.RegisteredSchema{Subject: strings.TrimSuffix(filepath.Base(p), ending), Version: 1, Type: typ, Text: string(b)})
	}
	return out
}
