package parts

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// settleInterval is how often a cluster is asked whether it has done what it was
// told to.
const settleInterval = 20 * time.Millisecond

// answerTimeout bounds one round of questions to brokers: one that died is soon no
// longer part of the cluster, and not asked in the next round.
const answerTimeout = 10 * time.Second

// Client returns a client that is closed with the test.
func (c *Cluster) Client(t testing.TB, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(c.Addrs()...)}, options...)...)
	if err != nil {
		t.Fatalf("creating a Kafka client: %v", err)
	}
	t.Cleanup(client.Close)
	return client
}

// Admin returns an admin client that passes no [Link] and is closed with the
// test.
func (c *Cluster) Admin(t testing.TB) *kadm.Client {
	t.Helper()
	return kadm.NewClient(c.Client(t, kgo.SeedBrokers(c.DirectAddrs()...)))
}

// Topic creates a topic with a name that no other test has and returns it. The
// configs are pairs of key and value.
func (c *Cluster) Topic(t testing.TB, prefix string, partitions int, configs ...string) string {
	t.Helper()
	name := Unique(prefix)
	c.CreateTopic(t, name, partitions, configs...)
	return name
}

// CreateTopic creates a topic with as many replicas as there are brokers, three
// at most, and waits until every broker knows it and its leaders serve it. The
// configs are pairs of key and value.
func (c *Cluster) CreateTopic(t testing.TB, name string, partitions int, configs ...string) {
	t.Helper()
	if len(configs)%2 != 0 {
		t.Fatalf("creating topic %s: configs are pairs of key and value, not %q", name, configs)
	}
	settings := make(map[string]*string)
	for i := 0; i < len(configs); i += 2 {
		settings[configs[i]] = kadm.StringPtr(configs[i+1])
	}
	client := c.Client(t, kgo.SeedBrokers(c.DirectAddrs()...))
	admin := kadm.NewClient(client)
	again := false
	settle(t, "creating topic "+name, func(ctx context.Context) error {
		_, err := admin.CreateTopic(ctx, int32(partitions), -1, settings, name)
		if again && errors.Is(err, kerr.TopicAlreadyExists) {
			return nil // An answer that came too late was a yes.
		}
		// Brokers on a busy machine may be taken for dead for a moment.
		again = errors.Is(err, kerr.InvalidReplicationFactor) || kerr.IsRetriable(err)
		if err != nil && !again {
			t.Fatalf("creating topic %s: %v", name, err)
		}
		return err
	})
	settle(t, "waiting for topic "+name, func(ctx context.Context) error { return usable(ctx, client, name, partitions) })
}

// usable says why a topic cannot be used yet: brokers hear of it a moment after the
// controller has confirmed it, and begin to lead its partitions a moment later.
func usable(ctx context.Context, client *kgo.Client, topic string, partitions int) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	admin := kadm.NewClient(client)
	cluster, err := admin.BrokerMetadata(ctx)
	if err != nil {
		return err
	}
	for _, broker := range cluster.Brokers {
		request, asked := kmsg.NewPtrMetadataRequest(), kmsg.NewMetadataRequestTopic()
		asked.Topic = &topic
		request.Topics = append(request.Topics, asked)
		answer, err := request.RequestWith(ctx, client.Broker(int(broker.NodeID)))
		if err != nil {
			return fmt.Errorf("asking broker %d: %w", broker.NodeID, err)
		}
		if why := missing(answer, partitions); why != "" {
			return fmt.Errorf("broker %d knows %s", broker.NodeID, why)
		}
	}
	ends, err := admin.ListEndOffsets(ctx, topic)
	return errors.Join(err, ends.Error())
}

// missing is what a broker that describes a topic does not know of it yet.
func missing(answer *kmsg.MetadataResponse, partitions int) string {
	for _, topic := range answer.Topics {
		if err := kerr.ErrorForCode(topic.ErrorCode); err != nil {
			return "no such topic: " + err.Error()
		}
		if len(topic.Partitions) < partitions {
			return fmt.Sprintf("%d of %d partitions", len(topic.Partitions), partitions)
		}
		for _, p := range topic.Partitions {
			if p.ErrorCode != 0 || p.Leader < 0 {
				return fmt.Sprintf("no leader of partition %d: %v", p.Partition, kerr.ErrorForCode(p.ErrorCode))
			}
		}
	}
	return ""
}

// DeleteTopic deletes a topic and waits until the broker no longer lists it:
// brokers hear of a deletion a moment after the controller has confirmed it.
func (c *Cluster) DeleteTopic(t testing.TB, name string) {
	t.Helper()
	admin := c.Admin(t)
	if _, err := admin.DeleteTopic(t.Context(), name); err != nil {
		t.Fatalf("deleting topic %s: %v", name, err)
	}
	settle(t, "waiting for the end of topic "+name, func(ctx context.Context) error {
		topics, err := admin.ListTopics(ctx)
		if err == nil && topics.Has(name) {
			err = errors.New("it is still listed")
		}
		return err
	})
}

// settle does something until it works.
func settle(t testing.TB, what string, do func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	tick := time.NewTicker(settleInterval)
	defer tick.Stop()
	for {
		err := do(ctx)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %v: %v", what, startTimeout, err)
		}
	}
}

// Unique returns a name, such as a consumer group's, that no other test has.
func Unique(prefix string) string {
	return prefix + "-" + strings.ToLower(rand.Text()[:8])
}
