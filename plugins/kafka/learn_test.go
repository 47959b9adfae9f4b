package kafka

import (
	"bytes"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/plugins/record"
)

// A topic that does not exist when it is first written to may take larger records than the client's own limit lets through.
func TestLimitOfATopicThatComesLaterIsLearned(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]int{"small": 1, "large": 2_000_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			deliveries(t, func(t *testing.T, delivery string) {
				c := broker(t, 1)
				for _, topic := range []string{"in", "dead"} {
					small(t, c, topic, "3000000")
				}
				cl := client(t, c, kgo.ProducerBatchMaxBytes(3_000_000))
				send := func(size int) {
					if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Value: bytes.Repeat([]byte("x"), size)}).FirstErr(); err != nil {
						t.Fatal(err)
					}
				}
				send(first)
				p := start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", delivery), refusing("dead"))
				p.board(t, func(b record.Board) string {
					if b.State != stateWaiting || !strings.Contains(b.Reason, "UNKNOWN_TOPIC") {
						return "does not say that the topic is missing"
					}
					return ""
				})
				small(t, c, "out", "3000000")
				committed(t, c, "g", 1)
				send(2_000_000)
				committed(t, c, "g", 2)
				p.board(t, func(b record.Board) string {
					if b.Delivered != 2 || b.DeadLettered != 0 {
						return "what the topic takes did not arrive"
					}
					return ""
				})
			})
		})
	}
}
