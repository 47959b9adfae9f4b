package schemas

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/inflect-dev/inflect/plugins/js"
)

// The same order in three formats, and four steps that filter, mask, enrich and reshape it.
const (
	orderJSON = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["id","customer","items"],
		"properties":{"id":{"type":"integer","minimum":0},"createdAt":{"type":"integer"},"status":{"enum":["NEW","PAID","SENT"]},"note":{"type":["string","null"]},
			"total":{"type":"number"},"customer":{"type":"object","required":["name"],"properties":{"name":{"type":"string","minLength":1},"email":{"type":["string","null"]}}},
			"items":{"type":"array","minItems":1,"items":{"type":"object","required":["sku","price","quantity"],
				"properties":{"sku":{"type":"string"},"name":{"type":"string"},"price":{"type":"number","minimum":0},"quantity":{"type":"integer","minimum":1}}}}}}`
	orderAvro = `{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"createdAt","type":{"type":"long","logicalType":"timestamp-millis"}},
		{"name":"status","type":{"type":"enum","name":"Status","symbols":["NEW","PAID","SENT"]}},{"name":"note","type":["null","string"]},
		{"name":"total","type":"double","default":0},
		{"name":"customer","type":{"type":"record","name":"Customer","fields":[{"name":"name","type":"string"},{"name":"email","type":["null","string"]}]}},
		{"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[{"name":"sku","type":"string"},{"name":"name","type":"string"},
			{"name":"price","type":"double"},{"name":"quantity","type":"int"}]}}}]}`
	orderProto = `syntax = "proto3"; message Order { int64 id = 1; int64 createdAt = 2; Status status = 3; string note = 4; double total = 5; Customer customer = 6;
		repeated Item items = 7; enum Status { NEW = 0; PAID = 1; SENT = 2; } message Customer { string name = 1; optional string email = 2; }
		message Item { string sku = 1; string name = 2; double price = 3; int32 quantity = 4; } }`
	steps = `{pipeline: bench, steps: [
		{name: keep, kind: filter, code: "(e) => e.status === 'PAID'"},
		{name: mask, kind: transform, code: "(e) => { e.customer.email = null; return e; }"},
		{name: total, kind: transform, code: "(e) => { let t = 0; for (const i of e.items) { t += i.price * i.quantity; } e.total = t; return e; }"},
		{name: note, kind: transform, code: "(e) => { e.note = e.note + '.'; return e; }"}]}`
)

// BenchmarkSchemasAndSteps is a whole pipeline but for Kafka: payload, JSON, four steps, JSON, payload.
func BenchmarkSchemasAndSteps(b *testing.B) {
	var items []string
	for i := range 10 {
		items = append(items, fmt.Sprintf(`{"sku":"SKU-%05d","name":"a thing of some kind, number %d, with a long name","price":%d.5,"quantity":%d}`, i, i, 10+i, 1+i))
	}
	order := `{"id":123456789012,"createdAt":1700000000123,"status":"PAID","note":"leave it at the door","total":0,"customer":{"name":"Ada Lovelace",` +
		`"email":"ada@example.com"},"items":[` + strings.Join(items, ",") + `]}`
	for _, f := range []struct{ name, typ, text string }{{"JSON", "JSON", orderJSON}, {"Avro", "AVRO", orderAvro}, {"Protobuf", "PROTOBUF", orderProto}} {
		b.Run(f.name, func(b *testing.B) {
			c := fake(b)
			c.register(b, "orders", f.typ, f.text)
			wire := process(b, c.config("direction: encode, subject: orders"), order)[0]
			if wire.code != "" {
				b.Fatal(wire.message)
			}
			var failure error
			s := build(b, []string{"inflect_schema: " + c.config("direction: decode, subject: orders"), "inflect_js: " + steps,
				"inflect_schema: " + c.config("direction: encode, subject: orders")}, func(m *service.Message) {
				if err := m.GetError(); err != nil {
					failure = err
				}
			})
			const size = 1000
			batch := func() service.MessageBatch {
				out := make(service.MessageBatch, size)
				for i := range out {
					out[i] = service.NewMessage([]byte(wire.value))
				}
				return out
			}
			if err := s(context.Background(), batch()); err != nil || failure != nil {
				b.Fatal(err, failure)
			}
			b.ResetTimer()
			before := cpu(b)
			for n := 0; n < b.N; n += size {
				if err := s(context.Background(), batch()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
			if failure != nil {
				b.Fatal(failure)
			}
		})
	}
}

// cpu is the processor time of this process: unlike the clock it does not depend on what else runs.
func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
