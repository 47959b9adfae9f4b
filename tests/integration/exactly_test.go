package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
)

// fate says what has to become of event n. The pipeline of [TestEveryEventEndsExactlyOnce] is made so.
func fate(n int) string {
	switch n % 100 {
	case 7, 17, 27, 37, 47: // the first step
		return "filtered"
	case 1: // no name: the incoming schema
		return "schema_in"
	case 2: // the third step throws
		return "step:risky"
	case 3: // a negative total: the outgoing schema
		return "schema_out"
	}
	return "delivered"
}

func event(n int) string {
	name := `,"name":"n` + strconv.Itoa(n) + `"`
	if fate(n) == "schema_in" {
		name = ""
	}
	return fmt.Sprintf(`{"id":%d%s,"kind":%q,"price":%d,"count":3,"wide":9007199254740993}`, n, name, fate(n), n%1000+1)
}

const stepsOfFate = `
export const keep = (e) => e.kind !== "filtered";
export const total = (e) => ({ ...e, total: e.price * e.count });
export function risky(e: { kind: string }) {
  if (e.kind === "step:risky") throw new Error("risky");
  return e;
}
export const negate = (e) => ({ id: e.id, name: e.name.toUpperCase(), wide: e.wide, total: e.kind === "schema_out" ? -1 : e.total });
`

const (
	schemaIn  = `{"type":"object","required":["id","name"],"properties":{"id":{"type":"integer"},"name":{"type":"string"},"price":{"type":"integer","minimum":1}}}`
	schemaOut = `{"type":"object","required":["id","total"],"properties":{"total":{"type":"integer","minimum":0}},"additionalProperties":{"type":["integer","string"]}}`
)

// TestEveryEventEndsExactlyOnce is invariants 1 to 3 on the whole: 300,000 events in six partitions through four steps
// and two schemas, while a second engine joins and the first one is told to end.
func TestEveryEventEndsExactlyOnce(t *testing.T) {
	const events, partitions = 300_000, 6
	s := start(t, needs{engines: 2})
	source := s.kafka.Topic(t, "source", partitions)
	target, dlq := s.kafka.Topic(t, "target", partitions), s.kafka.Topic(t, "dlq", partitions)
	s.transform("fate.ts", stepsOfFate)

	feeder := s.kafka.Client(t, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MaxBufferedRecords(events))
	for n := range events {
		feeder.Produce(t.Context(), &kgo.Record{Topic: source, Partition: int32(n % partitions), Key: []byte(strconv.Itoa(n)), Value: []byte(event(n))},
			func(_ *kgo.Record, err error) {
				if err != nil {
					t.Errorf("producing: %v", err)
				}
			})
	}
	if err := feeder.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}

	spec := pipeline.Spec{
		Name: "fate", Source: pipeline.Source{Topic: source, Schema: s.schema("in", schemaIn)},
		Steps: []pipeline.Step{
			{Name: "keep", Kind: pipeline.Filter, Transform: "fate.ts#keep"},
			{Name: "total", Kind: pipeline.Transform, Transform: "fate.ts#total"},
			{Name: "risky", Kind: pipeline.Transform, Transform: "fate.ts#risky"},
			{Name: "negate", Kind: pipeline.Transform, Transform: "fate.ts#negate"},
		},
		Target: pipeline.Target{Topic: target, Schema: s.schema("out", schemaOut)},
		DLQ:    &pipeline.Target{Topic: dlq},
		Batch:  pipeline.Batch{MaxRecords: 2000},
	}
	spec.Target.Schema.Framing = "bare"
	began := time.Now()
	s.create(spec)

	seen := make([]string, events)
	order := map[int32][]int{}
	out := s.reader(target, dlq)
	have := 0
	count := func(until int) {
		t.Helper()
		for have < until {
			records := next(t, out)
			have += len(records)
			for _, r := range records {
				take(t, r, dlq, seen, order)
			}
		}
	}
	var want int
	for n := range events {
		if fate(n) != "filtered" {
			want++
		}
	}
	count(want / 6)
	s.startEngine(1)
	s.shows("fate", "the second engine has partitions", func(st pipeline.Status) error {
		for _, i := range st.Instances {
			if i.ID == "engine-1" && len(i.Partitions) > 0 {
				return nil
			}
		}
		return fmt.Errorf("instances are %+v", st.Instances)
	})
	count(want / 2)
	s.engines[0].Stop(t)
	count(want)
	s.caughtUp("fate", source)
	t.Logf("%d events in %s, a second engine joining and the first one leaving", events, time.Since(began).Round(time.Millisecond))

	// What would come after everything is there, such as a record that was written twice.
	quiet, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	for quiet.Err() == nil {
		for _, r := range out.PollFetches(quiet).Records() {
			take(t, r, dlq, seen, order)
		}
	}
	for n, where := range seen {
		if where == "" && fate(n) != "filtered" {
			t.Fatalf("event %d, to be %s, is nowhere", n, fate(n))
		}
	}
	for partition, ids := range order {
		if !slices.IsSorted(ids) {
			t.Errorf("the events of source partition %d left in another order", partition)
		}
	}
}

// take notes where an event ended and fails when it has ended before or elsewhere than it should.
func take(t *testing.T, r *kgo.Record, dlq string, seen []string, order map[int32][]int) {
	t.Helper()
	n, err := strconv.Atoi(string(r.Key))
	if err != nil || n < 0 || n >= len(seen) {
		t.Fatalf("a record has the key %q", r.Key)
	}
	where := "delivered"
	if r.Topic == dlq {
		where = header(r, "inflect-stage")
		if string(r.Value) != event(n) {
			t.Fatalf("the dead letter of event %d is %s", n, r.Value)
		}
	} else {
		var got struct {
			ID, Total int
			Name      string
			Wide      json.Number
		}
		if err := json.Unmarshal(r.Value, &got); err != nil || got.ID != n || got.Total != (n%1000+1)*3 || got.Name != "N"+strconv.Itoa(n) || got.Wide != "9007199254740993" {
			t.Fatalf("event %d became %s (%v)", n, r.Value, err)
		}
	}
	if seen[n] != "" {
		t.Fatalf("event %d is %s and then %s", n, seen[n], where)
	}
	if where != fate(n) {
		t.Fatalf("event %d is %s instead of %s: %s", n, where, fate(n), header(r, "inflect-error"))
	}
	seen[n] = where
	if r.Topic != dlq {
		// Keys are hashed, so one source partition is spread over the target's; within one of those its order has to hold.
		lane := int32(n%6)*100 + r.Partition
		order[lane] = append(order[lane], n)
	}
}
