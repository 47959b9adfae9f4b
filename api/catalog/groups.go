package catalog

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/inflect-dev/inflect/pipeline"
)

// lookAgain is how often a group is asked whether it is at rest.
const lookAgain = 200 * time.Millisecond

// Idle waits until nobody is in the consumer group. It waits as long as ctx lets it.
func (k *Kafka) Idle(ctx context.Context, group string) error {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		members, err := k.members(ctx, group)
		if err != nil || members == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return pipeline.Errorf(pipeline.CodeUnavailable, "", "consumer group %s still has %d members: its engines have not stopped yet", group, members)
		}
	}
}

// members is how many are in a group, by whichever of Kafka's two group protocols it lives.
func (k *Kafka) members(ctx context.Context, group string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, k.options.Timeout)
	defer cancel()
	classic, err := k.admin.DescribeGroups(ctx, group)
	if err != nil {
		return 0, k.Explain("", err)
	}
	n := len(classic[group].Members)
	if err := classic[group].Err; n > 0 || err != nil && !absent(err) {
		return n, k.Explain("", err)
	}
	modern, err := k.admin.DescribeConsumerGroups(ctx, group)
	if err != nil {
		return 0, nil // The cluster is older than the protocol.
	}
	return len(modern[group].Members), nil
}

// absent says that there is no such group, or that it lives by the other protocol.
func absent(err error) bool {
	return errors.Is(err, kerr.GroupIDNotFound) || errors.Is(err, kerr.UnsupportedVersion)
}

// Move commits the place from which a group without members goes on.
func (k *Kafka) Move(ctx context.Context, group, topic string, to pipeline.Replay) error {
	spans, err := k.Spans(ctx, topic)
	if err != nil {
		return err
	}
	if to.Time != nil {
		if err := k.after(ctx, topic, *to.Time, spans); err != nil {
			return err
		}
	}
	var offsets kadm.Offsets
	for p, s := range spans {
		at := s.Start
		if to.Offset != nil {
			at = min(max(s.Start, *to.Offset), s.End)
		}
		offsets.AddOffset(topic, p, at, -1)
	}
	ctx, cancel := context.WithTimeout(ctx, k.options.Timeout)
	defer cancel()
	done, err := k.admin.CommitOffsets(ctx, group, offsets)
	if err == nil {
		err = done.Error()
	}
	if errors.Is(err, kerr.UnknownMemberID) || errors.Is(err, kerr.IllegalGeneration) || errors.Is(err, kerr.StaleMemberEpoch) {
		return pipeline.Errorf(pipeline.CodeUnavailable, "", "consumer group %s has members again: stop the pipeline and try once more", group)
	}
	return k.Explain(topic, err)
}
