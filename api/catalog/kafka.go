package catalog

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/inflect-dev/inflect/pipeline"
)

// KafkaOptions say which cluster, and how patient to be.
type KafkaOptions struct {
	Brokers []string
	// Client are further options of every connection: TLS, SASL.
	Client []kgo.Opt
	// Timeout bounds one look-up. Default 10 s.
	Timeout time.Duration
	// Remember is how long lists of topics are good for. Default 2 s.
	Remember time.Duration
}

// Kafka is a cluster's topics and their records.
type Kafka struct {
	options KafkaOptions
	client  *kgo.Client
	admin   *kadm.Client
	topics  *memory[kadm.TopicDetails]
}

// OpenKafka makes the client. It connects when it is first used.
func OpenKafka(options KafkaOptions) (*Kafka, error) {
	if options.Timeout == 0 {
		options.Timeout = 10 * time.Second
	}
	if options.Remember == 0 {
		options.Remember = 2 * time.Second
	}
	k := &Kafka{options: options}
	client, err := k.Connect()
	if err != nil {
		return nil, err
	}
	k.client, k.admin = client, kadm.NewClient(client)
	k.topics = remember(options.Remember, k.readTopics)
	return k, nil
}

// Close ends all connections.
func (k *Kafka) Close() { k.client.Close() }

// Connect makes a client of this cluster with further options.
func (k *Kafka) Connect(options ...kgo.Opt) (*kgo.Client, error) {
	all := append([]kgo.Opt{kgo.SeedBrokers(k.options.Brokers...), kgo.ClientID("inflect-control"),
		kgo.MetadataMinAge(250 * time.Millisecond), kgo.RetryTimeout(k.options.Timeout)}, k.options.Client...)
	client, err := kgo.NewClient(append(all, options...)...)
	if err != nil {
		return nil, fmt.Errorf("connecting to Kafka at %s: %w", strings.Join(k.options.Brokers, ", "), err)
	}
	return client, nil
}

// Ping asks whether a broker answers.
func (k *Kafka) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, k.options.Timeout)
	defer cancel()
	return k.Explain("", k.client.Ping(ctx))
}

// Topics is every topic, internal ones included.
func (k *Kafka) Topics(ctx context.Context) ([]pipeline.TopicSummary, error) {
	details, err := k.topics.get(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]pipeline.TopicSummary, 0, len(details))
	for _, t := range details.Sorted() {
		out = append(out, pipeline.TopicSummary{Name: t.Topic, Partitions: len(t.Partitions), Replication: t.Partitions.NumReplicas(),
			Internal: t.IsInternal || strings.HasPrefix(t.Topic, "__")})
	}
	return out, nil
}

// Partitions is how many partitions the topic has. CodeUnknownTopic says that there is none of that name.
func (k *Kafka) Partitions(ctx context.Context, topic string) (int32, error) {
	details, err := k.topics.get(ctx)
	if err != nil {
		return 0, err
	}
	t, ok := details[topic]
	if !ok {
		// What was remembered may be older than the topic.
		if t, err = k.detail(ctx, topic); err != nil {
			return 0, err
		}
	}
	return int32(len(t.Partitions)), nil
}

// Topic is one topic with offsets and configs. A partition whose offsets cannot be had says why.
func (k *Kafka) Topic(ctx context.Context, name string) (pipeline.Topic, error) {
	t, err := k.detail(ctx, name)
	if err != nil {
		return pipeline.Topic{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, k.options.Timeout)
	defer cancel()
	starts, err := k.admin.ListStartOffsets(ctx, name)
	if err := k.Explain(name, whole(err)); err != nil {
		return pipeline.Topic{}, err
	}
	ends, err := k.admin.ListEndOffsets(ctx, name)
	if err := k.Explain(name, whole(err)); err != nil {
		return pipeline.Topic{}, err
	}
	out := pipeline.Topic{Name: name, Internal: t.IsInternal || strings.HasPrefix(name, "__"), UsedBy: []pipeline.Use{}}
	for _, p := range t.Partitions.Sorted() {
		part := pipeline.TopicPartition{Partition: p.Partition, Leader: p.Leader, Replicas: filled(p.Replicas), InSync: filled(p.ISR)}
		start, _ := starts.Lookup(name, p.Partition)
		end, _ := ends.Lookup(name, p.Partition)
		part.StartOffset, part.EndOffset = max(0, start.Offset), max(0, end.Offset)
		if err := errors.Join(p.Err, start.Err, end.Err); err != nil {
			part.Error = err.Error()
		}
		out.Partitions = append(out.Partitions, part)
	}
	if out.Configs, err = k.configs(ctx, name); err != nil {
		return pipeline.Topic{}, err
	}
	return out, nil
}

// TopicID tells a topic from another one of the same name that was there before. Brokers too old to have ids give the
// name.
func (k *Kafka) TopicID(ctx context.Context, topic string) (string, error) {
	t, err := k.detail(ctx, topic)
	if err != nil || t.ID == (kadm.TopicID{}) {
		return topic, err
	}
	return hex.EncodeToString(t.ID[:]), nil
}

func (k *Kafka) configs(ctx context.Context, topic string) ([]pipeline.TopicConfig, error) {
	out := []pipeline.TopicConfig{}
	found, err := k.admin.DescribeTopicConfigs(ctx, topic)
	switch err = k.Explain(topic, err); {
	case pipeline.CodeOf(err) == pipeline.CodeForbidden:
		return out, nil // The topic is worth showing without.
	case err != nil:
		return nil, err
	}
	for _, resource := range found {
		for _, c := range resource.Configs {
			out = append(out, pipeline.TopicConfig{Name: c.Key, Value: c.Value, Default: c.Source != kmsg.ConfigSourceDynamicTopicConfig})
		}
	}
	slices.SortFunc(out, func(x, y pipeline.TopicConfig) int { return cmp.Compare(x.Name, y.Name) })
	return out, nil
}

// CreateTopic makes a topic; one that exists by now is no error. Zero partitions or replication stand for the cluster's
// default.
func (k *Kafka) CreateTopic(ctx context.Context, topic string, partitions int32, replication int16) error {
	return k.CreateTopicWith(ctx, topic, partitions, replication, nil)
}

// CreateTopicWith makes a topic with configs of its own.
func (k *Kafka) CreateTopicWith(ctx context.Context, topic string, partitions int32, replication int16, configs map[string]*string) error {
	ctx, cancel := context.WithTimeout(ctx, k.options.Timeout)
	defer cancel()
	_, err := k.admin.CreateTopic(ctx, cmp.Or(partitions, -1), cmp.Or(replication, -1), configs, topic)
	k.topics.forget()
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return k.Explain(topic, err)
	}
	return k.settled(ctx, topic, 1)
}

// settled waits until a topic that was just created or has grown is known to the brokers with as many partitions, and all
// of them have leaders.
func (k *Kafka) settled(ctx context.Context, topic string, partitions int) error {
	for {
		t, err := k.detail(ctx, topic)
		if err == nil && len(t.Partitions) >= partitions && !slices.ContainsFunc(t.Partitions.Sorted(), func(p kadm.PartitionDetail) bool { return p.Leader < 0 }) {
			return nil
		}
		if err != nil && pipeline.CodeOf(err) != pipeline.CodeUnknownTopic {
			return err
		}
		select {
		case <-time.After(lookAgain / 4):
		case <-ctx.Done():
			return k.Explain(topic, ctx.Err())
		}
	}
}

// detail asks for one topic now.
func (k *Kafka) detail(ctx context.Context, topic string) (kadm.TopicDetail, error) {
	ctx, cancel := context.WithTimeout(ctx, k.options.Timeout)
	defer cancel()
	found, err := k.admin.ListTopicsWithInternal(ctx, topic)
	if err != nil {
		return kadm.TopicDetail{}, k.Explain(topic, err)
	}
	t, ok := found[topic]
	if !ok {
		return t, k.Explain(topic, kerr.UnknownTopicOrPartition)
	}
	return t, k.Explain(topic, t.Err)
}

func (k *Kafka) readTopics(ctx context.Context) (kadm.TopicDetails, error) {
	ctx, cancel := context.WithTimeout(ctx, k.options.Timeout)
	defer cancel()
	found, err := k.admin.ListTopicsWithInternal(ctx)
	if err != nil {
		return nil, k.Explain("", err)
	}
	return found, nil
}

// Explain turns what a broker or the lack of one says into what a person can act on.
func (k *Kafka) Explain(topic string, err error) error {
	brokers := strings.Join(k.options.Brokers, ", ")
	var refused *kerr.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.InvalidTopicException):
		return pipeline.Errorf(pipeline.CodeUnknownTopic, "", "there is no topic %q at %s", topic, brokers)
	case errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.ClusterAuthorizationFailed):
		return pipeline.Errorf(pipeline.CodeForbidden, "", "the cluster at %s does not allow this of topic %q: check the ACLs of Inflect's user", brokers, topic)
	case errors.Is(err, kerr.SaslAuthenticationFailed):
		return pipeline.Errorf(pipeline.CodeForbidden, "", "the cluster at %s does not take Inflect's credentials: check its user and password", brokers)
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &refused) && !refused.Retriable:
		return pipeline.Errorf(pipeline.CodeRejected, "", "the cluster at %s refused: %s", brokers, refused.Description)
	default:
		return pipeline.Errorf(pipeline.CodeUnavailable, "", "Kafka at %s does not answer: %v", brokers, err)
	}
}

// whole is err unless it only concerns some partitions, which the result names.
func whole(err error) error {
	var shard *kadm.ShardErrors
	if errors.As(err, &shard) && !shard.AllFailed {
		return nil
	}
	return err
}

func filled(list []int32) []int32 {
	if list == nil {
		return []int32{}
	}
	return list
}
