package kafka

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestLostRecordsAreToldOnce(t *testing.T) {
	t.Parallel()
	b := &batch{records: []*kgo.Record{{Topic: "in"}, {Topic: "in", Partition: 1}, {Topic: "in"}, {Topic: "in", Partition: 2}}}
	for _, step := range []struct {
		lost []int32
		want int
	}{
		{[]int32{0, 3}, 2},
		{[]int32{0, 1}, 1},
		{[]int32{0, 1}, 0},
	} {
		if n := b.lose(places(map[string][]int32{"in": step.lost})); n != step.want {
			t.Errorf("losing partitions %v leaves %d records undone, want %d", step.lost, n, step.want)
		}
	}
}
