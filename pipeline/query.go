package pipeline

import (
	"encoding/json"
	"time"
)

// Query selects pipelines. Zero fields select everything; Limit is 1 to 500 and defaults to 100.
type Query struct {
	Search string
	State  State
	Owner  string
	Labels map[string]string
	// Cursor is the Next of the page before.
	Cursor string
	Limit  int
}

// Page is one page of a list; Next is empty on the last one.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// AuditEntry says who did what to which pipeline, and what it looked like before and after. Before and After are specs,
// null where there was none.
type AuditEntry struct {
	ID       int64           `json:"id"`
	Time     time.Time       `json:"time"`
	Actor    string          `json:"actor"`
	Action   string          `json:"action"`
	Pipeline string          `json:"pipeline"`
	Before   json.RawMessage `json:"before"`
	After    json.RawMessage `json:"after"`
}

// Replay moves a pipeline's place: to a time, to one offset in every partition, or to the beginning. Exactly one is set.
type Replay struct {
	Time      *time.Time `json:"time,omitempty"`
	Offset    *int64     `json:"offset,omitempty"`
	Beginning bool       `json:"beginning,omitempty"`
}
