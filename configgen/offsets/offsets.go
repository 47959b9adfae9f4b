// Package offsets moves the places of consumer groups, for replays.
//
// A group's offsets can only be set while nobody is in it; [Offsets.Idle] waits for that.
package offsets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
)

// look is how often a group is looked at while it empties.
const look = 100 * time.Millisecond

// Offsets speaks to one cluster.
type Offsets struct{ admin *kadm.Client }

// New makes a client of its own; it does not connect yet.
func New(opts ...kgo.Opt) (*Offsets, error) {
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("making a client for offsets: %w", err)
	}
	return &Offsets{admin: kadm.NewClient(client)}, nil
}

// Close closes the connections. It may be called twice.
func (o *Offsets) Close() { o.admin.Close() }

// Idle waits until nobody is in the group.
func (o *Offsets) Idle(ctx context.Context, group string) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		described, err := o.admin.DescribeGroups(ctx, group)
		if err == nil {
			err = described[group].Err
		}
		switch {
		case errors.Is(err, kerr.GroupIDNotFound):
			return nil
		case err != nil && !kerr.IsRetriable(err):
			return away(group, err)
		case err == nil && len(described[group].Members) == 0:
			return nil
		}
		select {
		case <-ctx.Done():
			return pipeline.Errorf(pipeline.CodeUnavailable, "", "somebody is still in consumer group %s: stop whatever else reads with it, and try again", group)
		case <-tick.C:
		}
	}
}

// Move sets the group's place in every partition of the topic. An offset that a partition does not have becomes the
// nearest one that it has; a time after the last record means the end.
func (o *Offsets) Move(ctx context.Context, group, topic string, to pipeline.Replay) error {
	offsets, err := o.places(ctx, topic, to)
	if err != nil {
		return away(group, err)
	}
	if len(offsets) == 0 {
		return pipeline.Errorf(pipeline.CodeUnknownTopic, "source.topic", "there is no topic %q", topic)
	}
	if err := o.admin.CommitAllOffsets(ctx, group, offsets); err != nil {
		return away(group, err)
	}
	return nil
}

func (o *Offsets) places(ctx context.Context, topic string, to pipeline.Replay) (kadm.Offsets, error) {
	start, err := o.listed(o.admin.ListStartOffsets(ctx, topic))
	if err != nil || to.Beginning {
		return start.Offsets(), err
	}
	if to.Time != nil {
		at, err := o.listed(o.admin.ListOffsetsAfterMilli(ctx, to.Time.UnixMilli(), topic))
		return at.Offsets(), err
	}
	if to.Offset == nil {
		return nil, pipeline.Errorf(pipeline.CodeInvalid, "", "give one of time, offset and beginning")
	}
	end, err := o.listed(o.admin.ListEndOffsets(ctx, topic))
	if err != nil {
		return nil, err
	}
	out := kadm.Offsets{}
	start.Each(func(s kadm.ListedOffset) {
		last, _ := end.Lookup(s.Topic, s.Partition)
		out.AddOffset(s.Topic, s.Partition, min(max(*to.Offset, s.Offset), last.Offset), -1)
	})
	return out, nil
}

func (o *Offsets) listed(l kadm.ListedOffsets, err error) (kadm.ListedOffsets, error) {
	if err == nil {
		err = l.Error()
	}
	return l, err
}

func away(group string, err error) error {
	var own *pipeline.Error
	if errors.As(err, &own) {
		return err
	}
	if errors.Is(err, kerr.UnknownTopicOrPartition) {
		return pipeline.Errorf(pipeline.CodeUnknownTopic, "source.topic", "the topic does not exist")
	}
	return pipeline.Errorf(pipeline.CodeUnavailable, "", "moving consumer group %s: %v", group, err)
}
