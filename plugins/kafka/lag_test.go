package kafka

import (
	"slices"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/plugins/record"
)

func TestPartitionsThatAreGivenUpStayAway(t *testing.T) {
	t.Parallel()
	stats := record.StatsOf(service.MockResources())
	l := newLag(stats.Pipeline("p"))
	shows := func(want ...record.BoardPartition) {
		t.Helper()
		if got := stats.Boards()[0].Partitions; !slices.Equal(got, want) {
			t.Errorf("the board shows %v, want %v", got, want)
		}
	}
	at := place{"in", 3}
	parts := map[place]bool{at: true}
	fetches := kgo.Fetches{{Topics: []kgo.FetchTopic{{Topic: "in", Partitions: []kgo.FetchPartition{
		{Partition: 3, HighWatermark: 9, Records: []*kgo.Record{{Offset: 5}}},
	}}}}}
	first, second := new(kgo.Client), new(kgo.Client)

	l.assigned(first, parts)
	shows()
	l.fetched(fetches)
	shows(record.BoardPartition{Topic: "in", Partition: 3, Lag: 4})
	// A commit is counted after the member may be asked to give up what it committed.
	l.forget(first, parts)
	l.committed(at, 9)
	l.fetched(fetches)
	shows()
	// Another member of this process has it already when the first one hears that it lost it.
	l.assigned(first, parts)
	l.assigned(second, parts)
	l.forget(first, parts)
	l.committed(at, 9)
	shows(record.BoardPartition{Topic: "in", Partition: 3})
}
