package record

import (
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Header is one Kafka record header. Keys may repeat and the order counts, so headers are a list.
type Header struct {
	Key   string
	Value []byte
}

// Outcome says what became of a source record. The zero value means that nobody has decided yet.
type Outcome uint8

// The outcomes of invariant 1. A record that ends as Pending was removed by a processor that knows nothing of
// outcomes, which is a filter: see [Outcome.Final].
const (
	Pending Outcome = iota
	Delivered
	Filtered
	DeadLettered
	Dropped
	outcomes
)

// String is the value of the metrics' outcome label.
func (o Outcome) String() string {
	return [...]string{"pending", "delivered", "filtered", "dead_lettered", "dropped"}[o]
}

// Final is the outcome under which a committed record counts.
func (o Outcome) Final() Outcome {
	if o == Pending {
		return Filtered
	}
	return o
}

// Source is one record as it was read. Everything but Outcome and Refused is read-only once it has been handed on.
type Source struct {
	Topic     string
	Partition int32
	Offset    int64
	Timestamp time.Time
	// Key and Value are the original bytes. Nil is Kafka's null, which is not the same as empty.
	Key, Value []byte
	Headers    []Header

	// Owner is the input's own handle, by which the output of the same package finds the open transaction again.
	// It is nil for records that come from a foreign input: then nobody commits, and processors count outcomes.
	Owner any
	// Outcome is written by whoever holds the record's messages and read when its batch is committed.
	Outcome Outcome
	// Refused tells the output what to do with the unit when its target refuses it for good (too large, invalid); nil
	// means that the pipeline stops. inflect_dlq sets it, to the same value for every record of a pipeline.
	Refused Refusal
}

// Tombstone reports whether the record's value is Kafka's null.
func (s *Source) Tombstone() bool { return s.Value == nil }

// Envelope addresses one message. It is immutable: to change it, put a changed copy on the message with [Attach].
type Envelope struct {
	Source *Source
	// Topic is where the message is to go; empty means the output's own topic.
	Topic string
	// Key and Headers are what the message leaves with. They start as the source's.
	Key     []byte
	Headers []Header
	// Null makes the output write a null value whatever the message's bytes are, since a message cannot hold nil.
	Null bool
	// DeadLetter marks the message as the one that stands for its whole unit on the dead-letter topic.
	DeadLetter bool
}

// Refusal decides, for the output, about a unit that its target will never take. A dead letter that is refused in its
// turn is not asked about again: the pipeline stops.
type Refusal interface {
	// DeadLetter is the envelope and value under which the source record is to be produced instead. ok is false when
	// the policy is to drop the record. It sets the source's outcome and counts the failure, so that the caller does not.
	DeadLetter(s *Source, f *Failure) (e *Envelope, value []byte, ok bool)
}

// Copy makes an Envelope a Benthos immutable metadata value, which is shared and never cloned.
func (e *Envelope) Copy() any { return e }

// String keeps the envelope readable where Benthos turns all metadata into text.
func (e *Envelope) String() string { return e.Source.Topic }

// key of the envelope among a message's metadata.
const key = "inflect_record"

// Of is the envelope with which a source record starts its way.
func Of(s *Source) *Envelope {
	return &Envelope{Source: s, Key: s.Key, Headers: s.Headers, Null: s.Value == nil}
}

// Attach puts e on the message.
func Attach(m *service.Message, e *Envelope) { m.MetaSetImmut(key, e) }

// From is the message's envelope, nil when it has none.
func From(m *service.Message) *Envelope {
	v, ok := m.MetaGetImmut(key)
	if !ok {
		return nil
	}
	e, _ := v.(*Envelope)
	return e
}

// Ensure is the message's envelope. A message of a foreign input gets one made of its metadata and its present bytes,
// so the first inflect processor of a pipeline has to call it before it changes the message.
func Ensure(m *service.Message) *Envelope {
	if e := From(m); e != nil {
		return e
	}
	s := &Source{Partition: -1, Offset: -1}
	if b, err := m.AsBytes(); err == nil {
		s.Value = b
		if s.Value == nil {
			s.Value = []byte{}
		}
	}
	_ = m.MetaWalkMut(func(k string, v any) error {
		readMeta(s, k, v)
		return nil
	})
	e := Of(s)
	Attach(m, e)
	return e
}

func readMeta(s *Source, k string, v any) {
	switch k {
	case MetaKey:
		s.Key = metaBytes(v)
	case MetaTopic:
		s.Topic = string(metaBytes(v))
	case MetaPartition:
		s.Partition = int32(metaInt(v, -1))
	case MetaOffset:
		s.Offset = metaInt(v, -1)
	case MetaTimestamp:
		if ms := metaInt(v, -1); ms >= 0 {
			s.Timestamp = time.UnixMilli(ms)
		}
	case MetaTombstone:
		if string(metaBytes(v)) == "true" {
			s.Value = nil
		}
	default:
		if name, ok := strings.CutPrefix(k, MetaHeaderPrefix); ok {
			s.Headers = append(s.Headers, Header{Key: name, Value: metaBytes(v)})
		}
	}
}
