package kafka

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/inflect-dev/inflect/plugins/record"
)

func TestAGroupHasAPlaceBeforeItReads(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 2, "in", "out")
		admin := kadm.NewClient(client(t, c))
		start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery))
		eventually(t, func() string {
			have, err := admin.FetchOffsets(t.Context(), "g")
			first, ok := have.Lookup("in", 0)
			second, both := have.Lookup("in", 1)
			if err == nil && ok && both && first.At == 0 && second.At == 0 {
				return ""
			}
			return fmt.Sprintf("the group's offsets are %v (%v)", have, err)
		})
	})
}

func TestPartitionsAreShownBeforeTheirFirstRecord(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 2, "in", "out")
		p := start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery))
		shows := func() {
			t.Helper()
			want := []record.BoardPartition{{Topic: "in"}, {Topic: "in", Partition: 1}}
			p.board(t, func(b record.Board) string {
				if !slices.Equal(b.Partitions, want) {
					return fmt.Sprintf("want the partitions %v", want)
				}
				return ""
			})
		}
		shows()
		produce(t, c, numbered("in", 1, 2)...)
		consume(t, c, "out", 1)
		shows()
	})
}

// Members that have nothing to do give up partitions in one rebalance after the other.
func TestIdleInstancesShareWhatTheyShow(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 6, "in", "out")
		var all []*pipeline
		for _, name := range []string{"a", "b", "c"} {
			all = append(all, start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery+"\n    heartbeat_interval: 50ms\n    instance: "+name)))
			eventually(t, func() string {
				shown := map[int32]int{}
				for _, p := range all {
					boards := p.stats.Boards()
					if len(boards) == 0 || len(boards[0].Partitions) != 6/len(all) {
						return fmt.Sprintf("of %d instances one shows %+v", len(all), boards)
					}
					for _, at := range boards[0].Partitions {
						shown[at.Partition]++
					}
				}
				if len(shown) != 6 {
					return fmt.Sprintf("some partitions are shown twice: %v", shown)
				}
				return ""
			})
		}
	})
}
