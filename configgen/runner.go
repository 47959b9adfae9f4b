package configgen

import (
	"context"
	"reflect"
	"strconv"

	"github.com/inflect-dev/inflect/configgen/dryrun"
	"github.com/inflect-dev/inflect/configgen/render"
	"github.com/inflect-dev/inflect/pipeline"
)

// Builds are what revisions were built into.
type Builds interface {
	Build(ctx context.Context, name string, revision int64) (b pipeline.Build, ok bool, err error)
	// Applied is the newest revision that has run, up to the given one.
	Applied(ctx context.Context, name string, upTo int64) (rev pipeline.Revision, ok bool, err error)
}

// Runner tries events on a pipeline: the same processors from the same renderer as the engines', in a child process that
// produces nothing (invariant 5).
type Runner struct {
	Gate *Gate
	// Builds may be nil where nothing that was saved is tried.
	Builds Builds
	Child  dryrun.Child
}

// Run is what becomes of each event, in order. A revision runs the code that it was built into; revision 0, which was not
// saved, that of the files as they are.
func (r Runner) Run(ctx context.Context, p pipeline.Pipeline, events []pipeline.TestEvent) ([]pipeline.TestResult, error) {
	return r.RunWith(ctx, nil, p, events)
}

// RunWith is Run with schemas that are taken for registered, each for the newest version of its subject.
func (r Runner) RunWith(ctx context.Context, schemas []pipeline.RegisteredSchema, p pipeline.Pipeline, events []pipeline.TestEvent) ([]pipeline.TestResult, error) {
	s := p.Spec
	if len(schemas) > 0 {
		// What else a gate looks at does not concern a trial.
		r.Gate = &Gate{Transforms: r.Gate.Transforms, Schemas: announced{r.Gate.Schemas, schemas}, Render: r.Gate.Render}
	}
	if errs := s.Validate().Fatal(); len(errs) > 0 {
		return nil, errs
	}
	stored, err := r.stored(ctx, p)
	if err != nil {
		return nil, err
	}
	if stored != nil && len(schemas) > 0 {
		// The code stays what it is; "latest" may stand for what is announced.
		stored.Versions = nil
	}
	b, problems := r.Gate.build(ctx, s, stored)
	if err := problems.err(); err != nil {
		return nil, err
	}
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

// stored is what a revision was built into, nil when it was not. A revision that only takes over changed files, and could not,
// leaves at work what was: that is what is tried, too.
func (r Runner) stored(ctx context.Context, p pipeline.Pipeline) (*pipeline.Build, error) {
	if p.Revision == 0 || r.Builds == nil {
		return nil, nil
	}
	b, ok, err := r.Builds.Build(ctx, p.Name, p.Revision)
	if err != nil || ok {
		return &b, err
	}
	last, ok, err := r.Builds.Applied(ctx, p.Name, p.Revision)
	if err != nil || !ok || !reflect.DeepEqual(last.Spec.WithDefaults(), p.WithDefaults()) {
		return nil, err
	}
	b, ok, err = r.Builds.Build(ctx, p.Name, last.Revision)
	if err != nil || !ok {
		return nil, err
	}
	return &b, nil
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
