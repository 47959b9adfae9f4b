package sample

import (
	"context"
	"encoding/json"
	"math/rand/v2"

	"github.com/inflect-dev/inflect/pipeline"
)

// MaxCount bounds how many events one request may ask for.
const MaxCount = 10_000

// Generator makes events out of schemas. Its zero value is ready.
type Generator struct{}

// Generate makes request.Count events that fit the schema, and the edge cases and near misses that are asked for. A schema
// that does not compile, or that no event seems to fit, is an error of [pipeline.CodeInvalid].
func (Generator) Generate(ctx context.Context, request pipeline.SampleRequest) ([]pipeline.Sample, error) {
	if request.Count < 0 || request.Count > MaxCount {
		return nil, pipeline.Errorf(pipeline.CodeInvalid, "count", "is %d, but must be between 0 and %d", request.Count, MaxCount)
	}
	m, err := newModel(request.Schema)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.CodeInvalid, "schema", "%s version %d cannot be used: %v", request.Schema.Subject, request.Schema.Version, err)
	}
	unfound := pipeline.Errorf(pipeline.CodeInvalid, "schema",
		"no event was found that fits %s version %d: it asks for more than a generator can guess", request.Schema.Subject, request.Schema.Version)
	var out []pipeline.Sample
	for i := range request.Count {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		// Each event has a source of its own, so that the first events do not depend on how many are asked for.
		v, ok := m.event(rand.New(rand.NewPCG(uint64(request.Seed), uint64(i)+1)))
		if !ok {
			return nil, unfound
		}
		out = append(out, pipeline.Sample{Event: pipeline.TestEvent{Value: text(v)}})
	}
	if request.EdgeCases || request.NearMisses {
		mutants, ok := m.mutants(rand.New(rand.NewPCG(uint64(request.Seed), 0)), request.EdgeCases, request.NearMisses)
		if !ok && request.Count == 0 {
			return nil, unfound
		}
		out = append(out, mutants...)
	}
	return out, ctx.Err()
}

// text is a value as JSON, without escaping more than JSON asks for.
func text(v any) json.RawMessage {
	var b encoder
	b.value(v)
	return b.out
}
