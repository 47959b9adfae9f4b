package api

import (
	"context"
	"encoding/base64"

	"github.com/inflect-dev/inflect/pipeline"
)

// Bounds of what validate tries: events, and pipelines that read what comes out.
const (
	maxFitEvents = maxEvents
	maxReaders   = 10
)

// fit is what became of generated events.
type fit struct {
	Events   int            `json:"events"`
	Outcomes map[string]int `json:"outcomes"`
	Problems []misfit       `json:"problems"`
}

// misfit is one way in which events did not fit, how many, and one of them. Pipeline is set when they left this pipeline
// well and another one, which reads its target, would not take them.
type misfit struct {
	Pipeline string             `json:"pipeline,omitempty"`
	Stage    string             `json:"stage"`
	Code     string             `json:"code"`
	Message  string             `json:"message"`
	Pointer  string             `json:"pointer,omitempty"`
	Rule     string             `json:"rule,omitempty"`
	Count    int                `json:"count"`
	Event    pipeline.TestEvent `json:"event"`
}

// fitOf runs events that the incoming schema allows, edge cases included, through a spec, and what comes out into the
// incoming schemas of the pipelines that read it.
func (a *API) fitOf(ctx context.Context, spec pipeline.Spec, count int) (*fit, error) {
	in := spec.WithDefaults().Source.Schema
	switch {
	case in == nil:
		return nil, pipeline.Errorf(pipeline.CodeInvalid, "source.schema", "is missing: events are generated from it")
	case a.options.Generator == nil || a.options.Schemas == nil:
		return nil, unavailable("event generator")
	}
	schema, err := a.options.Schemas.Resolve(ctx, in.Subject, in.Version)
	if err != nil {
		return nil, under("source.schema", err)
	}
	samples, err := a.options.Generator.Generate(ctx, pipeline.SampleRequest{Schema: schema, Count: count, EdgeCases: true})
	if err != nil {
		return nil, under("source.schema", err)
	}
	var events []pipeline.TestEvent
	for _, s := range samples[:min(len(samples), maxFitEvents)] {
		events = append(events, s.Event)
	}
	results, err := a.options.Runner.Run(ctx, spec, events)
	if err != nil {
		return nil, err
	}
	out := &fit{Events: len(events), Outcomes: map[string]int{}, Problems: []misfit{}}
	delivered := map[string][]int{} // The events, by the topics to which they led.
	produced := map[string][]pipeline.TestEvent{}
	for i, r := range results {
		out.Outcomes[r.Outcome]++
		out.failed("", r, events[i])
		for _, made := range r.Records {
			if r.Outcome == "delivered" {
				delivered[made.Topic] = append(delivered[made.Topic], i)
				produced[made.Topic] = append(produced[made.Topic], eventAgain(made))
			}
		}
	}
	reads := func(p pipeline.Pipeline) bool { return p.Name != spec.Name && len(produced[p.Source.Topic]) > 0 }
	return out, a.readers(ctx, reads, func(reader pipeline.Spec) error {
		topic := reader.Source.Topic
		results, err := a.options.Runner.Run(ctx, reader, produced[topic][:min(len(produced[topic]), maxFitEvents)])
		if err != nil {
			return err
		}
		for i, r := range results {
			out.failed(reader.Name, r, events[delivered[topic][i]])
		}
		return nil
	})
}

// readers visits the pipelines that have an incoming schema and are wanted, as specs of that schema and no steps.
func (a *API) readers(ctx context.Context, wanted func(pipeline.Pipeline) bool, visit func(pipeline.Spec) error) error {
	visited := 0
	query := pipeline.Query{Limit: 500}
	for {
		found, err := a.options.Pipelines.List(ctx, query)
		if err != nil {
			return err
		}
		for _, p := range found.Items {
			if p.Source.Schema == nil || !wanted(p) || visited >= maxReaders {
				continue
			}
			reader := pipeline.Spec{Name: p.Name, Source: p.Source, Target: pipeline.Target{Topic: p.Target.Topic}, OnError: pipeline.Drop}
			if err := visit(reader); err != nil {
				return err
			}
			visited++
		}
		if query.Cursor = found.Next; found.Next == "" {
			return nil
		}
	}
}

// failed adds the stage in which an event failed, if it did.
func (f *fit) failed(name string, r pipeline.TestResult, event pipeline.TestEvent) {
	for _, s := range r.Stages {
		if s.Error == nil {
			continue
		}
		for i, known := range f.Problems {
			if known.Pipeline == name && known.Stage == s.Stage && known.Code == s.Error.Code && known.Pointer == s.Error.Pointer && known.Rule == s.Error.Rule {
				f.Problems[i].Count++
				return
			}
		}
		f.Problems = append(f.Problems, misfit{Pipeline: name, Stage: s.Stage, Code: s.Error.Code, Message: s.Error.Message,
			Pointer: s.Error.Pointer, Rule: s.Error.Rule, Count: 1, Event: event})
		return
	}
}

// eventAgain is a record of a trial as the next pipeline reads it: its bytes.
func eventAgain(made pipeline.TestRecord) pipeline.TestEvent {
	e := pipeline.TestEvent{Key: made.Key, Headers: made.Headers, Tombstone: made.Tombstone}
	if !made.Tombstone {
		e.ValueBase64 = base64.StdEncoding.EncodeToString(valueOf(made))
	}
	return e
}
