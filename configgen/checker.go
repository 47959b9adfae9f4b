package configgen

import (
	"context"

	"github.com/inflect-dev/inflect/pipeline"
)

// Checker finds every problem of a spec without saving it.
type Checker struct{ Gate *Gate }

// Validate is every problem that can be found, by field, warnings included. What could not be looked up is a warning of
// CodeUnavailable: the gate looks again before the spec runs.
func (c Checker) Validate(ctx context.Context, s pipeline.Spec) pipeline.Errors {
	if errs := c.Gate.validate(s); len(errs.Fatal()) > 0 {
		return append(errs, c.code(s)...)
	}
	f := c.Gate.topics(ctx, s)
	b, problems := c.Gate.build(ctx, s, nil)
	f = append(f, problems...)
	if f.err() != nil {
		return pipeline.Errors(f)
	}
	built, err := c.Gate.check(ctx, s, b)
	f = append(f, built...)
	f.add("", err)
	return pipeline.Errors(f)
}

// code is what is wrong with the steps' code, in a spec that is wrong elsewhere as well.
func (c Checker) code(s pipeline.Spec) pipeline.Errors {
	var f found
	for i, step := range s.Steps {
		if (step.Code == "") == (step.Transform == "") {
			continue
		}
		_, field, err := c.Gate.bundle(i, step)
		f.add(field, err)
	}
	return pipeline.Errors(f)
}
