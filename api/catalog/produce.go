package catalog

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
)

// Produce writes all records and waits until every in-sync replica has them. A record goes where Kafka's default
// partitioner puts its key; its Partition and Offset are not looked at.
func (k *Kafka) Produce(ctx context.Context, topic string, records []pipeline.Record) ([]pipeline.ProducedRecord, error) {
	if _, err := k.detail(ctx, topic); err != nil {
		return nil, err // Nothing here makes topics by mistake.
	}
	ctx, cancel := context.WithTimeout(ctx, k.options.Timeout)
	defer cancel()
	batch := make([]*kgo.Record, len(records))
	for i, r := range records {
		batch[i] = &kgo.Record{Topic: topic, Key: r.Key, Value: r.Value}
		for _, h := range r.Headers {
			batch[i].Headers = append(batch[i].Headers, kgo.RecordHeader{Key: h.Name, Value: h.Value})
		}
	}
	err := k.client.ProduceSync(ctx, batch...).FirstErr()
	if errors.Is(err, kerr.UnknownTopicID) {
		// The topic was made anew since it was last written to: the client has to forget the one that it knows.
		k.client.PurgeTopicsFromProducing(topic)
		err = k.client.ProduceSync(ctx, batch...).FirstErr()
	}
	if err != nil {
		return nil, k.Explain(topic, err)
	}
	out := make([]pipeline.ProducedRecord, len(batch))
	for i, r := range batch {
		out[i] = pipeline.ProducedRecord{Partition: r.Partition, Offset: r.Offset}
	}
	return out, nil
}
