package api

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

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
	failure
	Message string             `json:"message"`
	Count   int                `json:"count"`
	Event   pipeline.TestEvent `json:"event"`
	// Before is how many failed in the same way before a change, New that the change brings more of them.
	Before int  `json:"before,omitempty"`
	New    bool `json:"new,omitempty"`
}

// failure is what events have in common that fail in the same way.
type failure struct {
	Pipeline string `json:"pipeline,omitempty"`
	Stage    string `json:"stage"`
	Code     string `json:"code"`
	Pointer  string `json:"pointer,omitempty"`
	Rule     string `json:"rule,omitempty"`
}

// fate is what became of one event, in its pipeline and in those that read what came out: the topics that it reached, and
// each way in which it failed with its message.
type fate struct {
	outcome string
	topics  []string
	failed  []told
}

type told struct {
	failure
	message string
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
	events, err := a.eventsOf(ctx, schema, count)
	if err != nil {
		return nil, under("source.schema", err)
	}
	fates, err := a.fates(ctx, pipeline.Pipeline{Spec: spec}, events, nil)
	if err != nil {
		return nil, err
	}
	return sum(fates, events), nil
}

// eventsOf are events that a schema allows, edge cases included.
func (a *API) eventsOf(ctx context.Context, schema pipeline.RegisteredSchema, count int) ([]pipeline.TestEvent, error) {
	samples, err := a.options.Generator.Generate(ctx, pipeline.SampleRequest{Schema: schema, Count: count, EdgeCases: count > 0})
	if err != nil {
		return nil, err
	}
	var events []pipeline.TestEvent
	for _, s := range samples[:min(len(samples), maxFitEvents)] {
		events = append(events, s.Event)
	}
	return events, nil
}

// fates runs events through a pipeline, and what comes out into the incoming schemas of the pipelines that read it. Announced
// schemas are taken for the newest of their subjects.
func (a *API) fates(ctx context.Context, p pipeline.Pipeline, events []pipeline.TestEvent, announced []pipeline.RegisteredSchema) ([]fate, error) {
	results, err := a.options.Runner.RunWith(ctx, announced, p, events)
	if err != nil {
		return nil, err
	}
	out := make([]fate, len(results))
	delivered := map[string][]int{} // The events, by the topics to which they led.
	produced := map[string][]pipeline.TestEvent{}
	for i, r := range results {
		out[i].outcome = r.Outcome
		out[i].add("", r)
		for _, made := range r.Records {
			if r.Outcome == "delivered" {
				out[i].topics = append(out[i].topics, made.Topic)
				delivered[made.Topic] = append(delivered[made.Topic], i)
				produced[made.Topic] = append(produced[made.Topic], eventAgain(made))
			}
		}
	}
	reads := func(reader pipeline.Pipeline) bool {
		return reader.Name != p.Name && len(produced[reader.Source.Topic]) > 0
	}
	return out, a.readers(ctx, reads, func(reader pipeline.Spec) error {
		topic := reader.Source.Topic
		results, err := a.options.Runner.RunWith(ctx, announced, pipeline.Pipeline{Spec: reader}, produced[topic][:min(len(produced[topic]), maxFitEvents)])
		if err != nil {
			return err
		}
		for i, r := range results {
			out[delivered[topic][i]].add(reader.Name, r)
		}
		return nil
	})
}

// add notes the stage in which an event failed, if it did.
func (f *fate) add(name string, r pipeline.TestResult) {
	for _, s := range r.Stages {
		if s.Error != nil {
			message := strings.ReplaceAll(s.Error.Message, ", id "+strconv.Itoa(candidateID)+")", ", not registered yet)")
			f.failed = append(f.failed, told{failure{name, s.Stage, s.Error.Code, s.Error.Pointer, s.Error.Rule}, message})
			return
		}
	}
}

// sum is what became of all events together.
func sum(fates []fate, events []pipeline.TestEvent) *fit {
	out := &fit{Events: len(fates), Outcomes: map[string]int{}, Problems: []misfit{}}
	for i, f := range fates {
		out.Outcomes[f.outcome]++
		for _, failed := range f.failed {
			known := slices.IndexFunc(out.Problems, func(m misfit) bool { return m.failure == failed.failure })
			if known < 0 {
				known = len(out.Problems)
				out.Problems = append(out.Problems, misfit{failure: failed.failure, Message: failed.message, Event: events[i]})
			}
			out.Problems[known].Count++
		}
	}
	return out
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

// eventAgain is a record of a trial as the next pipeline reads it: its bytes.
func eventAgain(made pipeline.TestRecord) pipeline.TestEvent {
	e := pipeline.TestEvent{Key: made.Key, Headers: made.Headers, Tombstone: made.Tombstone}
	if !made.Tombstone {
		e.ValueBase64 = base64.StdEncoding.EncodeToString(valueOf(made))
	}
	return e
}
