package catalog

import (
	"context"
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/inflect-dev/inflect/pipeline"
)

// GrowTopic gives a topic that has from partitions that many. Kafka refuses to take any away again, and a topic that
// somebody else has grown by now is left as it is: both are an error.
func (k *Kafka) GrowTopic(ctx context.Context, topic string, from, to int) error {
	t, err := k.detail(ctx, topic)
	if err != nil {
		return err
	}
	if len(t.Partitions) != from {
		return pipeline.Errorf(pipeline.CodeStale, "", "topic %q has %d partitions by now, not %d", topic, len(t.Partitions), from)
	}
	ctx, cancel := context.WithTimeout(ctx, k.options.Timeout)
	defer cancel()
	// The number is absolute, so that even two who ask at the same moment get it once: the brokers refuse the second.
	done, err := k.admin.UpdatePartitions(ctx, to, topic)
	if err == nil {
		err = done.Error()
	}
	if errors.Is(err, kerr.InvalidPartitions) {
		return pipeline.Errorf(pipeline.CodeStale, "", "topic %q cannot get %d partitions: it has as many or more by now", topic, to)
	}
	if err != nil {
		return k.Explain(topic, err)
	}
	_ = k.settled(ctx, topic, to) // it has grown, however long brokers take to say so
	k.topics.forget()
	return nil
}

// Behind is how many records each place is behind the end of its topic. A place that cannot be looked up is left out.
func (k *Kafka) Behind(ctx context.Context, places []pipeline.Place) (map[string]int64, error) {
	if len(places) == 0 {
		return map[string]int64{}, nil
	}
	var groups, topics []string
	for _, p := range places {
		groups = append(groups, p.Group)
		if !slices.Contains(topics, p.Topic) {
			topics = append(topics, p.Topic)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, k.options.Timeout)
	defer cancel()
	ends, err := k.admin.ListCommittedOffsets(ctx, topics...)
	if err := k.Explain("", whole(err)); err != nil {
		return nil, err
	}
	starts, err := k.admin.ListStartOffsets(ctx, topics...)
	if err := k.Explain("", whole(err)); err != nil {
		return nil, err
	}
	committed := k.admin.FetchManyOffsets(ctx, groups...)
	out := map[string]int64{}
	for _, p := range places {
		offsets := committed[p.Group]
		if offsets.Err != nil && !errors.Is(offsets.Err, kerr.GroupIDNotFound) {
			continue
		}
		if n, ok := behind(p, offsets.Fetched, starts, ends); ok {
			out[p.Group] = n
		}
	}
	return out, nil
}

// behind is the distance of one group. Where it has no place yet it begins as its pipeline says; what retention took
// while it was away is no lag.
func behind(p pipeline.Place, committed kadm.OffsetResponses, starts, ends kadm.ListedOffsets) (sum int64, ok bool) {
	fresh := len(committed[p.Topic]) == 0
	for partition, end := range ends[p.Topic] {
		start, found := starts.Lookup(p.Topic, partition)
		if end.Err != nil || start.Err != nil || !found {
			return 0, false
		}
		at := start.Offset
		if c, have := committed.Lookup(p.Topic, partition); have && c.At >= 0 {
			at = max(at, c.At)
		} else if fresh && p.Start == "latest" {
			at = end.Offset
		}
		sum += max(0, end.Offset-at)
	}
	return sum, len(ends[p.Topic]) > 0
}
