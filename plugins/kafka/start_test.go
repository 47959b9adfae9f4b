package kafka

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

func TestAGroupHasAPlaceBeforeItReads(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 2, "in", "out")
		admin := kadm.NewClient(client(t, c))
		start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery))
		deadline := time.After(30 * time.Second)
		for {
			have, err := admin.FetchOffsets(t.Context(), "g")
			first, ok := have.Lookup("in", 0)
			second, both := have.Lookup("in", 1)
			if err == nil && ok && both && first.At == 0 && second.At == 0 {
				return
			}
			select {
			case <-time.After(20 * time.Millisecond):
			case <-deadline:
				t.Fatalf("the group's offsets are %v (%v)", have, err)
			}
		}
	})
}
