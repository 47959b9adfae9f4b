package pipeline

import (
	"encoding/json"
	"time"
)

// Spec is a pipeline as its author writes it: the body of the REST API, of `inflect pipelines apply` and of export.
// The zero value of an optional field means its default; see [Spec.WithDefaults].
type Spec struct {
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Owner       string            `json:"owner,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Source      Source            `json:"source"`
	Steps       []Step            `json:"steps"`
	Target      Target            `json:"target"`
	// Outputs are further topics, by the name that ctx.emit gives.
	Outputs    map[string]Target `json:"outputs,omitempty"`
	DLQ        *Target           `json:"dlq,omitempty"`
	OnError    OnError           `json:"on_error,omitempty"`
	Tombstones Tombstones        `json:"tombstones,omitempty"`
	Delivery   Delivery          `json:"delivery,omitempty"`
	Batch      Batch             `json:"batch,omitzero"`
	Limits     Limits            `json:"limits,omitzero"`
	Scaling    Scaling           `json:"scaling,omitzero"`
	// Kubernetes overrides the installation's pod settings; its keys are configgen/kube's.
	Kubernetes json.RawMessage `json:"kubernetes,omitempty"`
	State      State           `json:"state,omitempty"`
}

// Source is where records are read.
type Source struct {
	Topic string `json:"topic"`
	// Start is where a consumer group without offsets begins: earliest or latest.
	Start  string  `json:"start,omitempty"`
	Schema *Schema `json:"schema,omitempty"`
}

// Target is a topic that records are written to.
type Target struct {
	Topic  string  `json:"topic"`
	Schema *Schema `json:"schema,omitempty"`
	// Create asks for the topic to be made if it does not exist.
	Create *CreateTopic `json:"create,omitempty"`
}

// CreateTopic says how to create a missing topic; zero partitions means as many as the source has, zero replication
// the cluster's default.
type CreateTopic struct {
	Partitions  int32 `json:"partitions,omitempty"`
	Replication int16 `json:"replication,omitempty"`
}

// Schema names a schema in the registry. Version is a number or "latest", which is resolved when a revision is rendered.
type Schema struct {
	Subject string  `json:"subject"`
	Version Version `json:"version,omitempty"`
	// Framing is confluent (magic byte and id before the payload), bare, or auto, which is the default and means either
	// on the way in and confluent on the way out.
	Framing string `json:"framing,omitempty"`
	// Others is for the source's schema alone.
	Others Others `json:"others,omitempty"`
}

// Others is what becomes of records that are framed with a schema of other subjects.
type Others string

// FilterOthers leaves them out, so that a pipeline can read one type of a topic that has several.
const (
	DeadLetterOthers Others = "dead_letter"
	FilterOthers     Others = "filter"
)

// Step is one function of a pipeline. Exactly one of Transform ("file.ts#export") and Code is set.
type Step struct {
	Name      string          `json:"name"`
	Kind      Kind            `json:"kind"`
	Transform string          `json:"transform,omitempty"`
	Code      string          `json:"code,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
}

// Kind says what a step's result means.
type Kind string

// A transform returns the new event, a filter whether to keep it.
const (
	Transform Kind = "transform"
	Filter    Kind = "filter"
)

// OnError is what becomes of a record that fails.
type OnError string

// DeadLetter needs a dlq; Stop halts the pipeline on the record and leaves its offset uncommitted.
const (
	DeadLetter OnError = "dead_letter"
	Drop       OnError = "drop"
	Stop       OnError = "stop"
)

// Tombstones is what becomes of null values.
type Tombstones string

// Pass delivers them past the steps, Steps runs the steps on null, DropTombstones filters them.
const (
	Pass           Tombstones = "pass"
	Steps          Tombstones = "steps"
	DropTombstones Tombstones = "drop"
)

// Delivery is the guarantee.
type Delivery string

// The guarantees; ExactlyOnce is the default.
const (
	ExactlyOnce Delivery = "exactly_once"
	AtLeastOnce Delivery = "at_least_once"
)

// State is what the author wants of a pipeline.
type State string

// Paused stops reading and keeps its place; Stopped takes the pipeline off the engines.
const (
	Running State = "running"
	Paused  State = "paused"
	Stopped State = "stopped"
)

// Batch bounds a transaction (exactly_once) or a poll (at_least_once).
type Batch struct {
	MaxRecords int      `json:"max_records,omitempty"`
	Linger     Duration `json:"linger,omitzero"`
}

// Limits bound what steps may use. Rate is in records per second, 0 for none.
type Limits struct {
	Time   Duration `json:"time,omitzero"`
	Memory string   `json:"memory,omitempty"`
	Rate   float64  `json:"rate,omitempty"`
}

// Scaling is how many instances a pipeline may have and when it wants more.
type Scaling struct {
	Min          int        `json:"min,omitempty"`
	Max          int        `json:"max,omitempty"`
	LagSeconds   float64    `json:"lag_seconds,omitempty"`
	LagThreshold int64      `json:"lag_threshold,omitempty"`
	CPU          int        `json:"cpu,omitempty"`
	Poll         Duration   `json:"poll,omitzero"`
	Cooldown     Duration   `json:"cooldown,omitzero"`
	Partitions   Partitions `json:"partitions,omitzero"`
}

// Partitions allows the source topic to grow, which cannot be undone.
type Partitions struct {
	Grow bool  `json:"grow,omitempty"`
	Max  int32 `json:"max,omitempty"`
	// MetadataAge is the greatest age that the topic's producers let their metadata reach (metadata.max.age.ms). For so
	// long after a growth records of a key may still come to the partition it is leaving, so new partitions are left alone.
	// 0 is 5 minutes with Grow, Kafka's default, and reads new partitions at once without it.
	MetadataAge Duration `json:"metadata_age,omitzero"`
}

// Duration is a time.Duration written as Go writes it: "100ms", "1m30s".
type Duration time.Duration

// MarshalText writes the duration as text.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads "100ms" and its like.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return &Error{Code: CodeInvalid, Message: "is not a duration: write a number and a unit, like 100ms or 1m30s"}
	}
	*d = Duration(v)
	return nil
}

// Version is a schema version: "latest" or a positive number. It reads JSON numbers and strings.
type Version string

// Latest is resolved when a revision is rendered and pinned in it.
const Latest Version = "latest"

// UnmarshalJSON reads 3, "3" and "latest".
func (v *Version) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = string(b)
	}
	*v = Version(s)
	return nil
}

// MarshalJSON writes numbers as numbers.
func (v Version) MarshalJSON() ([]byte, error) {
	if v.number() > 0 {
		return []byte(v), nil
	}
	return json.Marshal(string(v))
}
