package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Stage is what one stage of a trial did with one message, in the form in which the API shows it.
type Stage struct {
	Stage string `json:"stage"`
	// Outcome is ok, filtered, failed or not_reached.
	Outcome string `json:"outcome"`
	// Output is the event after the stage, verbatim.
	Output     json.RawMessage `json:"output,omitempty"`
	Error      *Failure        `json:"error,omitempty"`
	DurationUS float64         `json:"duration_us"`
}

// StageOf is the stage of a message that passed, or failed when f is not nil. Output that is not JSON is left out.
func StageOf(stage string, output []byte, f *Failure, took time.Duration) Stage {
	s := Stage{Stage: stage, Outcome: "ok", Error: f, DurationUS: float64(took) / float64(time.Microsecond)}
	if f != nil {
		s.Outcome = "failed"
	} else if json.Valid(output) {
		s.Output = output
	}
	return s
}

// Trace appends one stage, encoded as JSON, to the message's trace.
func Trace(m *service.Message, stage any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(stage); err != nil {
		return fmt.Errorf("encoding the trace of a stage: %w", err)
	}
	text := string(bytes.TrimSpace(b.Bytes()))
	have, ok := m.MetaGet(MetaTrace)
	if !ok || have == "" {
		m.MetaSetMut(MetaTrace, "["+text+"]")
		return nil
	}
	m.MetaSetMut(MetaTrace, have[:len(have)-1]+","+text+"]")
	return nil
}
