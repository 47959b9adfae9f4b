package catalog_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
)

// A client keeps to the topic that it has written to, even when that is gone and another one has its name.
func TestATopicThatIsMadeAnewIsWrittenTo(t *testing.T) {
	t.Parallel()
	cluster := fake(t, "again")
	k := openKafka(t, cluster.ListenAddrs())
	other, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	for range 3 {
		made, err := k.Produce(t.Context(), "again", []pipeline.Record{{Value: []byte("{}")}})
		if err != nil || len(made) != 1 || made[0].Offset != 0 {
			t.Fatalf("wrote %+v, %v", made, err)
		}
		admin := kadm.NewClient(other)
		if _, err := admin.DeleteTopic(t.Context(), "again"); err != nil {
			t.Fatal(err)
		}
		if _, err := admin.CreateTopic(t.Context(), 1, 1, nil, "again"); err != nil {
			t.Fatal(err)
		}
	}
}
