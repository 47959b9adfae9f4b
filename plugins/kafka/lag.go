package kafka

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/plugins/record"
)

// lag tells the board how far each partition's committed offset is behind the end that the last fetch named.
type lag struct {
	stats *record.Pipeline

	mu    sync.Mutex
	parts map[place]*lagOf
}

type lagOf struct{ end, done int64 }

func newLag(stats *record.Pipeline) *lag {
	return &lag{stats: stats, parts: map[place]*lagOf{}}
}

// fetched takes the ends from what was fetched. A partition that has nothing committed yet counts from the first record
// of its first fetch.
func (l *lag) fetched(fetches kgo.Fetches) {
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) == 0 || p.HighWatermark <= 0 {
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		at := place{p.Topic, p.Partition}
		of, ok := l.parts[at]
		if !ok {
			of = &lagOf{done: p.Records[0].Offset}
			l.parts[at] = of
		}
		of.end = max(of.end, p.HighWatermark)
		l.show(at, of)
	})
}

// committed takes a committed offset.
func (l *lag) committed(at place, offset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of, ok := l.parts[at]
	if !ok {
		of = &lagOf{}
		l.parts[at] = of
	}
	of.done, of.end = offset, max(of.end, offset)
	l.show(at, of)
}

// ended takes the end of a partition that nothing was fetched of lately.
func (l *lag) ended(at place, end int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if of, ok := l.parts[at]; ok && end > of.end {
		of.end = end
		l.show(at, of)
	}
}

// forget drops partitions that are given up.
func (l *lag) forget(parts map[place]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for at := range parts {
		if _, ok := l.parts[at]; ok {
			delete(l.parts, at)
			l.stats.SetLag(at.topic, at.partition, -1)
		}
	}
}

func (l *lag) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for at := range l.parts {
		l.stats.SetLag(at.topic, at.partition, -1)
	}
	clear(l.parts)
}

func (l *lag) show(at place, of *lagOf) {
	l.stats.SetLag(at.topic, at.partition, max(0, of.end-of.done))
}
