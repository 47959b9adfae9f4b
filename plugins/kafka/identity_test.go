package kafka

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/plugins/record"
)

func TestRecordsKeepWhatTheyAre(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 3, "in", "out")
		at := time.UnixMilli(1_700_000_000_123)
		sent := []*kgo.Record{
			{Key: []byte("k"), Value: []byte("v"), Headers: []kgo.RecordHeader{{Key: "a", Value: []byte("1")}, {Key: "a", Value: []byte("2")}, {Key: "b"}}},
			{Key: nil, Value: []byte("no key"), Partition: 2},
			{Key: []byte{}, Value: []byte("empty key")},
			{Key: []byte("tombstone"), Value: nil},
			{Key: []byte("empty"), Value: []byte{}},
		}
		for _, r := range sent {
			r.Topic, r.Timestamp = "in", at
		}
		produce(t, c, sent...)
		start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery))
		got := map[string]*kgo.Record{}
		for _, r := range consume(t, c, "out", len(sent)) {
			got[fmt.Sprintf("%s/%s", r.Key, r.Value)] = r
		}
		for _, want := range sent {
			r := got[fmt.Sprintf("%s/%s", want.Key, want.Value)]
			switch {
			case r == nil:
				t.Errorf("%q is missing", want.Value)
			case (r.Key == nil) != (want.Key == nil) || (r.Value == nil) != (want.Value == nil):
				t.Errorf("null became empty or the other way: key %#v value %#v, want %#v %#v", r.Key, r.Value, want.Key, want.Value)
			case !bytes.Equal(r.Key, want.Key) || fmt.Sprint(r.Headers) != fmt.Sprint(want.Headers) || !r.Timestamp.Equal(at):
				t.Errorf("got %q %v %v, want %q %v %v", r.Key, r.Headers, r.Timestamp, want.Key, want.Headers, at)
			}
		}
		if r := got["/no key"]; r.Partition != 2 {
			t.Errorf("a record without a key went from partition 2 to %d", r.Partition)
		}
	})
}

func TestRecordsLeaveAsTheirEnvelopesSay(t *testing.T) {
	t.Parallel()
	c := broker(t, 1, "in", "out", "eu")
	produce(t, c, numbered("in", 4, 1)...)
	start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", exactlyOnce), each(func(m *service.Message) bool {
		e := *record.From(m)
		switch e.Source.Offset {
		case 0:
			return false
		case 1:
			e.Topic, e.Key = "eu", []byte("other")
			e.Headers = record.WithHeader(e.Headers, "h", []byte("x"))
		case 2:
			e.Null = true
		}
		record.Attach(m, &e)
		return true
	}))
	eu := consume(t, c, "eu", 1)[0]
	if string(eu.Key) != "other" || len(eu.Headers) != 1 || string(eu.Value) != "1" {
		t.Errorf("got %s %v %s", eu.Key, eu.Headers, eu.Value)
	}
	out := consume(t, c, "out", 2)
	if out[0].Value != nil || string(out[1].Value) != "3" {
		t.Errorf("got %q and %q, want null and 3", out[0].Value, out[1].Value)
	}
	committed(t, c, "g", 4)
}

func TestForeignInputIsWrittenAndAcknowledged(t *testing.T) {
	t.Parallel()
	c := broker(t, 1, "out", "eu")
	p := start(t, c, `
input:
  generate: {count: 3, interval: "", mapping: 'root = "v" + count("foreign").string()'}
pipeline:
  threads: 1
  processors:
    - mapping: |
        meta kafka_key = content().string()
        meta kafka_header_h = "x"
        meta inflect_topic = if content().string() == "v2" { "eu" } else { deleted() }
output:
  inflect_kafka: {brokers: [BROKERS], topic: out}
`)
	if got := strings.Join(values(consume(t, c, "out", 2)), " "); got != "v1 v3" {
		t.Errorf("out has %s, want v1 v3", got)
	}
	eu := consume(t, c, "eu", 1)[0]
	if string(eu.Key) != "v2" || len(eu.Headers) != 1 || eu.Headers[0].Key != "h" {
		t.Errorf("got key %s headers %v", eu.Key, eu.Headers)
	}
	if err := <-p.ended; err != nil {
		t.Errorf("the stream ended with %v", err)
	}
	p.ended = nil
}
