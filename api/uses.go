package api

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inflect-dev/inflect/pipeline"
)

// reference is one field of a pipeline with what it names.
type reference struct {
	pipeline, field           string
	topic, subject, transform string
}

// uses is every reference that match accepts, over all pipelines.
func (a *API) uses(ctx context.Context, match func(reference) bool) ([]pipeline.Use, error) {
	out := []pipeline.Use{}
	err := a.references(ctx, func(ref reference) {
		if match(ref) {
			out = append(out, pipeline.Use{Pipeline: ref.pipeline, As: ref.field})
		}
	})
	return out, err
}

func (a *API) references(ctx context.Context, visit func(reference)) error {
	query := pipeline.Query{Limit: 500}
	for {
		found, err := a.options.Pipelines.List(ctx, query)
		if err != nil {
			return err
		}
		for _, p := range found.Items {
			for _, ref := range referencesOf(p.Spec) {
				ref.pipeline = p.Name
				visit(ref)
			}
		}
		if query.Cursor = found.Next; found.Next == "" {
			return nil
		}
	}
}

func referencesOf(s pipeline.Spec) []reference {
	out := []reference{
		{field: "source", topic: s.Source.Topic, subject: subjectOf(s.Source.Schema)},
		{field: "target", topic: s.Target.Topic, subject: subjectOf(s.Target.Schema)},
	}
	for _, name := range slices.Sorted(maps.Keys(s.Outputs)) {
		t := s.Outputs[name]
		out = append(out, reference{field: "outputs." + name, topic: t.Topic, subject: subjectOf(t.Schema)})
	}
	if s.DLQ != nil {
		out = append(out, reference{field: "dlq", topic: s.DLQ.Topic})
	}
	for i, step := range s.Steps {
		if step.Transform != "" {
			out = append(out, reference{field: fmt.Sprintf("steps[%d]", i), transform: withExport(step.Transform)})
		}
	}
	return out
}

// withExport names the default export where a reference names none.
func withExport(transform string) string {
	if strings.Contains(transform, "#") {
		return transform
	}
	return transform + "#default"
}

func subjectOf(s *pipeline.Schema) string {
	if s == nil {
		return ""
	}
	return s.Subject
}
