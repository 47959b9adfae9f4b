package kafka

import "github.com/twmb/franz-go/pkg/kgo"

// partitioner places a record with a key as Kafka's default partitioner does (murmur2 over all partitions), and one
// without a key on the partition that has its source's number, modulo their count. The latter keeps the order of records
// without keys (invariant 3); Kafka's own choice, any partition for a while, would not. The source's number arrives as
// the record's Partition; below zero there is none, and such records stick to a partition per batch.
type partitioner struct{ keyed kgo.Partitioner }

func newPartitioner() kgo.Partitioner {
	return partitioner{kgo.StickyKeyPartitioner(nil)}
}

func (p partitioner) ForTopic(topic string) kgo.TopicPartitioner {
	return &topicPartitioner{p.keyed.ForTopic(topic)}
}

type topicPartitioner struct{ keyed kgo.TopicPartitioner }

// RequiresConsistency makes a record wait for its partition rather than take another one while the leader is away.
func (p *topicPartitioner) RequiresConsistency(r *kgo.Record) bool {
	return r.Key != nil || r.Partition >= 0
}

func (p *topicPartitioner) Partition(r *kgo.Record, n int) int {
	if r.Key == nil && r.Partition >= 0 {
		return int(r.Partition) % n
	}
	return p.keyed.Partition(r, n)
}

// OnNewBatch lets records without a place of their own move to another partition.
func (p *topicPartitioner) OnNewBatch() {
	if b, ok := p.keyed.(kgo.TopicPartitionerOnNewBatch); ok {
		b.OnNewBatch()
	}
}
