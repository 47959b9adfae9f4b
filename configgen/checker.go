package configgen

import (
	"context"
	"slices"
	"strings"

	"github.com/inflect-dev/inflect/pipeline"
)

// Checker finds every problem of a spec without saving it.
type Checker struct{ Gate *Gate }

// Validate is every problem that can be found, by field, warnings included. What is wrong in one place keeps nobody from
// looking at the others; only a spec that is right so far is rendered and built. What could not be looked up is a warning of
// CodeUnavailable: the gate looks again before the spec runs.
func (c Checker) Validate(ctx context.Context, s pipeline.Spec) pipeline.Errors {
	errs := c.Gate.validate(s)
	wrong := len(errs.Fatal()) > 0
	if len(s.Steps) > pipeline.MaxSteps {
		return errs
	}
	f := c.Gate.topics(ctx, s)
	b, problems := c.Gate.build(ctx, s, nil)
	f = append(f, problems...)
	for _, e := range f {
		if !slices.ContainsFunc(errs, func(said *pipeline.Error) bool { return within(e.Field, said.Field) || within(said.Field, e.Field) }) {
			errs = append(errs, e)
		}
	}
	if wrong || f.err() != nil {
		return errs
	}
	built, err := c.Gate.check(ctx, s, b)
	f = append(found(nil), built...)
	f.add("", err)
	return append(errs, f...)
}

// CodeHash is the hash of the code that the spec's steps would be built into now, as [pipeline.Build] has it of the code that
// runs.
func (c Checker) CodeHash(_ context.Context, s pipeline.Spec) (string, error) {
	steps, problems := c.Gate.bundleAll(s)
	if err := problems.err(); err != nil {
		return "", err
	}
	return hash(steps), nil
}

// within reports whether a field is another one or a part of it.
func within(field, of string) bool {
	rest, ok := strings.CutPrefix(field, of)
	return ok && of != "" && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
