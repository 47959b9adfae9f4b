package catalog

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestAnswersMayComeBeforeTheFirstPoll(t *testing.T) {
	t.Parallel()
	a := newAnswers()
	for _, key := range []int16{kmsg.Fetch.Int16(), kmsg.Metadata.Int16()} {
		a.OnBrokerRead(kgo.BrokerMetadata{NodeID: 3}, key, 0, 0, 0, nil)
	}
	if a.of[3] != 1 {
		t.Errorf("counted %d answers to one fetch", a.of[3])
	}
	a.clear()
	if len(a.of) != 0 {
		t.Errorf("%v are left", a.of)
	}
}
