package js

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/dop251/goja"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	_ "github.com/redpanda-data/connect/v4/public/components/javascript"
)

// orderSteps filter, mask, enrich and reshape an order.
var orderSteps = []string{
	"(e) => e.status === 'paid' && e.total > 10 && e",
	"(e) => { e.customer.email = e.customer.email.replace(/^(.).*@/, '$1***@'); e.customer.phone = null; return e; }",
	"(e) => { e.region = { DE: 'eu', FR: 'eu', US: 'na' }[e.customer.country] ?? 'other'; e.gross = Math.round(e.total * 119) / 100; return e; }",
	"(e) => ({ id: e.id, at: e.created_at, customer: e.customer, region: e.region, gross: e.gross, lines: e.items.length, items: e.items, meta: e.meta })",
}

// order is an event of about 1.2 KB.
func order() []byte {
	items := make([]string, 6)
	for i := range items {
		items[i] = fmt.Sprintf(`{"sku":"SKU-%05d","name":"Article number %d","qty":%d,"price":%d.95,"tags":["a","b"]}`, i*37, i, i+1, 10+i)
	}
	return fmt.Appendf(nil, `{"id":"0190a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b","status":"paid","created_at":"2024-05-06T07:08:09.123Z","total":142.5,`+
		`"currency":"EUR","customer":{"id":8812,"name":"Anna Schmidt","email":"anna.schmidt@example.com","phone":"+49 30 1234567","country":"DE",`+
		`"address":{"street":"Unter den Linden 1","city":"Berlin","zip":"10117"}},"items":[%s],"meta":{"source":"web","campaign":null,"ab":{"x":1,"y":[1,2,3]},`+
		`"agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","trace":"4bf92f3577b34da6a3ce929d0e0e4736"}}`, strings.Join(items, ","))
}

const benchBatch = 500

// BenchmarkFourSteps compares, per event, this processor with the way that Go programs use the engine otherwise (through
// maps) and with Connect's javascript processor. Run all three in one go: only the ratios mean something.
func BenchmarkFourSteps(b *testing.B) {
	event := order()
	b.Run("inflect_js", func(b *testing.B) {
		var steps []string
		for i, code := range orderSteps {
			quoted, _ := json.Marshal(code)
			steps = append(steps, fmt.Sprintf(`{name: s%d, code: %s}`, i, quoted))
		}
		p := newTestProcessor(b, "{pipeline: bench, steps: ["+strings.Join(steps, ", ")+"]}")
		benchBatches(b, event, func(batch service.MessageBatch) int {
			out, err := p.ProcessBatch(b.Context(), batch)
			if err != nil {
				b.Fatal(err)
			}
			return len(out[0])
		})
	})
	b.Run("goja through maps", func(b *testing.B) {
		vm := goja.New()
		var functions []goja.Callable
		for _, code := range orderSteps {
			v, err := vm.RunString(code)
			if err != nil {
				b.Fatal(err)
			}
			f, _ := goja.AssertFunction(v)
			functions = append(functions, f)
		}
		benchBatches(b, event, func(batch service.MessageBatch) int {
			for _, m := range batch {
				text, _ := m.AsBytes()
				for _, f := range functions {
					var decoded any
					if err := json.Unmarshal(text, &decoded); err != nil {
						b.Fatal(err)
					}
					v, err := f(goja.Undefined(), vm.ToValue(decoded))
					if err != nil {
						b.Fatal(err)
					}
					if text, err = json.Marshal(v.Export()); err != nil {
						b.Fatal(err)
					}
				}
			}
			return len(batch)
		})
	})
	b.Run("Connect javascript", func(b *testing.B) {
		code := "const e0 = benthos.v0_msg_as_structured();\n"
		for i, s := range orderSteps {
			code += fmt.Sprintf("const e%d = (%s)(e%d);\n", i+1, s, i)
		}
		code += fmt.Sprintf("benthos.v0_msg_set_structured(e%d);", len(orderSteps))
		conf, _ := json.Marshal(map[string]any{"label": "js", "javascript": map[string]any{"code": "(() => {" + code + "})()"}})
		builder := service.NewResourceBuilder()
		if err := builder.AddProcessorYAML(string(conf)); err != nil {
			b.Fatal(err)
		}
		res, stop, err := builder.Build()
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = stop(context.Background()) }()
		benchBatches(b, event, func(batch service.MessageBatch) int {
			n := 0
			_ = res.AccessProcessor(b.Context(), "js", func(p *service.ResourceProcessor) {
				out, err := p.ProcessBatch(b.Context(), batch)
				if err != nil {
					b.Fatal(err)
				}
				for _, m := range out[0] {
					if m.GetError() != nil {
						b.Fatal(m.GetError())
					}
					_, _ = m.AsBytes()
					n++
				}
			})
			return n
		})
	})
}

// benchBatches times batches; the figure is per event.
func benchBatches(b *testing.B, event []byte, process func(service.MessageBatch) int) {
	b.SetBytes(int64(len(event)))
	b.ReportAllocs()
	for done := 0; done < b.N; done += benchBatch {
		batch := make(service.MessageBatch, min(benchBatch, b.N-done))
		for i := range batch {
			batch[i] = service.NewMessage(event)
		}
		if n := process(batch); n != len(batch) {
			b.Fatalf("%d of %d events came out", n, len(batch))
		}
	}
}
