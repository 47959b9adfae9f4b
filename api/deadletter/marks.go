package deadletter

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/api/catalog"
	"github.com/inflect-dev/inflect/pipeline"
)

// marks is which dead letters have been replayed, as the topic of marks says. It is read from where the last reading
// ended. Dead-letter topics go by their id, since a topic that was made anew has other records at the same offsets.
type marks struct {
	kafka *catalog.Kafka
	topic string

	mu sync.Mutex
	// id is of the topic that was read so far; one that was made anew is read anew.
	id   string
	next map[int32]int64
	seen map[string]map[place]struct{}
}

func newMarks(kafka *catalog.Kafka, topic string) *marks {
	return &marks{kafka: kafka, topic: topic}
}

// create makes the topic. Marks are never deleted: one that is forgotten is a record that is replayed twice.
func (m *marks) create(ctx context.Context) error {
	forever, kept := "-1", "delete"
	return m.kafka.CreateTopicWith(ctx, m.topic, 1, 0, map[string]*string{"retention.ms": &forever, "retention.bytes": &forever, "cleanup.policy": &kept})
}

// known is which dead letters of a topic are known to be replayed. Without a topic of marks, none are.
func (m *marks) known(ctx context.Context, topicID string) (map[place]struct{}, error) {
	spans, err := m.kafka.Spans(ctx, m.topic)
	if pipeline.CodeOf(err) == pipeline.CodeUnknownTopic {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	_, out, err := m.read(ctx, spans, topicID)
	return out, err
}

// all is every dead letter of a topic that has been replayed, transactions that are ending included. It is an error not
// to know all.
func (m *marks) all(ctx context.Context, topicID string) (map[place]struct{}, error) {
	spans, err := m.kafka.OpenSpans(ctx, m.topic)
	if err != nil {
		return nil, err
	}
	complete, out, err := m.read(ctx, spans, topicID)
	if err == nil && !complete {
		err = pipeline.Errorf(pipeline.CodeUnavailable, "", "another replay is being finished: try again in half a minute")
	}
	return out, err
}

func (m *marks) read(ctx context.Context, spans map[int32]catalog.Span, topicID string) (complete bool, out map[place]struct{}, err error) {
	id, err := m.kafka.TopicID(ctx, m.topic)
	if err != nil {
		return false, nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.id != id {
		m.id, m.next, m.seen = id, map[int32]int64{}, map[string]map[place]struct{}{}
	}
	for p, s := range spans {
		spans[p] = catalog.Span{Start: max(s.Start, m.next[p]), End: s.End}
	}
	complete, err = m.kafka.Scan(ctx, m.topic, spans, func(r *kgo.Record) bool {
		m.next[r.Partition] = r.Offset + 1
		if at, of, ok := parseMark(string(r.Key)); ok {
			if m.seen[of] == nil {
				m.seen[of] = map[place]struct{}{}
			}
			m.seen[of][at] = struct{}{}
		}
		return true
	})
	out = make(map[place]struct{}, len(m.seen[topicID]))
	for at := range m.seen[topicID] {
		out[at] = struct{}{}
	}
	return complete, out, err
}

// mark is the record that says that a dead letter was replayed.
func (m *marks) mark(topicID string, r *kgo.Record, name string) *kgo.Record {
	return &kgo.Record{Topic: m.topic, Partition: 0, Key: fmt.Appendf(nil, "%s/%d/%d", topicID, r.Partition, r.Offset),
		Value: fmt.Appendf(nil, "%s %s", name, r.Topic)}
}

func parseMark(key string) (at place, topicID string, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 3 {
		return place{}, "", false
	}
	p, perr := strconv.ParseInt(parts[1], 10, 32)
	o, oerr := strconv.ParseInt(parts[2], 10, 64)
	return place{int32(p), o}, parts[0], perr == nil && oerr == nil
}
