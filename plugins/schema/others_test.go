package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

// A topic with several types, in batches that are worked on by one core and by several.
func TestOthersAreDeadLettersOrFiltered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", `{"type": "object", "title": "old"}`)
	id := b.register("orders-value", "JSON", order)
	users := b.register("users-value", "JSON", `{"type": "object", "title": "users"}`)
	items := b.register("items-value", "AVRO", rec(`{"name":"a","type":"long"}`))
	kinds := []struct{ value, code string }{
		{frame(users, `{"id":%d}`), CodeWrongSubject},
		{frame(1, `{"id":%d}`), ""},
		{frame(items, "\x02"), CodeWrongSubject},
		{`{"id":%d}`, ""},
		{frame(4711, `{"id":%d}`), CodeUnknownID},
		{frame(id, `{"x":%d}`), CodeViolation},
		{"", ""},
		{frame(id, `{"id":%d}`), ""},
	}
	for _, others := range []string{othersDeadLetter, othersFilter} {
		for _, n := range []int{len(kinds), 3 * minPart * len(kinds)} {
			t.Run(fmt.Sprintf("%s of %d", others, n), func(t *testing.T) {
				t.Parallel()
				pipeline := fmt.Sprintf("%s-%d", others, n)
				p := b.processor("{subject: orders-value, version: 2, direction: decode, pipeline: " + pipeline + ", others: " + others + "}")
				var values []string
				for i := range n {
					values = append(values, strings.ReplaceAll(kinds[i%len(kinds)].value, "%d", fmt.Sprint(i)))
				}
				batch := messages(values...)
				sources := make([]*record.Source, n)
				for i, m := range batch {
					sources[i] = record.From(m).Source
					if values[i] == "" {
						sources[i].Value = nil
						record.Attach(m, record.Of(sources[i]))
					}
				}
				out, err := p.ProcessBatch(t.Context(), batch)
				if err != nil || len(out) != 1 {
					t.Fatalf("%d batches: %v", len(out), err)
				}
				left := out[0]
				for i, source := range sources {
					code := kinds[i%len(kinds)].code
					if code == CodeWrongSubject && others == othersFilter {
						if source.Outcome != record.Filtered {
							t.Errorf("record %d: %s", i, source.Outcome)
						}
						continue
					}
					if len(left) == 0 || record.From(left[0]).Source != source || source.Outcome != record.Pending {
						t.Fatalf("record %d is not where it belongs, or %s", i, source.Outcome)
					}
					want(t, left[0], code)
					if got, want := body(t, left[0]), fmt.Sprintf(`{"id":%d}`, i); code == "" && values[i] != "" && got != want {
						t.Errorf("record %d became %s", i, got)
					}
					left = left[1:]
				}
				if len(left) > 0 {
					t.Errorf("%d messages too many", len(left))
				}
			})
		}
	}
}

func TestABatchOfOthersIsNoBatch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	users := b.register("users-value", "JSON", `{"type": "object", "title": "users"}`)
	p := b.processor("{subject: orders-value, direction: decode, others: filter, pipeline: eu}")
	foreign := service.NewMessage([]byte(frame(users, "{}")))
	out, err := p.ProcessBatch(t.Context(), append(messages(frame(users, "{}")), foreign))
	if err != nil || len(out) != 0 {
		t.Fatalf("%d batches: %v", len(out), err)
	}
	// Our own input counts its records when it commits them, a foreign one does not.
	if s := b.stats.Boards()[0]; s.Read != 1 || s.Filtered != 1 || s.InFlight != 0 {
		t.Errorf("read %d, filtered %d, in flight %d", s.Read, s.Filtered, s.InFlight)
	}
}

func TestARecordOfWhichAnythingIsLeftIsNotFiltered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.register("orders-value", "JSON", order)
	users := b.register("users-value", "JSON", `{"type": "object", "title": "users"}`)
	p := b.processor("{subject: orders-value, direction: decode, others: filter}")
	batch := messages(frame(users, "{}"), frame(id, `{"id":1}`))
	record.Attach(batch[1], record.From(batch[0]))
	out, err := p.ProcessBatch(t.Context(), batch)
	if err != nil || len(out) != 1 || len(out[0]) != 1 {
		t.Fatalf("%d batches: %v", len(out), err)
	}
	if s := record.From(out[0][0]).Source; s.Outcome != record.Pending {
		t.Errorf("outcome %s", s.Outcome)
	}
}

// What the registry no longer has under any subject may have been of the named one.
func TestAnIDWithoutASubjectIsNotFiltered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	g := newGate(t, b)
	g.orphan.Store(7)
	p := b.processor("{subject: orders-value, direction: decode, others: filter}")
	want(t, b.run(p, frame(7, `{"id":1}`))[0], CodeWrongSubject)
}

func TestOthersWaitForTheRegistry(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	users := b.register("users-value", "JSON", `{"type": "object", "title": "users"}`)
	g := newGate(t, b)
	p := b.processor("{subject: orders-value, direction: decode, others: filter}")
	b.run(p, `{"id":1}`)
	g.shut.Store(true)
	done := make(chan int, 1)
	go func() {
		out, err := p.ProcessBatch(t.Context(), messages(frame(users, "{}")))
		if err != nil {
			t.Error(err)
		}
		done <- len(out)
	}()
	for range 3 {
		<-g.seen
	}
	select {
	case <-done:
		t.Fatal("the batch did not wait")
	default:
	}
	g.shut.Store(false)
	if n := <-done; n != 0 {
		t.Errorf("%d batches are left", n)
	}
}

func TestTrialsShowWhatIsFiltered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register("orders-value", "JSON", order)
	users := b.register("users-value", "JSON", `{"type": "object", "title": "users"}`)
	m := b.run(b.processor("{subject: orders-value, direction: decode, others: filter, trace: true}"), frame(users, "{}"))[0]
	want(t, m, "")
	if v, _ := m.MetaGet(record.MetaTrace); !strings.HasPrefix(v, `[{"stage":"schema_in","outcome":"filtered","duration_us":`) {
		t.Error(v)
	}
	if v, _ := m.MetaGet(record.MetaOutcome); v != "filtered" {
		t.Errorf("outcome %q", v)
	}
}

func TestOthersAreForDecoding(t *testing.T) {
	t.Parallel()
	const config = `inflect_schema: {registry: {url: "http://a"}, subject: a, others: filter, direction: `
	if err := service.NewStreamBuilder().AddProcessorYAML(config + decode + "}"); err != nil {
		t.Error(err)
	}
	if err := service.NewStreamBuilder().AddProcessorYAML(config + encode + "}"); err == nil || !strings.Contains(err.Error(), "others is for direction decode") {
		t.Errorf("got %v", err)
	}
}
