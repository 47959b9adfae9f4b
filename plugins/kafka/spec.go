package kafka

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	fieldTopics             = "topics"
	fieldGroup              = "group"
	fieldStart              = "start"
	fieldDelivery           = "delivery"
	fieldBatch              = "batch"
	fieldMaxRecords         = "max_records"
	fieldMaxBytes           = "max_bytes"
	fieldLinger             = "linger"
	fieldLanes              = "lanes"
	fieldInstance           = "instance"
	fieldTransactionTimeout = "transaction_timeout"
	fieldInFlight           = "in_flight"
	fieldCommitInterval     = "commit_interval"
	fieldRate               = "rate"
	fieldHold               = "hold_new_partitions"
	fieldSessionTimeout     = "session_timeout"
	fieldHeartbeatInterval  = "heartbeat_interval"
	fieldRebalanceTimeout   = "rebalance_timeout"
	fieldShutdownTimeout    = "shutdown_timeout"
	fieldRack               = "rack"
	fieldFetch              = "fetch"
	fieldFetchPartition     = "max_partition_bytes"
	fieldMinBytes           = "min_bytes"
	fieldMaxWait            = "max_wait"
	fieldPipeline           = "pipeline"
	fieldRevision           = "revision"

	startEarliest = "earliest"
	startLatest   = "latest"
	atLeastOnce   = "at_least_once"
	exactlyOnce   = "exactly_once"

	// envInstance names this process where the config does not: configs are the same for all instances of a pipeline.
	envInstance = "INFLECT_INSTANCE"

	// anonymousTimeout bounds transactions under random ids: nobody else can end them after a crash.
	anonymousTimeout = 10 * time.Second
)

func inputSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Categories("Services").
		Summary("Reads topics as a member of a consumer group and commits an offset only after everything that came of its record is durable.").
		Description(`
With `+"`delivery: exactly_once`"+` each batch is one Kafka transaction, in which the records for all targets, the dead letters
and the source's offsets become visible together to consumers that read committed records. It needs an `+"`inflect_kafka`"+`
output on the same cluster, which writes through the input's transactions.

With `+"`delivery: at_least_once`"+` offsets follow the acknowledgements of all in-sync replicas. After a crash the records that
were not committed yet are read again: at most twice `+"`in_flight`"+` batches of `+"`max_records`"+`, since reading waits for a commit then.

In both, records of one partition keep their order, keys, headers and timestamps are carried over, null and empty values
stay what they are, and partitions are given up only after their records in flight are finished.

A record that still carries an error when it reaches the output stops the pipeline there: its offset is not committed, the
state becomes failed with the reason, and it is tried again with growing pauses. Put `+"`inflect_dlq`"+` last in the pipeline to
send such records to a dead-letter topic instead.

Do not put `+"`buffer`"+`, output `+"`batching`"+`, `+"`retry`"+`, `+"`fallback`"+` or `+"`broker`"+` between this input and its output, and leave
`+"`pipeline.threads`"+` at 1: they acknowledge too early, write twice or change the order.`).
		Fields(connectionFields()...).
		Fields(
			service.NewStringListField(fieldTopics).Description("The topics to read.").
				LintRule(`root = if this.length() == 0 { "topics is empty: name at least one topic" }`),
			service.NewStringField(fieldGroup).Description("The consumer group. All instances of a pipeline share it.").
				LintRule(`root = if this == "" { "group is empty: name the consumer group" }`),
			service.NewStringAnnotatedEnumField(fieldStart, map[string]string{
				startEarliest: "With the oldest record that there is.",
				startLatest:   "With what comes after the start.",
			}).Description("Where a group begins that has never committed an offset. It concerns the group's first start alone: partitions that are added later are read from their beginning.").
				Default(startEarliest),
			service.NewStringAnnotatedEnumField(fieldDelivery, map[string]string{
				exactlyOnce: "Every record's results appear once, whatever crashes.",
				atLeastOnce: "Every record's results appear; after a crash some appear twice.",
			}).Description("The guarantee.").Default(exactlyOnce),
			service.NewObjectField(fieldBatch,
				service.NewIntField(fieldMaxRecords).Description("The most records in one batch. Default: 10000 in exactly_once, where it is the transaction's size, and 5000 in at_least_once.").
					Optional().LintRule(`root = if this < 1 { "max_records must be at least 1" }`),
				service.NewStringField(fieldMaxBytes).Description("A batch is not filled further once its records have this size.").Default("32MiB").Advanced(),
				service.NewDurationField(fieldLinger).Description("How long a batch is filled after its first record; half full is enough when nothing more has arrived. Default: 100ms in exactly_once, 0s in at_least_once. Latency grows by about this much; throughput of transactions grows with their size.").
					Optional(),
			).Description("What goes through the pipeline in one piece."),
			service.NewIntField(fieldLanes).Description("exactly_once: how many transactions are open at the same time, each with partitions of its own, so that one works while the other commits.").
				Default(2).LintRule(`root = if this < 1 || this > 64 { "lanes must be between 1 and 64" }`),
			service.NewStringField(fieldInstance).Description("The name under which this process keeps its place in the group and its transactional ids from one start to the next, different for each running instance of the pipeline: letters, digits, dots, dashes and underscores. The environment variable INFLECT_INSTANCE when empty. Without either, a process that was killed and started again waits until the group gives up its former self (`session_timeout`), and consumers of the target wait for up to `transaction_timeout`, at most 10s, until its open transaction is given up.").
				Default(""),
			service.NewDurationField(fieldTransactionTimeout).Description("exactly_once: how long a transaction may be open until the broker aborts it. It bounds the time that one batch may take, and the wait of downstream consumers after a crash.").
				Default("30s").Advanced(),
			service.NewIntField(fieldInFlight).Description("at_least_once: how many batches may be on their way at the same time.").
				Default(4).Advanced().LintRule(`root = if this < 1 { "in_flight must be at least 1" }`),
			service.NewDurationField(fieldCommitInterval).Description("at_least_once: the shortest time between two commits of offsets.").
				Default("200ms").Advanced(),
			service.NewFloatField(fieldRate).Description("The most records that are read in one second, on average; 0 for no limit.").
				Default(0).LintRule(`root = if this < 0 { "rate must not be negative" }`),
			service.NewDurationField(fieldHold).Description("How long a partition that was added to a topic is left alone: for this time, which should be the greatest metadata age of the topic's producers (`metadata.max.age.ms`, 5m by default), and then until all records are done that the older partitions had at its end. It keeps the records of one key in order across the growth. 0 reads new partitions at once.").
				Default("0s").Advanced(),
			producerField("exactly_once: how the transactions' records are written. In at_least_once the output's `producer` says so."),
			service.NewStringField(fieldRack).Description("Where this process runs, as the brokers' `broker.rack` says it: records are then fetched from a replica nearby.").
				Default("").Advanced(),
			service.NewDurationField(fieldSessionTimeout).Description("How long the group waits for a sign of life before it gives this member's partitions to others.").
				Default("20s").Advanced(),
			service.NewDurationField(fieldHeartbeatInterval).Description("How often this member gives a sign of life; a third of `session_timeout` at most.").
				Default("3s").Advanced(),
			service.NewDurationField(fieldRebalanceTimeout).Description("How long the group waits in a rebalance until members have finished and given up what they must. Records in flight get half of it.").
				Default("60s").Advanced(),
			service.NewObjectField(fieldFetch,
				service.NewStringField(fieldMaxBytes).Description("The most that one broker sends in one answer.").Default("16MiB"),
				service.NewStringField(fieldFetchPartition).Description("The most of one partition in one answer. It is less with slow steps, so that all partitions have their turn. A larger record is still sent, alone.").Default("4MiB"),
				service.NewStringField(fieldMinBytes).Description("Brokers answer when they have this much.").Default("1B"),
				service.NewDurationField(fieldMaxWait).Description("Brokers answer after this time with what they have.").Default("500ms"),
			).Description("How records are asked for.").Advanced(),
			service.NewDurationField(fieldShutdownTimeout).Description("How long finishing what is in flight may take when the pipeline stops. What is left then is said, and read again by whoever comes next.").
				Default("20s"),
			service.NewStringField(fieldPipeline).Description("The pipeline's name in metrics and status. The stream's id when empty.").Default(""),
			service.NewIntField(fieldRevision).Description("The pipeline's revision in the status.").Default(0),
		).
		Example("One topic into another, exactly once", "", `
input:
  inflect_kafka:
    brokers: [localhost:9092]
    topics: [orders]
    group: inflect.orders-eu
output:
  inflect_kafka: {brokers: [localhost:9092], topic: orders-clean}
`).
		Example("As fast as the wire allows, and again after a crash", "", `
input:
  inflect_kafka:
    brokers: [localhost:9092]
    topics: [clicks]
    group: inflect.clicks
    delivery: at_least_once
    start: latest
output:
  inflect_kafka: {brokers: [localhost:9092], topic: clicks-clean, producer: {compression: zstd}}
`)
}

// nameable is what may be part of Kafka's names.
var nameable = regexp.MustCompile(`^[A-Za-z0-9._-]{0,200}$`)

// inputConfig is the parsed inputSpec.
type inputConfig struct {
	connection
	producer
	topics             []string
	group              string
	latest             bool
	exactly            bool
	maxRecords         int
	maxBytes           int
	linger             time.Duration
	lanes              int
	instance           string
	transactionTimeout time.Duration
	inFlight           int
	commitInterval     time.Duration
	rate               float64
	hold               time.Duration
	rack               string
	sessionTimeout     time.Duration
	heartbeatInterval  time.Duration
	rebalanceTimeout   time.Duration
	fetchMaxBytes      int
	fetchPartition     int
	fetchMinBytes      int
	fetchMaxWait       time.Duration
	shutdownTimeout    time.Duration
	pipeline           string
	revision           int64
}

func parseInput(conf *service.ParsedConfig) (c inputConfig, err error) {
	if c.connection, err = parseConnection(conf); err != nil {
		return c, err
	}
	if c.producer, err = parseProducer(conf.Namespace(fieldProducer)); err != nil {
		return c, err
	}
	r := reader{conf: conf}
	c.topics = r.list(fieldTopics)
	c.group = r.text(fieldGroup)
	c.latest = r.text(fieldStart) == startLatest
	c.exactly = r.text(fieldDelivery) == exactlyOnce
	c.maxRecords, c.linger = 5000, 0
	if c.exactly {
		c.maxRecords, c.linger = 10000, 100*time.Millisecond
	}
	if conf.Contains(fieldBatch, fieldMaxRecords) {
		c.maxRecords = r.number(fieldBatch, fieldMaxRecords)
	}
	if conf.Contains(fieldBatch, fieldLinger) {
		c.linger = r.duration(fieldBatch, fieldLinger)
	}
	c.maxBytes = r.bytes(fieldBatch, fieldMaxBytes)
	c.lanes = r.number(fieldLanes)
	c.instance = r.text(fieldInstance)
	if c.instance == "" {
		c.instance = os.Getenv(envInstance)
	}
	c.transactionTimeout = r.duration(fieldTransactionTimeout)
	if c.instance == "" {
		c.transactionTimeout = min(c.transactionTimeout, anonymousTimeout)
	}
	c.inFlight = r.number(fieldInFlight)
	c.commitInterval = r.duration(fieldCommitInterval)
	c.rate = r.decimal(fieldRate)
	c.hold = r.duration(fieldHold)
	c.rack = r.text(fieldRack)
	c.sessionTimeout = r.duration(fieldSessionTimeout)
	c.heartbeatInterval = r.duration(fieldHeartbeatInterval)
	c.rebalanceTimeout = r.duration(fieldRebalanceTimeout)
	c.fetchMaxBytes = r.bytes(fieldFetch, fieldMaxBytes)
	c.fetchPartition = r.bytes(fieldFetch, fieldFetchPartition)
	c.fetchMinBytes = r.bytes(fieldFetch, fieldMinBytes)
	c.fetchMaxWait = r.duration(fieldFetch, fieldMaxWait)
	c.shutdownTimeout = r.duration(fieldShutdownTimeout)
	c.pipeline = r.text(fieldPipeline)
	c.revision = int64(r.number(fieldRevision))
	if r.err != nil {
		return c, r.err
	}
	return c, c.check()
}

// check finds what no single field's rule can see.
func (c *inputConfig) check() error {
	switch {
	case len(c.topics) == 0:
		return errors.New("topics is empty: name at least one topic")
	case c.group == "":
		return errors.New("group is empty: name the consumer group")
	case !nameable.MatchString(c.instance):
		return fmt.Errorf("instance is %q: it may have letters, digits, dots, dashes and underscores, 200 at most", c.instance)
	case c.maxRecords < 1:
		return fmt.Errorf("batch.max_records is %d: it must be at least 1", c.maxRecords)
	case c.lanes < 1 || c.lanes > 64:
		return fmt.Errorf("lanes is %d: it must be between 1 and 64", c.lanes)
	case c.inFlight < 1:
		return fmt.Errorf("in_flight is %d: it must be at least 1", c.inFlight)
	case c.rate < 0:
		return fmt.Errorf("rate is %v: it must not be negative", c.rate)
	case c.linger < 0 || c.linger > c.transactionTimeout/2:
		return fmt.Errorf("batch.linger is %v: it must be between 0 and half of transaction_timeout (%v)", c.linger, c.transactionTimeout)
	case c.heartbeatInterval > c.sessionTimeout/3:
		return fmt.Errorf("heartbeat_interval is %v: it must be at most a third of session_timeout (%v)", c.heartbeatInterval, c.sessionTimeout)
	}
	return nil
}

// options are the client options of a group member; what a kind of generation needs is added to them.
func (c *inputConfig) options(logger *clientLogger) []kgo.Opt {
	opts := append(c.connection.options(logger),
		kgo.ConsumeTopics(c.topics...),
		kgo.ConsumerGroup(c.group),
		// Where a group starts for the first time is decided before it joins (see start.go). A partition that has no
		// offset when the group reads it is a new one.
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.BlockRebalanceOnPoll(),
		kgo.DisableAutoCommit(),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		// Markers of transactions take up offsets. Seeing them is what lets the group commit beyond them, so that the
		// lag of a pipeline that has read everything is 0.
		kgo.KeepControlRecords(),
		kgo.SessionTimeout(c.sessionTimeout),
		kgo.HeartbeatInterval(c.heartbeatInterval),
		kgo.RebalanceTimeout(c.rebalanceTimeout),
		kgo.FetchMaxBytes(int32(c.fetchMaxBytes)),
		kgo.FetchMaxPartitionBytes(int32(c.firstAppetite())),
		kgo.FetchMinBytes(int32(c.fetchMinBytes)),
		kgo.FetchMaxWait(c.fetchMaxWait),
	)
	if c.rack != "" {
		opts = append(opts, kgo.Rack(c.rack))
	}
	return opts
}
