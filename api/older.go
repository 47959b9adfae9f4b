package api

import (
	"context"
	"errors"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/inflect-dev/inflect/pipeline"
)

// maxOlder bounds how many older versions one check looks at.
const maxOlder = 20

// olderCheck is what a new version would be to one before the newest. Registry is the word of the subject's rule on the two
// alone, Reason why they cannot be compared or no events of it can be tried.
type olderCheck struct {
	Version     int                         `json:"version"`
	Registry    pipeline.Compatibility      `json:"registry"`
	Differences []pipeline.SchemaDifference `json:"differences"`
	Reason      string                      `json:"reason,omitempty"`
}

// older is an older version with events of it.
type older struct {
	olderCheck

	schema pipeline.RegisteredSchema
	events []pipeline.TestEvent
}

// lookBack compares the new version with the older ones and makes their events, not more of all together than one trial takes.
func (c *tryout) lookBack(ctx context.Context, versions []int) error {
	if len(versions) == 0 {
		return nil
	}
	c.older = make([]older, min(len(versions), maxOlder))
	most := maxEvents / len(c.older)
	var group errgroup.Group
	group.SetLimit(parallelChecked)
	for i := range c.older {
		group.Go(func() error { return c.look(ctx, versions[i], most, &c.older[i]) })
	}
	return group.Wait()
}

func (c *tryout) look(ctx context.Context, version, most int, out *older) error {
	options := c.api.options
	schema, err := options.Schemas.Resolve(ctx, c.next.Subject, pipeline.Version(strconv.Itoa(version)))
	if err != nil {
		return err
	}
	out.Version, out.schema, out.Differences = version, schema, []pipeline.SchemaDifference{}
	if out.Registry, err = options.Schemas.CompatibleWith(ctx, c.next, version); err != nil {
		return err
	}
	differences, err := options.Comparer.Differences(ctx, schema, c.next)
	if err == nil {
		out.Differences = differences
		// Edge cases come on top of what is asked for, and are to have their share.
		out.events, err = c.api.eventsOf(ctx, schema, min(c.count, (most+1)/2))
	}
	// A version of long ago that nobody can read any more takes nothing from what is said of the others.
	var own *pipeline.Error
	if errors.As(err, &own) && (own.Code == pipeline.CodeInvalid || own.Code == pipeline.CodeRejected) {
		out.Reason, err = own.Message, nil
	}
	out.events = out.events[:min(len(out.events), most)]
	return err
}

// writeOlder is the events of the older versions as their producers wrote them.
func (c *tryout) writeOlder(ctx context.Context, framing string) ([]batch, error) {
	var out []batch
	for _, o := range c.older {
		if len(o.events) == 0 {
			continue
		}
		events, err := c.write(ctx, o.schema, framing, o.events)
		if err != nil {
			return nil, err
		}
		out = append(out, batch{ofOlder, o.Version, events})
	}
	return out, nil
}

// oldest is a topic's oldest records, which were the likeliest written by an older version, without those that are known.
func (c *tryout) oldest(ctx context.Context, topic string, known []pipeline.Record) []pipeline.Record {
	type place struct {
		partition int32
		offset    int64
	}
	seen := map[place]bool{}
	for _, r := range known {
		seen[place{r.Partition, r.Offset}] = true
	}
	var out []pipeline.Record
	for _, r := range c.records(ctx, topic, pipeline.RecordQuery{Time: new(time.Unix(0, 0)), Limit: maxHeld}) {
		if !seen[place{r.Partition, r.Offset}] {
			out = append(out, r)
		}
	}
	return out
}
