package catalog_test

import (
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/inflect-dev/inflect/pipeline"
)

// A broker that leads a partition and does not serve it yet has not said that there is nothing in it.
func TestALeaderThatIsNotReadyIsWaitedFor(t *testing.T) {
	t.Parallel()
	cluster := fake(t, "moving")
	k := openKafka(t, cluster.ListenAddrs())
	if _, err := k.Produce(t.Context(), "moving", []pipeline.Record{{Value: []byte("{}")}}); err != nil {
		t.Fatal(err)
	}
	const early = 20
	var asked atomic.Int32
	id := cluster.TopicInfo("moving").TopicID
	cluster.ControlKey(kmsg.Fetch.Int16(), func(asking kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if asked.Add(1) > early {
			return nil, nil, false
		}
		answer := asking.ResponseKind().(*kmsg.FetchResponse)
		one := kmsg.NewFetchResponseTopic()
		one.Topic, one.TopicID = "moving", id
		p := kmsg.NewFetchResponseTopicPartition()
		p.ErrorCode = kerr.NotLeaderForPartition.Code
		one.Partitions = append(one.Partitions, p)
		answer.Topics = append(answer.Topics, one)
		return answer, nil, true
	})
	got, err := k.Records(t.Context(), "moving", pipeline.RecordQuery{})
	if err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}
