package kafka

import (
	"maps"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/plugins/record"
)

// lag tells the board which partitions this instance has, and how far each one's committed offset is behind the end that
// the last fetch named, or the watch.
type lag struct {
	stats *record.Pipeline

	mu    sync.Mutex
	parts map[place]*lagOf
}

type lagOf struct {
	member    *kgo.Client
	end, done int64 // -1 while it is not known
}

func newLag(stats *record.Pipeline) *lag {
	return &lag{stats: stats, parts: map[place]*lagOf{}}
}

// assigned takes partitions that a member reads from now on, and all that it has. What their lag is comes with the first
// records, or, when there are none to read, with the next look of the watch.
func (l *lag) assigned(member *kgo.Client, added, given map[place]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(func(at place, of *lagOf) bool { return of.member == member && !given[at] })
	for at := range added {
		l.parts[at] = &lagOf{member: member, end: -1, done: -1}
	}
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
			return // given up meanwhile
		}
		if of.done < 0 {
			of.done = p.Records[0].Offset
		}
		of.end = max(of.end, p.HighWatermark)
		l.show(at, of)
	})
}

// committed takes a committed offset.
func (l *lag) committed(at place, offset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if of, ok := l.parts[at]; ok {
		of.done, of.end = offset, max(of.end, offset)
		l.show(at, of)
	}
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

// behind is how many of a member's partitions have something to read, or may have.
func (l *lag) behind(member *kgo.Client) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, of := range l.parts {
		if of.member == member && (of.done < 0 || of.end > of.done) {
			n++
		}
	}
	return n
}

// unplaced are this instance's partitions of which it is not known what is done: nothing was read of them yet.
func (l *lag) unplaced() map[place]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[place]bool{}
	for at, of := range l.parts {
		if of.done < 0 {
			out[at] = true
		}
	}
	return out
}

// begins takes the place at which reading begins in a partition that nothing was read of yet.
func (l *lag) begins(at place, offset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if of, ok := l.parts[at]; ok && of.done < 0 {
		of.done = offset
		l.show(at, of)
	}
}

// forget drops partitions that a member gives up. One that has learnt late that it lost them may find them with the next.
func (l *lag) forget(member *kgo.Client, parts map[place]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(func(at place, of *lagOf) bool { return of.member == member && parts[at] })
}

// left drops all that a member had.
func (l *lag) left(member *kgo.Client) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(func(_ place, of *lagOf) bool { return of.member == member })
}

// drop takes partitions off the board; the caller holds the lock.
func (l *lag) drop(gone func(place, *lagOf) bool) {
	maps.DeleteFunc(l.parts, func(at place, of *lagOf) bool {
		if !gone(at, of) {
			return false
		}
		l.stats.SetLag(at.topic, at.partition, -1)
		return true
	})
}

func (l *lag) show(at place, of *lagOf) {
	if of.done < 0 || of.end < 0 {
		return
	}
	l.stats.SetLag(at.topic, at.partition, max(0, of.end-of.done))
}
