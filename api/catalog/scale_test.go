package catalog_test

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

func TestATopicGrowsOnceAndNeverBack(t *testing.T) {
	t.Parallel()
	k := openKafka(t, parts.Kafka(t).Addrs())
	name := parts.Unique("grown")
	if err := k.CreateTopic(t.Context(), name, 3, 0); err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = k.GrowTopic(context.WithoutCancel(t.Context()), name, 3, 6) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("of two at the same moment one is to grow it: %v, %v", errs[0], errs[1])
	}
	for _, err := range errs {
		if err != nil && pipeline.CodeOf(err) != pipeline.CodeStale {
			t.Errorf("got %v", err)
		}
	}
	if n, err := k.Partitions(t.Context(), name); n != 6 || err != nil {
		t.Errorf("%d partitions, %v", n, err)
	}
	if err := k.GrowTopic(t.Context(), name, 6, 3); pipeline.CodeOf(err) != pipeline.CodeStale {
		t.Errorf("taking partitions away: %v", err)
	}
	if err := k.GrowTopic(t.Context(), "no-such-topic", 1, 2); pipeline.CodeOf(err) != pipeline.CodeUnknownTopic {
		t.Errorf("got %v", err)
	}
}

func TestAGroupWithoutMembersIsBehind(t *testing.T) {
	t.Parallel()
	cluster := parts.Kafka(t)
	k := openKafka(t, cluster.Addrs())
	topic := parts.Unique("behind")
	if err := k.CreateTopic(t.Context(), topic, 2, 0); err != nil {
		t.Fatal(err)
	}
	client := cluster.Client(t, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	for i := range 10 {
		r := &kgo.Record{Topic: topic, Partition: int32(i % 2), Value: []byte(strconv.Itoa(i))}
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	half := parts.Unique("half")
	offsets := kadm.Offsets{}
	offsets.AddOffset(topic, 0, 2, -1)
	if err := cluster.Admin(t).CommitAllOffsets(t.Context(), half, offsets); err != nil {
		t.Fatal(err)
	}
	places := []pipeline.Place{
		{Group: "never-ran", Topic: topic, Start: "earliest"}, {Group: "never-ran-latest", Topic: topic, Start: "latest"},
		{Group: half, Topic: topic, Start: "latest"}, {Group: "lost", Topic: "no-such-topic"},
	}
	got, err := k.Behind(t.Context(), places)
	if err != nil {
		t.Fatal(err)
	}
	// Partition 1 was added, as far as the group that has a place in partition 0 knows.
	want := map[string]int64{"never-ran": 10, "never-ran-latest": 0, half: 8}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for group, n := range want {
		if got[group] != n {
			t.Errorf("%s is %d behind, want %d", group, got[group], n)
		}
	}
}
