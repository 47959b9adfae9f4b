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
