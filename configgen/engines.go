package configgen

import (
	"context"

	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/pipeline"
)

// Engines is the target of an installation with a fixed list of engines, of which each runs every pipeline.
type Engines struct{ *streams.Client }

// Apply makes every engine run the pipeline.
func (e Engines) Apply(ctx context.Context, p pipeline.Pipeline, config []byte) error {
	return e.Client.Apply(ctx, p.Name, config)
}

// Stop takes the pipeline off every engine. Its place is its consumer group's.
func (e Engines) Stop(ctx context.Context, p pipeline.Pipeline) error {
	return e.Remove(ctx, p.Name)
}
