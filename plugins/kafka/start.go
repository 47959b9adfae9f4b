package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// startTimeout bounds what is asked before a group member joins.
const startTimeout = 15 * time.Second

// begin makes sure that the brokers answer and, for a group that has never committed an offset, that it begins where its
// config says: at the topics' present ends, or at their beginnings. Those offsets are committed before anyone joins: so a
// partition that is created later has none and is known to be new, whoever finds it, and a group that its very first
// record stops has a place that does not move, which is how those who scale on lag know that more instances would not help.
func (in *input) begin(ctx context.Context) error {
	if in.started {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	client, err := kgo.NewClient(in.conf.connection.options(in.logger)...)
	if err != nil {
		return fmt.Errorf("creating the Kafka client: %w", err)
	}
	defer client.Close()
	if err := client.Ping(ctx); err != nil {
		return fmt.Errorf("reaching the brokers: %w", err)
	}
	admin := kadm.NewClient(client)
	list := admin.ListStartOffsets
	if in.conf.latest {
		list = admin.ListEndOffsets
	}
	err = in.commitStart(ctx, admin, list)
	if errors.Is(err, kerr.UnknownTopicOrPartition) && !in.conf.latest && in.conf.hold == 0 {
		err = nil // a topic that does not exist yet is read from its beginning in any case
	}
	if err != nil {
		return err
	}
	in.inherit(ctx, admin)
	in.started = true
	return nil
}

// commitStart commits what list says of the topics, unless the group has committed something before.
func (in *input) commitStart(ctx context.Context, admin *kadm.Client, list func(context.Context, ...string) (kadm.ListedOffsets, error)) error {
	have, err := admin.FetchOffsets(ctx, in.conf.group)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return fmt.Errorf("fetching the offsets of group %s: %w", in.conf.group, err)
	}
	for _, topic := range in.conf.topics {
		if len(have[topic]) > 0 {
			return nil // not the first start
		}
	}
	offsets, err := list(ctx, in.conf.topics...)
	if err == nil {
		err = offsets.Error()
	}
	if err != nil {
		return fmt.Errorf("listing the offsets of %v: %w", in.conf.topics, err)
	}
	committed, err := admin.CommitOffsets(ctx, in.conf.group, offsets.Offsets())
	if err == nil {
		err = committed.Error()
	}
	if err == nil {
		return nil
	}
	// A group with members takes no offsets from outside. Then another instance has been here first and committed.
	described, derr := admin.DescribeGroups(ctx, in.conf.group)
	if derr == nil && len(described[in.conf.group].Members) > 0 {
		return nil
	}
	return fmt.Errorf("committing the start of group %s: %w", in.conf.group, err)
}

// commitOffsets commits offsets as a group member.
func commitOffsets(ctx context.Context, client *kgo.Client, offsets map[place]kgo.EpochOffset) error {
	byTopic := map[string]map[int32]kgo.EpochOffset{}
	for p, o := range offsets {
		if byTopic[p.topic] == nil {
			byTopic[p.topic] = map[int32]kgo.EpochOffset{}
		}
		byTopic[p.topic][p.partition] = o
	}
	var failed error
	client.CommitOffsetsSync(ctx, byTopic, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
		if failed = err; failed != nil {
			return
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil && failed == nil {
					failed = fmt.Errorf("%s/%d: %w", t.Topic, p.Partition, err)
				}
			}
		}
	})
	return failed
}
