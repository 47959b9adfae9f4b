package pipeline

import "time"

// TestCase is a saved trial: events, and what must become of each.
type TestCase struct {
	Name        string      `json:"name"`
	Description string      `json:"description,omitempty"`
	Events      []TestEvent `json:"events"`
	// Expect has one entry per event, or none when the case only keeps events.
	Expect []Expectation `json:"expect,omitempty"`
}

// Expectation is what must become of one event. Records are compared only when there are some.
type Expectation struct {
	Outcome string       `json:"outcome"`
	Records []TestRecord `json:"records,omitempty"`
}

// Sample is an event to try a pipeline with: generated, or read from a topic, which Partition, Offset and Timestamp say.
type Sample struct {
	Event TestEvent `json:"event"`
	// Note says what is special about a generated event.
	Note string `json:"note,omitempty"`
	// Invalid marks a near miss: the schema must refuse it.
	Invalid   bool       `json:"invalid,omitempty"`
	Partition *int32     `json:"partition,omitempty"`
	Offset    *int64     `json:"offset,omitempty"`
	Timestamp *time.Time `json:"timestamp,omitempty"`
}

// SampleRequest asks for Count events that fit a schema. The same Seed gives the same events; edge cases and near
// misses come on top of Count.
type SampleRequest struct {
	Schema     RegisteredSchema
	Count      int
	Seed       int64
	EdgeCases  bool
	NearMisses bool
}

// RegisteredSchema is one version of a subject as the registry holds it. Type is AVRO, PROTOBUF or JSON.
type RegisteredSchema struct {
	Subject    string            `json:"subject"`
	Version    int               `json:"version"`
	ID         int               `json:"id"`
	Type       string            `json:"type"`
	Text       string            `json:"schema"`
	References []SchemaReference `json:"references"`
	// Imports are the texts of all schemas that this one refers to, directly or not, by the name that they are referred
	// to with. It is filled in by who resolves a schema for use, not by who shows it.
	Imports map[string]string `json:"-"`
}

// SchemaReference is how one schema names another.
type SchemaReference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}
