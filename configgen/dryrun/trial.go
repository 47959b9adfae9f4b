package dryrun

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/inflect-dev/inflect/pipeline"
)

// Outcomes of an event in a trial beside those of records.
const (
	delivered = "delivered"
	// stopped is an event on which the pipeline would halt, because its on_error is stop.
	stopped = "stopped"
	// failedStage is a stage's outcome.
	failedStage = "failed"
)

// Request is one trial as the child gets it.
type Request struct {
	// Processors and Prepare are rendered lists; Prepare, for values given as JSON, may be empty.
	Processors string `json:"processors"`
	Prepare    string `json:"prepare,omitempty"`
	// Source and Target are the topics.
	Source string `json:"source"`
	Target string `json:"target"`
	// OnError is what the pipeline does with a record that fails.
	OnError pipeline.OnError     `json:"on_error"`
	Events  []pipeline.TestEvent `json:"events"`
	// Schemas are taken for registered, beside those that are.
	Schemas []pipeline.RegisteredSchema `json:"schemas,omitempty"`
}

// answer is one line of the child's output: one event's result, in order, or why there are none.
type answer struct {
	Result *pipeline.TestResult `json:"result,omitempty"`
	Error  *pipeline.Error      `json:"error,omitempty"`
}

// Trial runs events in a child process. Stages are the names of all stages of the pipeline, in order.
func Trial(ctx context.Context, child Child, req Request, stages []string) ([]pipeline.TestResult, error) {
	var input bytes.Buffer
	enc := json.NewEncoder(&input)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(req); err != nil {
		return nil, fmt.Errorf("encoding a trial: %w", err)
	}
	out, runErr := child.run(ctx, input.Bytes())
	if errors.Is(runErr, errNotStarted) {
		return nil, pipeline.Errorf(pipeline.CodeUnavailable, "", "running the trial: %v", runErr)
	}
	var results []pipeline.TestResult
	d := json.NewDecoder(bytes.NewReader(out))
	for d.More() {
		var a answer
		if err := d.Decode(&a); err != nil {
			// The child was killed while it wrote.
			break
		}
		if a.Error != nil {
			return nil, a.Error
		}
		if a.Result != nil {
			a.Result.Stages = complete(a.Result.Stages, stages)
			results = append(results, *a.Result)
		}
	}
	if len(results) == len(req.Events) {
		return results, nil
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(runErr, errTimeout):
		return nil, pipeline.Errorf(pipeline.CodeRejected, at(len(results)), "the trial took too long and was stopped at this event")
	}
	return nil, pipeline.Errorf(pipeline.CodeRejected, at(len(results)), "the trial broke down at this event: %v", runErr)
}

func at(event int) string { return fmt.Sprintf("events[%d]", event) }

// complete puts stages in their order and adds those that were not reached. A failure that is in none of them comes last.
func complete(have []pipeline.StageResult, names []string) []pipeline.StageResult {
	byName := map[string]pipeline.StageResult{}
	for _, s := range have {
		if _, twice := byName[s.Stage]; !twice {
			byName[s.Stage] = s
		}
	}
	out := make([]pipeline.StageResult, 0, len(names))
	for _, name := range names {
		s, ok := byName[name]
		if !ok {
			s = pipeline.StageResult{Stage: name, Outcome: "not_reached"}
		}
		out = append(out, s)
	}
	for _, s := range have {
		if s.Outcome == failedStage && !slices.Contains(names, s.Stage) {
			out = append(out, s)
		}
	}
	return out
}
