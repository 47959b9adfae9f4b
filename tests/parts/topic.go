package parts

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

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
// at most. The configs are pairs of key and value.
func (c *Cluster) CreateTopic(t testing.TB, name string, partitions int, configs ...string) {
	t.Helper()
	if len(configs)%2 != 0 {
		t.Fatalf("creating topic %s: configs are pairs of key and value, not %q", name, configs)
	}
	settings := make(map[string]*string)
	for i := 0; i < len(configs); i += 2 {
		settings[configs[i]] = kadm.StringPtr(configs[i+1])
	}
	admin := c.Admin(t)
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	if _, err := admin.CreateTopic(ctx, int32(partitions), -1, settings, name); err != nil {
		t.Fatalf("creating topic %s: %v", name, err)
	}
}

// DeleteTopic deletes a topic and waits until the broker no longer lists it:
// brokers hear of a deletion a moment after the controller has confirmed it.
func (c *Cluster) DeleteTopic(t testing.TB, name string) {
	t.Helper()
	admin := c.Admin(t)
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	if _, err := admin.DeleteTopic(ctx, name); err != nil {
		t.Fatalf("deleting topic %s: %v", name, err)
	}
	for {
		topics, err := admin.ListTopics(ctx)
		if err != nil {
			t.Fatalf("waiting for the end of topic %s: %v", name, err)
		}
		if !topics.Has(name) {
			return
		}
	}
}

// Unique returns a name, such as a consumer group's, that no other test has.
func Unique(prefix string) string {
	return prefix + "-" + strings.ToLower(rand.Text()[:8])
}
