package schema

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// An order of about 1.2 KB in the three formats.
const benchJSONSchema = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,
	"required":["id","customer","items","createdAt"],
	"properties":{"id":{"type":"integer","minimum":0},"createdAt":{"type":"integer"},"status":{"enum":["NEW","PAID","SENT"]},
		"note":{"type":["string","null"],"maxLength":200},
		"customer":{"type":"object","required":["name","email"],"properties":{"name":{"type":"string","minLength":1},"email":{"type":"string","pattern":"^[^@]+@[^@]+$"},
			"street":{"type":"string"},"city":{"type":"string"},"zip":{"type":"string","pattern":"^[0-9]{5}$"},"country":{"type":"string","minLength":2,"maxLength":2}}},
		"items":{"type":"array","minItems":1,"items":{"type":"object","required":["sku","price","quantity"],"properties":{"sku":{"type":"string"},
			"name":{"type":"string"},"price":{"type":"number","minimum":0},"quantity":{"type":"integer","minimum":1}}}},
		"attributes":{"type":"object","additionalProperties":{"type":"string"}}}}`

const benchAvro = `{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"createdAt","type":{"type":"long","logicalType":"timestamp-millis"}},
	{"name":"status","type":{"type":"enum","name":"Status","symbols":["NEW","PAID","SENT"]}},{"name":"note","type":["null","string"]},
	{"name":"customer","type":{"type":"record","name":"Customer","fields":[{"name":"name","type":"string"},{"name":"email","type":"string"},{"name":"street","type":"string"},
		{"name":"city","type":"string"},{"name":"zip","type":"string"},{"name":"country","type":"string"}]}},
	{"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[{"name":"sku","type":"string"},{"name":"name","type":"string"},
		{"name":"price","type":"double"},{"name":"quantity","type":"int"}]}}},
	{"name":"attributes","type":{"type":"map","values":"string"}}]}`

const benchProto = `syntax = "proto3"; message Order { int64 id = 1; int64 createdAt = 2; Status status = 3; string note = 4; Customer customer = 5; repeated Item items = 6;
	map<string, string> attributes = 7; enum Status { NEW = 0; PAID = 1; SENT = 2; }
	message Customer { string name = 1; string email = 2; string street = 3; string city = 4; string zip = 5; string country = 6; }
	message Item { string sku = 1; string name = 2; double price = 3; int32 quantity = 4; } }`

func benchOrder() string {
	var items []string
	for i := range 8 {
		items = append(items, fmt.Sprintf(`{"sku":"SKU-%05d","name":"a thing of some kind, number %d","price":%d.5,"quantity":%d}`, i, i, 10+i, 1+i))
	}
	return `{"id":123456789012,"createdAt":1700000000123,"status":"PAID","note":"leave it at the door","customer":{"name":"Ada Lovelace",` +
		`"email":"ada@example.com","street":"12 St James's Square","city":"London","zip":"12345","country":"GB"},"items":[` +
		strings.Join(items, ",") + `],"attributes":{"channel":"web","campaign":"autumn","device":"phone","language":"en-GB"}}`
}

// BenchmarkThereAndBack is what the two schema stages of a pipeline cost: from the wire to JSON and back.
func BenchmarkThereAndBack(b *testing.B) {
	for _, f := range []struct{ name, typ, text string }{{"JSON", "JSON", benchJSONSchema}, {"Avro", "AVRO", benchAvro}, {"Protobuf", "PROTOBUF", benchProto}} {
		b.Run(f.name, func(b *testing.B) {
			bench := newBench(b)
			bench.register("orders-value", f.typ, f.text)
			in := bench.processor("{subject: orders-value, direction: decode}")
			out := bench.processor("{subject: orders-value, direction: encode}")
			wire := body(b, bench.run(out, benchOrder())[0])
			const size = 1000
			b.SetBytes(int64(len(wire)))
			b.ReportAllocs()
			b.ResetTimer()
			before := cpu(b)
			for n := 0; n < b.N; n += size {
				batch := make(service.MessageBatch, size)
				for i := range batch {
					batch[i] = service.NewMessage([]byte(wire))
				}
				for _, p := range []*processor{in, out} {
					if _, err := p.ProcessBatch(context.Background(), batch); err != nil || batch[0].GetError() != nil {
						b.Fatal(err, batch[0].GetError())
					}
				}
			}
			b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpu is the processor time that the process has used: unlike the clock it does not depend on what else runs.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
