package configgen

import (
	"context"
	"strconv"

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
	return r.RunWith(ctx, nil, s, events)
}

// RunWith is Run with schemas that are taken for registered, each for the newest version of its subject.
func (r Runner) RunWith(ctx context.Context, schemas []pipeline.RegisteredSchema, s pipeline.Spec, events []pipeline.TestEvent) ([]pipeline.TestResult, error) {
	if len(schemas) > 0 {
		// What else a gate looks at does not concern a trial.
		r.Gate = &Gate{Transforms: r.Gate.Transforms, Schemas: announced{r.Gate.Schemas, schemas}, Render: r.Gate.Render}
	}
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
	req := dryrun.Request{Processors: string(processors), Source: s.Source.Topic, Target: s.Target.Topic, OnError: s.WithDefaults().OnError, Events: events, Schemas: schemas}
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

// announced is a registry in which some schemas are taken for registered.
type announced struct {
	Schemas

	schemas []pipeline.RegisteredSchema
}

// Resolve finds an announced schema by its version, or as the newest of its subject.
func (a announced) Resolve(ctx context.Context, subject string, version pipeline.Version) (pipeline.RegisteredSchema, error) {
	for _, s := range a.schemas {
		if s.Subject == subject && (version == pipeline.Latest || version == pipeline.Version(strconv.Itoa(s.Version))) {
			return s, nil
		}
	}
	return a.Schemas.Resolve(ctx, subject, version)
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
