package catalog_test

import (
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/inflect-dev/inflect/pipeline"
)

// A broker tells who leads a new partition before the leader serves it: a topic that was just created can be looked at
// all the same.
func TestANewTopicIsLookedAtBeforeItIsServed(t *testing.T) {
	t.Parallel()
	cluster := fake(t, "new")
	const early = 5
	var asked atomic.Int32
	cluster.ControlKey(kmsg.ListOffsets.Int16(), func(asking kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if asked.Add(1) > early {
			return nil, nil, false
		}
		return unheard(asking.(*kmsg.ListOffsetsRequest)), nil, true
	})
	k := openKafka(t, cluster.ListenAddrs())
	got, err := k.Records(t.Context(), "new", pipeline.RecordQuery{})
	if err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
	if n := asked.Load(); n <= early {
		t.Errorf("asked %d times", n)
	}
}

// unheard is the answer of a broker that has not heard yet of what it was asked about.
func unheard(asking *kmsg.ListOffsetsRequest) kmsg.Response {
	answer := asking.ResponseKind().(*kmsg.ListOffsetsResponse)
	for _, topic := range asking.Topics {
		said := kmsg.NewListOffsetsResponseTopic()
		said.Topic = topic.Topic
		for _, p := range topic.Partitions {
			one := kmsg.NewListOffsetsResponseTopicPartition()
			one.Partition, one.ErrorCode = p.Partition, kerr.UnknownTopicOrPartition.Code
			said.Partitions = append(said.Partitions, one)
		}
		answer.Topics = append(answer.Topics, said)
	}
	return answer
}
