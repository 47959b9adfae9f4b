package pipeline

import (
	"encoding/json"
	"time"
)

// DeadLetterQuery selects dead letters of one pipeline: Scan is how many of the topic's newest records are looked at,
// Records how many are shown of each group, Fingerprint one group.
type DeadLetterQuery struct {
	Fingerprint string
	Records     int
	Scan        int
}

// DeadLetters are those that were found. Complete says that the whole topic was looked at.
type DeadLetters struct {
	Topic    string            `json:"topic"`
	Scanned  int               `json:"scanned"`
	Complete bool              `json:"complete"`
	Groups   []DeadLetterGroup `json:"groups"`
}

// DeadLetterGroup is those that failed for the same reason; Message is of the newest one.
type DeadLetterGroup struct {
	Fingerprint string             `json:"fingerprint"`
	Code        string             `json:"code"`
	Stage       string             `json:"stage"`
	Message     string             `json:"message"`
	Count       int                `json:"count"`
	Replayed    int                `json:"replayed"`
	First       time.Time          `json:"first"`
	Last        time.Time          `json:"last"`
	Records     []DeadLetterRecord `json:"records"`
}

// DeadLetterRecord is one record of a dead-letter topic with why it is there. Attempt is how often it has failed. Source is
// nil when the record does not say where it came from.
type DeadLetterRecord struct {
	Record   Record            `json:"record"`
	Code     string            `json:"code"`
	Stage    string            `json:"stage"`
	Message  string            `json:"message"`
	Place    string            `json:"place,omitempty"`
	Pointer  string            `json:"pointer,omitempty"`
	Rule     string            `json:"rule,omitempty"`
	Revision int64             `json:"revision,omitempty"`
	Attempt  int               `json:"attempt"`
	Source   *DeadLetterSource `json:"source,omitempty"`
	Replayed bool              `json:"replayed"`
}

// DeadLetterSource is where a dead letter was read.
type DeadLetterSource struct {
	Topic     string     `json:"topic"`
	Partition int32      `json:"partition"`
	Offset    int64      `json:"offset"`
	Timestamp *time.Time `json:"timestamp,omitempty"`
}

// DeadLetterReplay asks for dead letters to be sent through the pipeline once more. Exactly one of All, Fingerprint and
// Records is set. Zero Rate is unlimited; zero Limit and MaxAttempts mean 10,000 and 3.
type DeadLetterReplay struct {
	All         bool              `json:"all,omitempty"`
	Fingerprint string            `json:"fingerprint,omitempty"`
	Records     []DeadLetterPlace `json:"records,omitempty"`
	// To is where they are sent; empty means ToSource.
	To    ReplayTo `json:"to,omitempty"`
	Rate  float64  `json:"rate,omitempty"`
	Limit int      `json:"limit,omitempty"`
	// MaxAttempts is the loop guard: what has failed this often is left alone.
	MaxAttempts int `json:"max_attempts,omitempty"`
}

// ReplayTo is where dead letters are sent.
type ReplayTo string

// ToSource writes them to the source topic, whose other readers see them again. ToPipeline runs them through the saved
// pipeline right away and writes what comes out, which nobody else sees.
const (
	ToSource   ReplayTo = "source"
	ToPipeline ReplayTo = "pipeline"
)

// DeadLetterPlace is one dead letter by its place in the dead-letter topic, with what to send in place of its value.
type DeadLetterPlace struct {
	Partition   int32           `json:"partition"`
	Offset      int64           `json:"offset"`
	Value       json.RawMessage `json:"value,omitempty"`
	ValueBase64 *string         `json:"value_base64,omitempty"`
}

// DeadLetterReplayed is what one call did and what is left to do.
type DeadLetterReplayed struct {
	Replayed        int `json:"replayed"`
	AlreadyReplayed int `json:"already_replayed"`
	LoopGuard       int `json:"loop_guard"`
	NotFound        int `json:"not_found"`
	// Refused are too large for their topic, or cannot go straight through the pipeline: binary keys, repeated headers, or a
	// pipeline that halts on them.
	Refused   int `json:"refused"`
	Remaining int `json:"remaining"`
}
