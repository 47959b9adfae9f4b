package kafka

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/inflect-dev/inflect/plugins/record"
)

// rarely commits only when there is a reason to.
const rarely = atLeastOnce + "\n    commit_interval: 1h"

func TestLastCommitWaitsForARebalance(t *testing.T) {
	t.Parallel()
	c := broker(t, 1, "in", "out")
	config := strings.ReplaceAll(copyStream, "DELIVERY", rarely)
	p := start(t, c, config)
	produce(t, c, numbered("in", 1, 1)...)
	committed(t, c, "g", 1) // from now on the next commit is an hour away
	produce(t, c, numbered("in", 100, 1)[1:]...)
	consume(t, c, "out", 100)
	refused := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Group: "g", Err: kerr.RebalanceInProgress, Count: 3})
	p.stop(t)
	if refused.Hits() < 3 {
		t.Fatalf("%d commits were refused, want 3: the test shows nothing", refused.Hits())
	}
	committed(t, c, "g", 100)
}

func TestRefusedCommitsStopReading(t *testing.T) {
	t.Parallel()
	const records, batch, inFlight = 2000, 50, 2
	c := broker(t, 1, "in", "out")
	produce(t, c, numbered("in", 1, 1)...)
	config := strings.Replace(copyStream, "    batch: {linger: 5ms}\n", "    batch: {max_records: 50}\n    in_flight: 2\n", 1)
	p := start(t, c, strings.ReplaceAll(config, "DELIVERY", atLeastOnce))
	committed(t, c, "g", 1)
	refused := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Group: "g", Err: kerr.GroupAuthorizationFailed, Count: -1})
	produce(t, c, numbered("in", records, 1)[1:]...)
	p.board(t, func(b record.Board) string {
		if b.State != stateWaiting || !strings.Contains(b.Reason, "committing offsets") || !strings.Contains(b.Reason, "GROUP_AUTHORIZATION_FAILED") {
			return "does not say that offsets cannot be committed"
		}
		return ""
	})
	if read := p.stats.Boards()[0].Read; read > 1+2*inFlight*batch {
		t.Errorf("read %d records that a crash would bring again, at most %d may be", read-1, 2*inFlight*batch)
	}
	refused.Remove()
	committed(t, c, "g", records)
	checkOnce(t, consume(t, c, "out", records), records)
}

func TestManyRecordsAreCommittedBeforeTheInterval(t *testing.T) {
	t.Parallel()
	const records = 5000
	c := broker(t, 1, "in", "out")
	produce(t, c, numbered("in", records, 1)...)
	config := strings.Replace(copyStream, "    batch: {linger: 5ms}\n", "    batch: {max_records: 50}\n    in_flight: 2\n", 1)
	start(t, c, strings.ReplaceAll(config, "DELIVERY", rarely))
	checkOnce(t, consume(t, c, "out", records), records)
	committed(t, c, "g", records-2*50)
}

func TestNamesAndPlacesOfMembersBelongTogether(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		number, lane int
		ok           bool
	}{
		"web-0-0":     {0, 0, true},
		"web-0-12":    {0, 12, true},
		"web-0.3-1":   {3, 1, true},
		"web-0":       {},
		"web-0.-1":    {},
		"web-0.0-1":   {},
		"web-0.03-1":  {},
		"web-0-1-1":   {},
		"web-1-0":     {},
		"web-0..3-1":  {},
		"other-0.1-1": {},
	} {
		if number, lane, ok := placeOf(name, "web-0"); ok != want.ok || ok && (number != want.number || lane != want.lane) {
			t.Errorf("%s is lane %d of slot %d (%v), want %+v", name, lane, number, ok, want)
		}
	}
}
