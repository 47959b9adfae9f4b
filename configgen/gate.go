package configgen

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/inflect-dev/inflect/configgen/render"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/transforms"
)

// Topics is the Kafka cluster as the gate needs it. A topic that does not exist is an Error of CodeUnknownTopic or
// CodeNotFound, a cluster that cannot be reached one of CodeUnavailable.
type Topics interface {
	Topic(ctx context.Context, name string) (pipeline.Topic, error)
	// CreateTopic makes a topic; one that exists by now is no error. Replication 0 is the cluster's default.
	CreateTopic(ctx context.Context, name string, partitions int32, replication int16) error
}

// Schemas is the schema registry. A subject or version that does not exist is an Error of CodeUnknownSchema or
// CodeNotFound, a registry that cannot be reached one of CodeUnavailable.
type Schemas interface {
	Resolve(ctx context.Context, subject string, version pipeline.Version) (pipeline.RegisteredSchema, error)
}

// Linter lints and builds a rendered config without running it. Errors among the problems are terminal; an error beside
// them means that it could not be found out.
type Linter interface {
	Check(ctx context.Context, config []byte) (pipeline.Errors, error)
}

// Gate is what a spec has to pass before it may run.
type Gate struct {
	// Transforms is the directory of the authors' files.
	Transforms string
	// Topics and Schemas may be nil: then they are not looked at, and "latest" cannot be resolved.
	Topics  Topics
	Schemas Schemas
	Linter  Linter
	Render  render.Settings
	// Kubernetes finds what is wrong with a spec's kubernetes; nil where pipelines have no pods of their own.
	Kubernetes func(pipeline.Spec) pipeline.Errors

	// verdicts are what was wrong with configs, by the hash of the config as revision 0: whether it can be built does not
	// change with time or number. A spec that was just validated is not built again when its row arrives, and rejected
	// revisions, which come by every half minute, cost little.
	mu       sync.Mutex
	verdicts map[[32]byte]pipeline.Errors
}

// maxVerdicts bounds how many are kept.
const maxVerdicts = 1000

// Passed is a revision that may run.
type Passed struct {
	Build  pipeline.Build
	Config []byte
}

// Pass takes a pipeline through the gate. What was stored of an earlier build is used again. Problems are
// pipeline.Errors; an error with CodeUnavailable may pass another time.
func (g *Gate) Pass(ctx context.Context, p pipeline.Pipeline, stored *pipeline.Build) (Passed, error) {
	if errs := g.validate(p.Spec).Fatal(); len(errs) > 0 {
		return Passed{}, errs
	}
	if err := g.topics(ctx, p.Spec).err(); err != nil {
		return Passed{}, err
	}
	b, problems := g.build(ctx, p.Spec, stored)
	if err := problems.err(); err != nil {
		return Passed{}, err
	}
	complaints, err := g.check(ctx, p.Spec, b)
	if err != nil {
		return Passed{}, err
	}
	if fatal := complaints.Fatal(); len(fatal) > 0 {
		return Passed{}, fatal
	}
	config, err := render.Stream(p, b, g.Render)
	return Passed{Build: b, Config: config}, err
}

// validate is what can be seen in the spec alone.
func (g *Gate) validate(s pipeline.Spec) pipeline.Errors {
	errs := s.Validate()
	if g.Kubernetes != nil {
		errs = append(errs, g.Kubernetes(s)...)
	}
	return errs
}

// check asks the linter about a config that it has not seen before.
func (g *Gate) check(ctx context.Context, s pipeline.Spec, b pipeline.Build) (pipeline.Errors, error) {
	config, err := render.Stream(pipeline.Pipeline{Spec: s}, b, g.Render)
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(config)
	g.mu.Lock()
	known, ok := g.verdicts[key]
	g.mu.Unlock()
	if ok {
		return known, nil
	}
	problems, err := g.Linter.Check(ctx, config)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.verdicts == nil || len(g.verdicts) >= maxVerdicts {
		g.verdicts = map[[32]byte]pipeline.Errors{}
	}
	g.verdicts[key] = problems
	return problems, nil
}

// found collects problems in the order of the fields.
type found pipeline.Errors

// add notes a problem. What could not be looked up keeps nobody from saving a spec, so it is a warning.
func (f *found) add(field string, err error) {
	if err == nil {
		return
	}
	var own *pipeline.Error
	if !errors.As(err, &own) {
		own = pipeline.Errorf(pipeline.CodeInternal, field, "%v", err)
	}
	e := *own
	e.Field = field
	e.Warning = e.Warning || e.Code == pipeline.CodeUnavailable
	*f = append(*f, &e)
}

// err is what keeps a revision from passing: what is wrong with it, or else what could not be looked up.
func (f found) err() error {
	if fatal := pipeline.Errors(f).Fatal(); len(fatal) > 0 {
		return fatal
	}
	for _, e := range f {
		if e.Code == pipeline.CodeUnavailable {
			return e
		}
	}
	return nil
}

// topics looks all topics up. A source has to exist; a target may be missing.
func (g *Gate) topics(ctx context.Context, s pipeline.Spec) found {
	var f found
	if g.Topics == nil {
		return f
	}
	_, err := g.Topics.Topic(ctx, s.Source.Topic)
	if missing(err) {
		err = pipeline.Errorf(pipeline.CodeUnknownTopic, "", "there is no topic %q: create it, or correct the name", s.Source.Topic)
	}
	f.add("source.topic", err)
	for _, t := range targets(s) {
		if t.Create != nil {
			continue
		}
		_, err := g.Topics.Topic(ctx, t.Topic)
		if missing(err) {
			e := pipeline.Errorf(pipeline.CodeMissingTopic, "", "there is no topic %q yet: create it, or add create: {} to have it made", t.Topic)
			e.Warning = true
			err = e
		}
		f.add(t.field+".topic", err)
	}
	return f
}

func missing(err error) bool {
	code := pipeline.CodeOf(err)
	return err != nil && (code == pipeline.CodeUnknownTopic || code == pipeline.CodeUnknownSchema || code == pipeline.CodeNotFound)
}

// target is one topic that a pipeline writes to, with its field.
type target struct {
	pipeline.Target

	field string
}

func targets(s pipeline.Spec) []target {
	out := []target{{s.Target, "target"}}
	for _, name := range slices.Sorted(maps.Keys(s.Outputs)) {
		out = append(out, target{s.Outputs[name], "outputs." + name})
	}
	if s.DLQ != nil {
		out = append(out, target{*s.DLQ, "dlq"})
	}
	return out
}

// CreateTopics makes the topics that are missing and are to be made.
func (g *Gate) CreateTopics(ctx context.Context, s pipeline.Spec) error {
	if g.Topics == nil {
		return nil
	}
	for _, t := range targets(s) {
		if t.Create == nil {
			continue
		}
		_, err := g.Topics.Topic(ctx, t.Topic)
		if err == nil {
			continue
		}
		if !missing(err) {
			return err
		}
		partitions := t.Create.Partitions
		if partitions == 0 {
			source, err := g.Topics.Topic(ctx, s.Source.Topic)
			if err != nil {
				return err
			}
			partitions = int32(len(source.Partitions))
		}
		if err := g.Topics.CreateTopic(ctx, t.Topic, partitions, t.Create.Replication); err != nil {
			return fmt.Errorf("creating topic %s: %w", t.Topic, err)
		}
	}
	return nil
}

// build bundles the steps and resolves the schema versions, but for what is stored.
func (g *Gate) build(ctx context.Context, s pipeline.Spec, stored *pipeline.Build) (pipeline.Build, found) {
	var f found
	b := pipeline.Build{Versions: map[string]int{}}
	if stored != nil && len(stored.Steps) == len(s.Steps) {
		b.Steps, b.Hash, b.Chosen, b.Files = stored.Steps, stored.Hash, stored.Chosen, stored.Files
		maps.Copy(b.Versions, stored.Versions)
		if b.Chosen && b.Files == "" {
			b.Files = g.files(s)
		}
	} else {
		b.Steps, f = g.bundleAll(s)
		b.Hash = hash(b.Steps)
	}
	schemas := render.Schemas(s.WithDefaults())
	for _, field := range slices.Sorted(maps.Keys(schemas)) {
		if b.Versions[field] > 0 {
			continue
		}
		n, err := g.version(ctx, schemas[field])
		f.add(field+".schema", err)
		if err == nil && n > 0 {
			b.Versions[field] = n
		}
	}
	return b, f
}

func (g *Gate) bundleAll(s pipeline.Spec) ([]pipeline.BuiltStep, found) {
	var f found
	steps := make([]pipeline.BuiltStep, len(s.Steps))
	for i, step := range s.Steps {
		built, field, err := g.bundle(i, step)
		f.add(field, err)
		steps[i] = built
	}
	return steps, f
}

// files is the hash of the code that the files give now, and of none when they give none that can be built.
func (g *Gate) files(s pipeline.Spec) string {
	steps, problems := g.bundleAll(s)
	if problems.err() != nil {
		return hash(nil)
	}
	return hash(steps)
}

func hash(steps []pipeline.BuiltStep) string {
	sum := sha256.New()
	for _, s := range steps {
		fmt.Fprintf(sum, "%d %s\n%s", len(s.Code), s.Export, s.Code)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func (g *Gate) bundle(i int, step pipeline.Step) (pipeline.BuiltStep, string, error) {
	if step.Code != "" {
		_, err := transforms.Compile(step.Name, step.Code)
		return pipeline.BuiltStep{Code: step.Code}, fmt.Sprintf("steps[%d].code", i), asPipelineError(err)
	}
	m, err := transforms.Bundle(g.Transforms, step.Transform)
	return pipeline.BuiltStep{Code: m.Code, Export: m.Export}, fmt.Sprintf("steps[%d].transform", i), asPipelineError(err)
}

// asPipelineError says in our words what is wrong with an author's source.
func asPipelineError(err error) error {
	var t *transforms.Error
	if !errors.As(err, &t) {
		return err
	}
	return &pipeline.Error{Code: pipeline.Code(t.Code), Message: t.Message, File: t.File, Line: t.Line, Column: t.Column}
}

func (g *Gate) version(ctx context.Context, s *pipeline.Schema) (int, error) {
	if g.Schemas == nil {
		if s.Version == pipeline.Latest {
			return 0, pipeline.Errorf(pipeline.CodeInvalid, "", "is latest, but this installation has no schema registry: set one, or name a version")
		}
		return 0, nil
	}
	found, err := g.Schemas.Resolve(ctx, s.Subject, s.Version)
	if missing(err) {
		return 0, pipeline.Errorf(pipeline.CodeUnknownSchema, "", "subject %q has no version %s in the registry: register it, or correct the name", s.Subject, s.Version)
	}
	return found.Version, err
}

// moved reports whether a schema that the build resolved from "latest" has a newer version.
func (g *Gate) moved(ctx context.Context, s pipeline.Spec, b pipeline.Build) (bool, error) {
	if g.Schemas == nil {
		return false, nil
	}
	for field, schema := range render.Schemas(s.WithDefaults()) {
		if schema.Version != pipeline.Latest {
			continue
		}
		n, err := g.version(ctx, schema)
		if err != nil || n != b.Versions[field] {
			return err == nil, err
		}
	}
	return false, nil
}

// outdated reports whether the steps would be built into other code by now.
func (g *Gate) outdated(_ context.Context, s pipeline.Spec, b pipeline.Build) bool {
	for i, step := range s.Steps {
		if step.Transform == "" || i >= len(b.Steps) {
			continue
		}
		// A file that does not bundle by now makes a revision as well: it is rejected, and the status says why.
		built, _, err := g.bundle(i, step)
		if err != nil || built != b.Steps[i] {
			return !b.Chosen || g.files(s) != b.Files
		}
	}
	return false
}
