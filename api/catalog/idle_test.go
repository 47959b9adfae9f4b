package catalog_test

import (
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/inflect-dev/inflect/pipeline"
)

// TestASlowBrokerIsNoEmptyTopic holds the first answer to a fetch back until somebody lost patience and asks whether the
// broker is there at all.
func TestASlowBrokerIsNoEmptyTopic(t *testing.T) {
	t.Parallel()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	producer, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.DefaultProduceTopic("orders"))
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	if err := producer.ProduceSync(t.Context(), kgo.StringRecord("a")).FirstErr(); err != nil {
		t.Fatal(err)
	}
	k := openKafka(t, c.ListenAddrs())
	asked, held := make(chan struct{}), make(chan struct{})
	ask, hold := sync.OnceFunc(func() { close(asked) }), sync.OnceFunc(func() { close(held) })
	c.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		hold()
		c.SleepControl(func() { <-asked })
		return nil, nil, false
	})
	c.ControlKey(int16(kmsg.Metadata), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		select {
		case <-held:
			if m := r.(*kmsg.MetadataRequest); m.Topics != nil && len(m.Topics) == 0 {
				ask()
			}
		default:
		}
		return nil, nil, false
	})
	got, err := k.Records(t.Context(), "orders", pipeline.RecordQuery{Limit: 10})
	if err != nil || values(got) != "0:a" {
		t.Errorf("got %q (%v)", values(got), err)
	}
}
