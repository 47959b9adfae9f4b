package evolution

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/inflect-dev/inflect/api/sample"
	"github.com/inflect-dev/inflect/pipeline"
)

// Client has the work done by a child process. Run starts one: it gets the input on its stdin and returns its stdout, or a
// [pipeline.Error].
type Client struct {
	Run func(ctx context.Context, input []byte) ([]byte, error)
}

// request is one task for the child: events of After, or how After differs from Before.
type request struct {
	Generate *pipeline.SampleRequest
	Before   *schema
	After    schema
}

// schema is a schema with its imports, which its JSON leaves out.
type schema struct {
	pipeline.RegisteredSchema
	Imports map[string]string
}

func whole(s pipeline.RegisteredSchema) schema { return schema{s, s.Imports} }

func (s schema) registered() pipeline.RegisteredSchema {
	out := s.RegisteredSchema
	out.Imports = s.Imports
	return out
}

type answer struct {
	Events      []pipeline.Sample
	Differences []pipeline.SchemaDifference
	Error       *pipeline.Error
}

// Generate makes events as [sample.Generator] does.
func (c Client) Generate(ctx context.Context, r pipeline.SampleRequest) ([]pipeline.Sample, error) {
	a, err := c.ask(ctx, request{Generate: &r, After: whole(r.Schema)})
	return a.Events, err
}

// Differences is how the events of a schema differ from those of the one before it, by the paths of their fields.
func (c Client) Differences(ctx context.Context, before, after pipeline.RegisteredSchema) ([]pipeline.SchemaDifference, error) {
	b := whole(before)
	a, err := c.ask(ctx, request{Before: &b, After: whole(after)})
	return a.Differences, err
}

func (c Client) ask(ctx context.Context, r request) (answer, error) {
	input, err := json.Marshal(r)
	if err != nil {
		return answer{}, fmt.Errorf("asking about schema %s: %w", r.After.Subject, err)
	}
	out, err := c.Run(ctx, input)
	var own *pipeline.Error
	if errors.As(err, &own) {
		return answer{}, pipeline.Errorf(own.Code, "schema", "working with %s version %d: %s", r.After.Subject, r.After.Version, own.Message)
	}
	if err != nil {
		return answer{}, err
	}
	var a answer
	if err := json.Unmarshal(out, &a); err != nil {
		return a, fmt.Errorf("asking about schema %s: the child's answer is no JSON: %w", r.After.Subject, err)
	}
	if a.Error != nil {
		return answer{}, a.Error
	}
	return a, nil
}

// Main is the child's side: a request on stdin, its answer on stdout.
func Main(stdin io.Reader, stdout io.Writer) error {
	var r request
	if err := json.NewDecoder(stdin).Decode(&r); err != nil {
		return fmt.Errorf("reading the request: %w", err)
	}
	var a answer
	var err error
	if r.Generate != nil {
		r.Generate.Schema = r.After.registered()
		a.Events, err = sample.Generator{}.Generate(context.Background(), *r.Generate)
	} else {
		a.Differences, err = differences(r.Before.registered(), r.After.registered())
	}
	if err != nil && !errors.As(err, &a.Error) {
		a.Error = pipeline.Errorf(pipeline.CodeInvalid, "schema", "%v", err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(a); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	_, err = b.WriteTo(stdout)
	return err
}
