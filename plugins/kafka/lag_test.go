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

	l.assigned(first, parts, parts)
	shows()
	l.fetched(fetches)
	shows(record.BoardPartition{Topic: "in", Partition: 3, Lag: 4})
	// A commit is counted after the member may be asked to give up what it committed.
	l.forget(first, parts)
	l.committed(at, 9)
	l.fetched(fetches)
	shows()
	// Another member of this process has it already when the first one hears that it lost it.
	l.assigned(first, parts, parts)
	l.assigned(second, parts, parts)
	l.forget(first, parts)
	l.committed(at, 9)
	shows(record.BoardPartition{Topic: "in", Partition: 3})
}

// What a member had and has no longer must not be committed when its hold is over: somebody else may have read it by then.
func TestOnlyWhatAMemberHasIsHeld(t *testing.T) {
	t.Parallel()
	client, err := kgo.NewClient()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	h := newHold(nil, nil)
	h.of(client)
	first := &round{}
	for p := range int32(4) {
		h.held[place{"in", p}] = first
	}
	h.keep(map[place]bool{{"in", 1}: true, {"in", 2}: true, {"other", 3}: true})
	// Partition 2 has gone round and comes back with an offset: its hold is over.
	_, err = h.assigned(t.Context(), map[string]map[int32]kgo.Offset{"in": {2: kgo.NewOffset().At(0)}})
	if rest := h.rest(first); err != nil || len(rest) != 1 || !rest[place{"in", 1}] {
		t.Errorf("%v are held (%v), want partition 1 alone", rest, err)
	}
}
