package pipeline

import (
	"encoding/json"
	"time"
)

// Pipeline is a saved spec.
type Pipeline struct {
	Spec
	// Revision grows by one with every saved change and is the optimistic lock (ETag).
	Revision  int64     `json:"revision"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	UpdatedBy string    `json:"updated_by,omitempty"`
}

// Phase is what a pipeline is seen to be doing.
type Phase string

// The phases. Waiting runs but cannot make progress (registry or brokers away); Rejected keeps the previous revision
// running because the wanted one did not pass the gate; Failed runs nothing.
const (
	PhasePending  Phase = "pending"
	PhaseRunning  Phase = "running"
	PhasePaused   Phase = "paused"
	PhaseStopped  Phase = "stopped"
	PhaseWaiting  Phase = "waiting"
	PhaseRejected Phase = "rejected"
	PhaseFailed   Phase = "failed"
)

// Status is what is observed of a pipeline: counts since its instances started, rates over the last ten seconds.
type Status struct {
	Name            string `json:"name"`
	State           State  `json:"state"`
	Phase           Phase  `json:"phase"`
	Message         string `json:"message,omitempty"`
	Revision        int64  `json:"revision"`
	AppliedRevision int64  `json:"applied_revision"`
	Counts          Counts `json:"counts"`
	Rates           Rates  `json:"rates"`
	Lag             int64  `json:"lag"`
	// CatchUpSeconds estimates when the lag is worked off; nil while it does not shrink.
	CatchUpSeconds *float64    `json:"catch_up_seconds"`
	Instances      []Instance  `json:"instances"`
	LastErrors     []LastError `json:"last_errors"`
	UpdatedAt      time.Time   `json:"updated_at"`
}

// Counts add up: Read - InFlight = Delivered + Filtered + DeadLettered + Dropped (invariant 1).
type Counts struct {
	Read         int64 `json:"read"`
	InFlight     int64 `json:"in_flight"`
	Delivered    int64 `json:"delivered"`
	Filtered     int64 `json:"filtered"`
	DeadLettered int64 `json:"dead_lettered"`
	Dropped      int64 `json:"dropped"`
}

// Rates are records per second.
type Rates struct {
	Read         float64 `json:"read"`
	Delivered    float64 `json:"delivered"`
	Filtered     float64 `json:"filtered"`
	DeadLettered float64 `json:"dead_lettered"`
}

// Instance is one engine process or pod that runs the pipeline.
type Instance struct {
	ID         string      `json:"id"`
	Revision   int64       `json:"revision"`
	State      string      `json:"state"`
	Reason     string      `json:"reason,omitempty"`
	Partitions []Partition `json:"partitions"`
}

// Partition is one partition of the source with its lag in records.
type Partition struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Lag       int64  `json:"lag"`
}

// LastError is one of the last failures of records.
type LastError struct {
	Time    time.Time `json:"time"`
	Stage   string    `json:"stage"`
	Code    string    `json:"code"`
	Message string    `json:"message"`
}

// Revision is one immutable entry of a pipeline's history.
type Revision struct {
	Revision  int64     `json:"revision"`
	Spec      Spec      `json:"spec"`
	Author    string    `json:"author,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	// BundleHash is the SHA-256 of the code that was bundled for it; Applied says whether it has ever run.
	BundleHash string `json:"bundle_hash,omitempty"`
	Applied    bool   `json:"applied"`
}

// TestEvent is one event of a trial. Exactly one of Value, ValueBase64 and Tombstone is set.
type TestEvent struct {
	Key         *string           `json:"key,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	Value       json.RawMessage   `json:"value,omitempty"`
	ValueBase64 string            `json:"value_base64,omitempty"`
	Tombstone   bool              `json:"tombstone,omitempty"`
}

// TestResult is what became of one event in a trial.
type TestResult struct {
	Outcome string        `json:"outcome"`
	Stages  []StageResult `json:"stages"`
	Records []TestRecord  `json:"records"`
}

// StageResult is one stage of one event: schema_in, step:<name> or schema_out. Outcome is ok, filtered, failed or
// not_reached.
type StageResult struct {
	Stage      string          `json:"stage"`
	Outcome    string          `json:"outcome"`
	Output     json.RawMessage `json:"output,omitempty"`
	Error      *StageError     `json:"error,omitempty"`
	DurationUS float64         `json:"duration_us"`
}

// StageError is why a stage failed, with its place in the author's source.
type StageError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Stack   string `json:"stack,omitempty"`
	Frame   string `json:"frame,omitempty"`
	Pointer string `json:"pointer,omitempty"`
	Rule    string `json:"rule,omitempty"`
}

// TestRecord is one record that a trial would have produced.
type TestRecord struct {
	Topic       string            `json:"topic"`
	Key         *string           `json:"key"`
	Headers     map[string]string `json:"headers"`
	Value       json.RawMessage   `json:"value,omitempty"`
	ValueBase64 string            `json:"value_base64,omitempty"`
	Tombstone   bool              `json:"tombstone,omitempty"`
}
