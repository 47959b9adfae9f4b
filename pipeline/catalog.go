package pipeline

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// TopicSummary is one topic of a list.
type TopicSummary struct {
	Name        string `json:"name"`
	Partitions  int    `json:"partitions"`
	Replication int    `json:"replication"`
	Internal    bool   `json:"internal"`
}

// Topic is one topic with its partitions in order, its configs by name, and who uses it.
type Topic struct {
	Name       string           `json:"name"`
	Internal   bool             `json:"internal"`
	Partitions []TopicPartition `json:"partitions"`
	Configs    []TopicConfig    `json:"configs"`
	UsedBy     []Use            `json:"used_by"`
}

// TopicPartition is one partition. Leader is -1 while there is none; Error says why offsets are not known.
type TopicPartition struct {
	Partition   int32   `json:"partition"`
	Leader      int32   `json:"leader"`
	Replicas    []int32 `json:"replicas"`
	InSync      []int32 `json:"in_sync"`
	StartOffset int64   `json:"start_offset"`
	EndOffset   int64   `json:"end_offset"`
	Error       string  `json:"error,omitempty"`
}

// TopicConfig is one setting of a topic. Value is nil for secrets; Default says that the topic itself does not set it.
type TopicConfig struct {
	Name    string  `json:"name"`
	Value   *string `json:"value"`
	Default bool    `json:"default"`
}

// Use says which field of which pipeline names something: "source", "outputs.eu", "steps[0]".
type Use struct {
	Pipeline string `json:"pipeline"`
	As       string `json:"as"`
}

// RecordQuery selects records of a topic: from Offset in Partition, from Time on, or the newest ones. Limit is how many
// at most.
type RecordQuery struct {
	Partition *int32
	Offset    *int64
	Time      *time.Time
	Limit     int
}

// Record is one record of a topic. Nil keys and values are Kafka's null. As JSON, keys and header values are text and
// values JSON, exactly as they are in the record; what is neither travels as base64.
type Record struct {
	Partition int32
	Offset    int64
	Timestamp time.Time
	Key       []byte
	Value     []byte
	Headers   []RecordHeader
	// SchemaID is the id of a value that was framed; Value is then without its frame.
	SchemaID *int32
	// Decoded says that Value is JSON that the schema makes of other bytes: Avro, Protobuf.
	Decoded bool
	Size    int
	// Truncated says that the value was too large to be shown and is left out.
	Truncated bool
}

// RecordHeader is one header of a record; a nil value is null.
type RecordHeader struct {
	Name  string
	Value []byte
}

// ProducedRecord is where a record went.
type ProducedRecord struct {
	Partition int32 `json:"partition"`
	Offset    int64 `json:"offset"`
}

type recordJSON struct {
	Partition   int32           `json:"partition"`
	Offset      int64           `json:"offset"`
	Timestamp   time.Time       `json:"timestamp"`
	Key         *string         `json:"key"`
	KeyBase64   []byte          `json:"key_base64,omitempty"`
	Headers     []headerJSON    `json:"headers"`
	Value       json.RawMessage `json:"value,omitempty"`
	ValueBase64 *[]byte         `json:"value_base64,omitempty"`
	Tombstone   bool            `json:"tombstone,omitempty"`
	SchemaID    *int32          `json:"schema_id,omitempty"`
	Decoded     bool            `json:"decoded,omitempty"`
	Size        int             `json:"size"`
	Truncated   bool            `json:"truncated,omitempty"`
}

type headerJSON struct {
	Name        string  `json:"name"`
	Value       *string `json:"value"`
	ValueBase64 []byte  `json:"value_base64,omitempty"`
}

// MarshalJSON writes the record so that no byte of it is lost.
func (r Record) MarshalJSON() ([]byte, error) {
	out := recordJSON{Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp.UTC(), SchemaID: r.SchemaID, Decoded: r.Decoded,
		Size: r.Size, Truncated: r.Truncated, Headers: make([]headerJSON, len(r.Headers))}
	out.Key, out.KeyBase64 = text(r.Key)
	for i, h := range r.Headers {
		out.Headers[i].Name = h.Name
		out.Headers[i].Value, out.Headers[i].ValueBase64 = text(h.Value)
	}
	switch {
	case r.Truncated:
	case r.Value == nil:
		out.Tombstone = true
	case utf8.Valid(r.Value) && json.Valid(r.Value):
		out.Value = r.Value
	default:
		out.ValueBase64 = &r.Value
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Record) UnmarshalJSON(b []byte) error {
	var in recordJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*r = Record{Partition: in.Partition, Offset: in.Offset, Timestamp: in.Timestamp, SchemaID: in.SchemaID, Decoded: in.Decoded, Size: in.Size,
		Truncated: in.Truncated, Key: untext(in.Key, in.KeyBase64)}
	for _, h := range in.Headers {
		r.Headers = append(r.Headers, RecordHeader{Name: h.Name, Value: untext(h.Value, h.ValueBase64)})
	}
	switch {
	case in.ValueBase64 != nil:
		r.Value = *in.ValueBase64
	case !in.Tombstone && !in.Truncated:
		r.Value = in.Value
	}
	return nil
}

// text is b as a string, or as bytes when it is no text. Both are nil for null.
func text(b []byte) (*string, []byte) {
	if b == nil {
		return nil, nil
	}
	if !utf8.Valid(b) {
		return nil, b
	}
	s := string(b)
	return &s, nil
}

func untext(s *string, b []byte) []byte {
	if s != nil {
		return []byte(*s)
	}
	return b
}

// Function is one exported function that steps may name. ID is "file.ts#export"; Kind is empty when its source does not
// say; Params is the JSON Schema of its parameters.
type Function struct {
	ID     string          `json:"id"`
	File   string          `json:"file"`
	Export string          `json:"export"`
	Kind   Kind            `json:"kind,omitempty"`
	Doc    string          `json:"doc"`
	Params json.RawMessage `json:"params,omitempty"`
	Source string          `json:"source,omitempty"`
}

// Subject is one subject of the registry. Compatibility is empty when the registry does not say.
type Subject struct {
	Subject       string           `json:"subject"`
	Versions      []int            `json:"versions"`
	Compatibility string           `json:"compatibility,omitempty"`
	Latest        RegisteredSchema `json:"latest"`
	UsedBy        []Use            `json:"used_by"`
}
