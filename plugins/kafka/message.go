package kafka

import (
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/plugins/record"
)

// messages makes one message of each record. What a record's identity needs is allocated in one piece for the batch:
// per message there remain the message itself and its metadata.
func (b *batch) messages() service.MessageBatch {
	n := len(b.records)
	out := make(service.MessageBatch, n)
	origins := make([]origin, n)
	envelopes := make([]record.Envelope, n)
	b.sources = make([]record.Source, n)
	headers := 0
	for _, r := range b.records {
		headers += len(r.Headers)
	}
	slab := make([]record.Header, 0, headers)
	for i, r := range b.records {
		origins[i] = origin{batch: b, record: r}
		first := len(slab)
		for _, h := range r.Headers {
			slab = append(slab, record.Header{Key: h.Key, Value: h.Value})
		}
		s := &b.sources[i]
		s.Topic, s.Partition, s.Offset, s.Timestamp = r.Topic, r.Partition, r.Offset, r.Timestamp
		s.Key, s.Value = r.Key, r.Value
		s.Owner = &origins[i]
		if len(slab) > first {
			s.Headers = slab[first:len(slab):len(slab)]
		}
		envelopes[i] = record.Envelope{Source: s, Key: s.Key, Headers: s.Headers, Null: s.Value == nil}
		m := service.NewMessage(r.Value)
		record.Attach(m, &envelopes[i])
		out[i] = m
	}
	return out
}

// headersOf is the envelope's headers as the client wants them. Most records leave with the headers they came with, and
// then these are the very ones.
func headersOf(e *record.Envelope, from *kgo.Record) []kgo.RecordHeader {
	if len(e.Headers) == 0 {
		return nil
	}
	if from != nil && len(e.Headers) == len(e.Source.Headers) && &e.Headers[0] == &e.Source.Headers[0] {
		return from.Headers
	}
	out := make([]kgo.RecordHeader, len(e.Headers))
	for i, h := range e.Headers {
		out[i] = kgo.RecordHeader{Key: h.Key, Value: h.Value}
	}
	return out
}
