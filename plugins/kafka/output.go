package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/plugins/record"
)

const fieldTopic = "topic"

func outputSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Categories("Services").
		Summary("Writes records, each to its own topic if it names one, and to `topic` otherwise.").
		Description(`
Records of an `+"`inflect_kafka`"+` input leave with their key, headers and timestamp, or with those that a step gave them; a null
value stays null. In exactly_once they are written through the input's transactions; then only `+"`topic`"+` counts here, and
brokers and producer are the input's. Otherwise they are written by an idempotent producer of this output, which may be
another cluster's, and acknowledged by all in-sync replicas.

Messages of any other input are written with the key in the metadata `+"`kafka_key`"+`, headers in `+"`kafka_header_<name>`"+` and to the
topic in `+"`inflect_topic`"+`, and are acknowledged when they are durable.

A record with a key goes to the partition that Kafka's default partitioner chooses. A record without a key goes to the
partition with its source partition's number, modulo the number of partitions: so it keeps its order.

What may pass is waited for, with the records in order and reading stopped: a topic that does not exist yet, a permission
that was taken, a leader that moves, a broker that restarts, a full disk. What will not pass, a record too large or invalid
for its topic, or for a topic that cannot exist, becomes a dead letter or is dropped as `+"`inflect_dlq`"+` says, together with
everything else that came of its source record; without inflect_dlq the pipeline stops on it.`).
		Fields(connectionFields()...).
		Fields(
			service.NewStringField(fieldTopic).Description("The topic for records that name none themselves.").
				LintRule(`root = if this == "" { "topic is empty: name the target topic" }`),
			service.NewStringField(fieldPipeline).Description("The pipeline's name in the log. The stream's id when empty.").Default(""),
			producerField("How records are written."),
		).
		Example("Topics by record", "Messages of a foreign input choose their topic by metadata.", `
input:
  stdin: {}
pipeline:
  processors:
    - mapping: |
        meta kafka_key = this.id
        meta inflect_topic = if this.region == "eu" { "orders-eu" } else { deleted() }
output:
  inflect_kafka: {brokers: [localhost:9092], topic: orders}
`)
}

func init() {
	service.MustRegisterBatchOutput("inflect_kafka", outputSpec(),
		func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchOutput, service.BatchPolicy, int, error) {
			o, err := newOutput(conf, mgr)
			// One write at a time: two would change the order (invariant 3). Writing only enqueues, so one is enough.
			return o, service.BatchPolicy{}, 1, err
		})
}

// output writes batches. It holds a client of its own for everything that is not part of a transaction.
type output struct {
	connection
	producer
	topic  string
	logger *clientLogger

	mu     sync.Mutex
	client *kgo.Client
	limits *limits
}

func newOutput(conf *service.ParsedConfig, mgr *service.Resources) (*output, error) {
	o := &output{}
	pipeline, err := conf.FieldString(fieldPipeline)
	if err != nil {
		return nil, err
	}
	if pipeline == "" {
		pipeline = mgr.StreamID()
	}
	o.logger = newClientLogger(mgr.Logger().With("pipeline", pipeline))
	if o.connection, err = parseConnection(conf); err != nil {
		return nil, err
	}
	if o.producer, err = parseProducer(conf.Namespace(fieldProducer)); err != nil {
		return nil, err
	}
	if o.topic, err = conf.FieldString(fieldTopic); err != nil {
		return nil, err
	}
	if o.topic == "" {
		return nil, errors.New("topic is empty: name the target topic")
	}
	return o, nil
}

// Connect makes the client. It asks nothing of the brokers: where they are away, writing waits.
func (o *output) Connect(context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.connect()
}

// connect replaces a client that knows wrong limits or a topic that is gone. The caller holds the lock.
func (o *output) connect() error {
	if o.client != nil {
		if !o.limits.stale.Load() {
			return nil
		}
		o.client.Close()
		o.client = nil
	}
	l := newLimits(&o.producer)
	client, err := kgo.NewClient(append(o.connection.options(o.logger), o.producer.options(l)...)...)
	if err != nil {
		return fmt.Errorf("creating the Kafka client: %w", err)
	}
	l.client = client
	o.client, o.limits = client, l
	return nil
}

// WriteBatch enqueues the messages of our own input and returns: their acknowledgement waits for the delivery. Messages
// of other inputs are delivered when it returns.
func (o *output) WriteBatch(ctx context.Context, messages service.MessageBatch) error {
	client, l, err := o.current()
	if err != nil {
		return err
	}
	for len(messages) > 0 {
		b, n := run(messages)
		own := b == nil
		if own {
			b = newBatch(nil, nil, nil)
		}
		w := writer{output: o, batch: b, client: client, limits: l}
		if b.client != nil {
			w.client, w.limits = b.client, b.limits
		}
		err := w.write(ctx, messages[:n])
		if err == nil && own {
			err = b.wait(ctx)
		}
		if err != nil {
			return err
		}
		messages = messages[n:]
	}
	return nil
}

// current is the client to write with.
func (o *output) current() (*kgo.Client, *limits, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.client == nil {
		return nil, nil, service.ErrNotConnected
	}
	if err := o.connect(); err != nil {
		return nil, nil, err
	}
	return o.client, o.limits, nil
}

// run is the batch of the first message, nil for one of a foreign input, and how many messages in a row belong to it.
func run(messages service.MessageBatch) (b *batch, n int) {
	b, n = batchOf(messages[0]), 1
	for n < len(messages) && batchOf(messages[n]) == b {
		n++
	}
	return b, n
}

func batchOf(m *service.Message) *batch {
	if o := originOf(record.From(m)); o != nil {
		return o.batch
	}
	return nil
}

func originOf(e *record.Envelope) *origin {
	if e == nil {
		return nil
	}
	o, _ := e.Source.Owner.(*origin)
	return o
}

// Close gives up what is still buffered, which nobody has acknowledged.
func (o *output) Close(context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.client != nil {
		o.client.Close()
		o.client = nil
	}
	return nil
}
