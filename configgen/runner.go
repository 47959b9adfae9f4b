package configgen

import (
	"context"

	"github.com/inflect-dev/inflect/configgen/dryrun"
	"github.com/inflect-dev/inflect/configgen/render"
	"github.com/inflect-dev/inflect/pipeline"
)

// Runner tries events on a spec: the same processors from the same renderer as the engines', in a child process that
// produces nothing (invariant 5).
type Runner struct {
	Gate  *Gate
	Child dryrun.Child
}

// Run is what becomes of each event, in order.
func (r Runner) Run(ctx context.Context, s pipeline.Spec, events []pipeline.TestEvent) ([]pipeline.TestResult, error) {
	if errs := s.Validate().Fatal(); len(errs) > 0 {
		return nil, errs
	}
	b, problems := r.Gate.build(ctx, s, nil)
	if err := problems.err(); err != nil {
		return nil, err
	}
	p := pipeline.Pipeline{Spec: s}
	processors, err := render.Trial(p, b, r.Gate.Render)
	if err != nil {
		return nil, err
	}
	req := dryrun.Request{Processors: string(processors), Source: s.Source.Topic, Target: s.Target.Topic, OnError: s.WithDefaults().OnError, Events: events}
	encodes, err := r.encodes(ctx, s)
	if err != nil {
		return nil, err
	}
	if encodes {
		prepare, err := render.Prepare(p, b, r.Gate.Render)
		if err != nil {
			return nil, err
		}
		req.Prepare = string(prepare)
	}
	return dryrun.Trial(ctx, r.Child, req, stages(s))
}

// encodes reports whether a JSON value has to be brought into the form of the incoming schema first. JSON Schema takes
// JSON as it is, unless records have to be framed.
func (r Runner) encodes(ctx context.Context, s pipeline.Spec) (bool, error) {
	in := s.WithDefaults().Source.Schema
	if in == nil || r.Gate.Schemas == nil {
		return false, nil
	}
	if in.Framing == "confluent" {
		return true, nil
	}
	found, err := r.Gate.Schemas.Resolve(ctx, in.Subject, in.Version)
	if err != nil {
		return false, err
	}
	return found.Type != "JSON", nil
}

// stages are the names of a pipeline's stages in the order that events take.
func stages(s pipeline.Spec) []string {
	var out []string
	if s.Source.Schema != nil {
		out = append(out, "schema_in")
	}
	for _, step := range s.Steps {
		out = append(out, "step:"+step.Name)
	}
	for _, schema := range render.Schemas(s) {
		if schema != s.Source.Schema {
			return append(out, "schema_out")
		}
	}
	return out
}
