package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// defaultMessageBytes is the client's own limit: Kafka's default max.message.bytes less what a request adds.
	defaultMessageBytes = 1_000_012
	minMessageBytes     = 512
	maxMessageBytes     = 1 << 30
	describeTimeout     = 3 * time.Second
	// batchOverhead and recordOverhead bound what the format adds to a lone record (record batch v2): the batch's header,
	// and the varints of one record with that of a header counted per header.
	batchOverhead  = 61
	recordOverhead = 32
	headerOverhead = 10
)

// limits knows the largest batch that each topic takes. Asking the topic itself keeps a batch of small records from
// being refused where a topic's limit is below the client's, and lets records through where it is above.
type limits struct {
	fixed  int32 // the configured limit, 0 for the topics' own
	client *kgo.Client

	// stale says that a topic takes less than is known here, or that it is not the one that is known. The client keeps to
	// what it was told first, so it has to be replaced.
	stale atomic.Bool

	mu    sync.Mutex
	known map[string]int32
	told  map[string]int32     // what the client was told
	owed  map[string]*unsaid   // topics that have not said their limit yet
	used  map[string]time.Time // when the last batch was read that has records for the topic
}

// unsaid is why a topic's limit is not known, and when to ask again.
type unsaid struct {
	err   error
	again time.Time
}

func newLimits(p *producer) *limits {
	return &limits{fixed: int32(p.maxMessageBytes), known: map[string]int32{}, told: map[string]int32{}, owed: map[string]*unsaid{},
		used: map[string]time.Time{}}
}

// tell is what the client asks once, when it first writes to a topic.
func (l *limits) tell(topic string) int32 {
	n := l.of(topic)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told[topic] = n
	return n
}

// outgrown reports whether the client was told less than the topic has said since.
func (l *limits) outgrown(topic string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.told[topic] < l.known[topic]
}

// unsaid is why nobody can say yet what is too large for the topic, nil when it is known.
func (l *limits) unsaid(topic string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if u := l.owed[topic]; u != nil {
		return fmt.Errorf("topic %s has not said how large its records may be: %w", topic, u.err)
	}
	return nil
}

// of is the limit as far as it is known. It never waits.
func (l *limits) of(topic string) int32 {
	if l.fixed > 0 {
		return l.fixed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if n, ok := l.known[topic]; ok {
		return n
	}
	return defaultMessageBytes
}

// learn notes that a batch which was read then has records for a topic, and asks for the topic's limit the first time.
// Where the cluster does not tell (no permission to describe the topic's configs), the client's own limit stays. Where it
// cannot tell yet (no such topic, no answer), that limit is what is written with meanwhile, and the topic is asked again.
// Its error is that of ctx.
func (l *limits) learn(ctx context.Context, topic string, read time.Time) error {
	l.mu.Lock()
	if l.used[topic].Before(read) {
		l.used[topic] = read
	}
	_, ok := l.known[topic]
	if !ok && l.fixed > 0 {
		l.known[topic] = l.fixed
		ok = true
	}
	if u := l.owed[topic]; u != nil {
		ok = time.Now().Before(u.again)
	}
	l.mu.Unlock()
	if ok {
		return nil
	}
	n := int32(defaultMessageBytes)
	asking, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	configs, err := kadm.NewClient(l.client).DescribeTopicConfigs(asking, topic)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var c kadm.ResourceConfig
	if err == nil {
		if c, err = configs.On(topic, nil); err == nil {
			err = c.Err
		}
	}
	for _, kv := range c.Configs {
		if v, err := strconv.Atoi(kv.MaybeValue()); kv.Key == "max.message.bytes" && err == nil {
			n = int32(min(max(v, minMessageBytes), maxMessageBytes))
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known[topic] = n
	delete(l.owed, topic)
	var refused *kerr.Error
	if err != nil && (!errors.As(err, &refused) || refused.Retriable) {
		l.owed[topic] = &unsaid{err: err, again: time.Now().Add(metadataMinAge)}
	}
	return nil
}

// trouble is what is wrong with one of the topics for which there were records in a batch that was read since then, empty
// when nothing is. What becomes of the others, be it that they are gone for good, keeps nobody waiting.
func (l *limits) trouble(ctx context.Context, since time.Time) string {
	var topics []string
	l.mu.Lock()
	for _, topic := range slices.Sorted(maps.Keys(l.used)) {
		if !l.used[topic].Before(since) {
			topics = append(topics, topic)
		}
	}
	l.mu.Unlock()
	if len(topics) == 0 {
		return "" // none would mean all
	}
	admin := kadm.NewClient(l.client)
	metadata, err := admin.Metadata(ctx, topics...) // in one request, since many topics have no more time than one
	var refused *kadm.AuthError
	switch {
	case errors.As(err, &refused):
		return fmt.Sprintf("writing to topic %s: %v", forbidden(ctx, admin, topics), refused)
	case err != nil:
		return fmt.Sprintf("the target's brokers do not answer: %v", err)
	}
	for _, topic := range topics {
		detail := metadata.Topics[topic]
		if detail.Err != nil {
			return fmt.Sprintf("writing to topic %s: %v", topic, detail.Err)
		}
		for _, p := range detail.Partitions.Sorted() {
			if p.Err != nil {
				return fmt.Sprintf("writing to %s/%d: %v", topic, p.Partition, p.Err)
			}
		}
		if why := l.thin(ctx, detail); why != "" {
			return why
		}
	}
	return ""
}

// forbidden is the topic that may not be described, which the refusal of several does not name.
func forbidden(ctx context.Context, admin *kadm.Client, topics []string) string {
	for _, topic := range topics {
		var refused *kadm.AuthError
		if _, err := admin.Metadata(ctx, topic); errors.As(err, &refused) {
			return topic
		}
	}
	return "(not known which)"
}

// thin says that a topic has fewer replicas in sync than it wants for a write (NOT_ENOUGH_REPLICAS), which metadata do not
// call an error and the client does not tell. The topic is asked for what it wants only when replicas are missing.
func (l *limits) thin(ctx context.Context, detail kadm.TopicDetail) string {
	for _, p := range detail.Partitions.Sorted() {
		if len(p.ISR) == len(p.Replicas) {
			continue
		}
		configs, err := kadm.NewClient(l.client).DescribeTopicConfigs(ctx, detail.Topic)
		if err != nil {
			return ""
		}
		config, err := configs.On(detail.Topic, nil)
		if err != nil || config.Err != nil {
			return ""
		}
		for _, kv := range config.Configs {
			if want, err := strconv.Atoi(kv.MaybeValue()); kv.Key == "min.insync.replicas" && err == nil && len(p.ISR) < want {
				return fmt.Sprintf("writing to %s/%d: %d of %d replicas are in sync, and min.insync.replicas is %d",
					detail.Topic, p.Partition, len(p.ISR), len(p.Replicas), want)
			}
		}
	}
	return ""
}

// size is an upper bound of what r takes alone in an uncompressed batch.
func size(r *kgo.Record) int {
	return batchOverhead + recordOverhead + payload(r) + headerOverhead*len(r.Headers)
}
