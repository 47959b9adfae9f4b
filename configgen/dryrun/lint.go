package dryrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/transforms"
)

// childMemory is the heap at which a child's collector works harder.
const childMemory = 512 << 20

// Limit bounds the memory of this process, which is to be a child.
func Limit() error {
	debug.SetMemoryLimit(childMemory)
	return limitSelf()
}

// Linter lints and builds rendered configs in a child process.
type Linter struct{ Child Child }

// Check finds what is wrong with a config. A child that dies of it counts as a problem of the config; one that could not
// be started is the error.
func (l Linter) Check(ctx context.Context, config []byte) (pipeline.Errors, error) {
	out, err := l.Child.run(ctx, config)
	var answer struct {
		Problems pipeline.Errors `json:"problems"`
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, errNotStarted):
		return nil, pipeline.Errorf(pipeline.CodeUnavailable, "", "checking the config: %v", err)
	case errors.Is(err, errTimeout):
		return pipeline.Errors{pipeline.Errorf(pipeline.CodeRejected, "", "building it took too long")}, nil
	case err != nil && len(out) == 0:
		return pipeline.Errors{pipeline.Errorf(pipeline.CodeRejected, "", "building it broke down: %v", err)}, nil
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, fmt.Errorf("checking a config: the child's answer is no JSON: %w", err)
	}
	return answer.Problems, nil
}

// MainCheck is the child's side of [Linter]: a config on stdin, problems on stdout.
func MainCheck(stdin io.Reader, stdout io.Writer) error {
	if err := Limit(); err != nil {
		return err
	}
	config, err := io.ReadAll(stdin)
	if err != nil {
		return fmt.Errorf("reading the config: %w", err)
	}
	return json.NewEncoder(stdout).Encode(map[string]any{"problems": Problems(config)})
}

// Problems is what is wrong with a rendered config, found in this process.
func Problems(config []byte) pipeline.Errors {
	if lints := lint(config); len(lints) > 0 {
		return lints
	}
	return build(config)
}

func lint(config []byte) pipeline.Errors {
	var out pipeline.Errors
	lints, err := service.GlobalEnvironment().FullConfigSchema("", "").NewStreamConfigLinter().SetSkipEnvVarCheck(true).LintYAML(config)
	if err != nil {
		return append(out, pipeline.Errorf(pipeline.CodeRejected, "", "%v", err))
	}
	for _, l := range lints {
		out = append(out, pipeline.Errorf(pipeline.CodeRejected, "", "%s", l.What))
	}
	return out
}

// build constructs every component of the stream. Nothing connects before it is told to start, which nobody does.
func build(config []byte) pipeline.Errors {
	spec := service.NewConfigSpec().Fields(
		service.NewInputField("input"),
		service.NewObjectField("pipeline", service.NewIntField("threads").Default(1), service.NewProcessorListField("processors")),
		service.NewOutputField("output"),
	)
	conf, err := spec.ParseYAML(expand(string(config)), nil)
	if err != nil {
		return problem(err)
	}
	if _, err := conf.FieldInput("input"); err != nil {
		return problem(err)
	}
	if _, err := conf.FieldProcessorList("pipeline", "processors"); err != nil {
		return problem(err)
	}
	if _, err := conf.FieldOutput("output"); err != nil {
		return problem(err)
	}
	return nil
}

// wrapping is what Benthos says before a component's own words.
var wrapping = regexp.MustCompile(`^(processor \d+: )?failed to init \w+ \S.* path [\w.]+: `)

func problem(err error) pipeline.Errors {
	e := pipeline.Errorf(pipeline.CodeRejected, "", "%s", wrapping.ReplaceAllString(err.Error(), ""))
	var t *transforms.Error
	if errors.As(err, &t) {
		e = &pipeline.Error{Code: pipeline.Code(t.Code), File: t.File, Line: t.Line, Column: t.Column, Message: t.Message}
	}
	return pipeline.Errors{e}
}

var placeholder = regexp.MustCompile(`\$\{(INFLECT_[A-Z_]+)\}`)

// expand does what reading a config file would do. A rendered config has no other variables than these.
func expand(config string) string {
	return placeholder.ReplaceAllStringFunc(config, func(m string) string { return os.Getenv(m[2 : len(m)-1]) })
}
