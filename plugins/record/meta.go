package record

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// The metadata names that are the contract with everything that is not one of our plugins: hand-written configs, unit
// tests, foreign inputs and outputs.
const (
	MetaKey          = "kafka_key"
	MetaTopic        = "kafka_topic"
	MetaPartition    = "kafka_partition"
	MetaOffset       = "kafka_offset"
	MetaTimestamp    = "kafka_timestamp_ms"
	MetaTombstone    = "kafka_tombstone_message"
	MetaHeaderPrefix = "kafka_header_"

	// MetaErrorCode and MetaStage say why and where a message failed; see [Fail].
	MetaErrorCode = "inflect_error_code"
	MetaStage     = "inflect_stage"
	// MetaTarget is the topic a message is routed to when that is not the output's own.
	MetaTarget = "inflect_topic"
	// MetaTrace exists in trials only: a JSON array of stages. MetaOutcome marks a message whose fate is sealed: in
	// trials one that would have been removed ("filtered", "dropped"), and any dead letter ("dead_lettered").
	MetaTrace   = "inflect_trace"
	MetaOutcome = "inflect_outcome"
)

// Publish writes the envelope's address into the kafka_* metadata, for processors and outputs that are not ours.
func Publish(m *service.Message, e *Envelope) {
	for _, h := range e.Headers {
		m.MetaSetMut(MetaHeaderPrefix+h.Key, string(h.Value))
	}
	if e.Key != nil {
		m.MetaSetMut(MetaKey, string(e.Key))
	} else {
		m.MetaDelete(MetaKey)
	}
	if e.Topic != "" {
		m.MetaSetMut(MetaTarget, e.Topic)
	}
	if e.Null {
		m.MetaSetMut(MetaTombstone, "true")
	} else {
		m.MetaDelete(MetaTombstone)
	}
}

// Traced reports whether the message's fate is sealed (see [MetaOutcome]), so that later stages leave it alone.
func Traced(m *service.Message) bool {
	_, ok := m.MetaGetImmut(MetaOutcome)
	return ok
}

// WithHeader is headers with every value of key replaced by one; a nil value removes the header. The list it is given
// is left as it is, because envelopes share it.
func WithHeader(headers []Header, key string, value []byte) []Header {
	out := slices.DeleteFunc(slices.Clone(headers), func(h Header) bool { return h.Key == key })
	if value == nil {
		return out
	}
	return append(out, Header{Key: key, Value: value})
}

func metaBytes(v any) []byte {
	switch t := v.(type) {
	case []byte:
		return t
	case string:
		return []byte(t)
	case nil:
		return nil
	default:
		return fmt.Append(nil, t)
	}
}

func metaInt(v any, otherwise int64) int64 {
	n, err := strconv.ParseInt(string(metaBytes(v)), 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}
