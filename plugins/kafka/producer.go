package kafka

import (
	"fmt"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	fieldProducer        = "producer"
	fieldCompression     = "compression"
	fieldMaxMessageBytes = "max_message_bytes"
	fieldBufferedRecords = "max_buffered_records"

	compressionNone = "none"
)

// producer is how records are written.
type producer struct {
	compression     kgo.CompressionCodec
	linger          time.Duration
	maxMessageBytes int
	bufferedRecords int
}

func producerField(description string) *service.ConfigField {
	return service.NewObjectField(fieldProducer,
		service.NewStringEnumField(fieldCompression, compressionNone, "gzip", "snappy", "lz4", "zstd").
			Description("How batches of records are compressed.").Default("snappy"),
		service.NewDurationField(fieldLinger).Description("How long a partition's records are collected before they are sent. They are sent at once when the batch is written completely.").
			Default("5ms").Advanced(),
		service.NewStringField(fieldMaxMessageBytes).Description("The largest batch of records, and so the largest record, that is sent. When empty it is the topic's own `max.message.bytes`.").
			Default("").Advanced(),
		service.NewIntField(fieldBufferedRecords).Description("The most records that wait for acknowledgement. Writing waits when there are as many.").
			Default(100000).Advanced().LintRule(`root = if this < 1 { "max_buffered_records must be at least 1" }`),
	).Description(description).Advanced()
}

func parseProducer(conf *service.ParsedConfig) (p producer, err error) {
	r := reader{conf: conf}
	compression := r.text(fieldCompression)
	p.linger = r.duration(fieldLinger)
	if size := r.text(fieldMaxMessageBytes); size != "" {
		p.maxMessageBytes = r.bytes(fieldMaxMessageBytes)
	}
	p.bufferedRecords = r.number(fieldBufferedRecords)
	if r.err != nil {
		return p, r.err
	}
	if p.bufferedRecords < 1 {
		return p, fmt.Errorf("producer.max_buffered_records is %d: it must be at least 1", p.bufferedRecords)
	}
	switch compression {
	case compressionNone:
		p.compression = kgo.NoCompression()
	case "gzip":
		p.compression = kgo.GzipCompression()
	case "snappy":
		p.compression = kgo.SnappyCompression()
	case "lz4":
		p.compression = kgo.Lz4Compression()
	case "zstd":
		p.compression = kgo.ZstdCompression()
	default:
		return p, fmt.Errorf("producer.compression %q is unknown: use none, gzip, snappy, lz4 or zstd", compression)
	}
	return p, nil
}

// options are the client options of an idempotent producer that never gives up by itself: what may pass is waited for,
// in order, and what will not comes back as an error at once.
func (p *producer) options(l *limits) []kgo.Opt {
	return []kgo.Opt{
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(p.compression),
		kgo.ProducerLinger(p.linger),
		kgo.MaxBufferedRecords(p.bufferedRecords),
		kgo.ProducerBatchMaxBytesFn(l.tell),
		kgo.RecordPartitioner(newPartitioner()),
		kgo.UnknownTopicRetries(-1),
	}
}
