package record

import (
	"errors"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// The stages in which a record can fail. A step's stage is StageStep plus its name.
const (
	StageSchemaIn  = "schema_in"
	StageSchemaOut = "schema_out"
	StageTarget    = "target"
	StageStep      = "step:"
	// StageUnknown is where a processor that is not ours failed.
	StageUnknown = "processor"
)

// Codes that more than one plugin gives. Codes are part of the public contract: dead letters are grouped by them.
const (
	CodeNotJSON   = "not_json"
	CodeUnknown   = "processor_failed"
	CodeTooLarge  = "record_too_large"
	CodeRefused   = "target_refused"
	CodeThrown    = "step_threw"
	CodeTimeout   = "step_timeout"
	CodeMemory    = "step_memory"
	CodeRecursion = "step_recursion"
	// CodePipeline says that the pipeline as a whole cannot go on. Such a record is never dead-lettered or dropped: the
	// output stops on it and it is read again.
	CodePipeline = "pipeline_failed"
)

// Failure says why one record could not go on. Message is for people, names no secrets and does not hold whole events.
type Failure struct {
	Code    string `json:"code"`
	Stage   string `json:"-"`
	Message string `json:"message"`
	// File, Line and Column are a place in the user's own source, 1-based; zero when there is none.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Stack  string `json:"stack,omitempty"`
	// Frame is the source around the place, a few lines with a caret.
	Frame string `json:"frame,omitempty"`
	// Pointer is the JSON pointer (RFC 6901) into the event and Rule the schema keyword or type that was broken.
	Pointer string `json:"pointer,omitempty"`
	Rule    string `json:"rule,omitempty"`
}

func (f *Failure) Error() string { return f.Message }

// Fail marks the message as failed: its error, and the metadata by which hand-written configs and unit tests see it.
func Fail(m *service.Message, f *Failure) {
	m.SetError(f)
	m.MetaSetMut(MetaErrorCode, f.Code)
	m.MetaSetMut(MetaStage, f.Stage)
}

// FailureOf is the message's failure, nil when it has not failed. An error from a processor that is not ours becomes one
// of stage [StageUnknown].
func FailureOf(m *service.Message) *Failure {
	err := m.GetError()
	if err == nil {
		return nil
	}
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Code: CodeUnknown, Stage: StageUnknown, Message: err.Error()}
}
