package kafka

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/inflect-dev/inflect/plugins/record"
)

// anew deletes a topic and makes it again.
func anew(t *testing.T, c *kfake.Cluster, topic string) {
	t.Helper()
	admin := kadm.NewClient(client(t, c))
	if _, err := admin.DeleteTopic(t.Context(), topic); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.CreateTopic(t.Context(), 1, 1, nil, topic); err != nil {
		t.Fatal(err)
	}
}

func TestTargetThatIsMadeAnewIsWrittenTo(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out")
		p := start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery+"\n    metadata_max_age: 100ms"))
		produce(t, c, numbered("in", 10, 1)...)
		committed(t, c, "g", 10)
		anew(t, c, "out")
		produce(t, c, numbered("in", 20, 1)[10:]...)
		p.board(t, func(b record.Board) string {
			if b.Delivered != 20 || b.State != stateRunning {
				return "not resumed"
			}
			return ""
		})
		if got := consume(t, c, "out", 10); string(got[0].Value) != "10" {
			t.Errorf("the first record is %s", got[0].Value)
		}
	})
}

func TestSourceThatIsMadeAnewIsReadFromItsBeginning(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out")
		p := start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery+"\n    metadata_max_age: 100ms"))
		produce(t, c, numbered("in", 10, 1)...)
		committed(t, c, "g", 10)
		anew(t, c, "in")
		produce(t, c, numbered("in", 5, 1)...)
		p.board(t, func(b record.Board) string {
			if b.Delivered != 15 || b.State != stateRunning {
				return "not resumed"
			}
			return ""
		})
	})
}

// waitingForACommit is a pipeline of at_least_once that has committed one record, and whose commits are refused by now.
func waitingForACommit(t *testing.T) (*kfake.Cluster, *pipeline, *kfake.FaultHandle) {
	t.Helper()
	c := broker(t, 1, "in", "out")
	config := strings.Replace(copyStream, "    batch: {linger: 5ms}\n", "    batch: {max_records: 5}\n    in_flight: 1\n    metadata_max_age: 100ms\n", 1)
	p := start(t, c, strings.ReplaceAll(config, "DELIVERY", atLeastOnce))
	produce(t, c, numbered("in", 1, 1)...)
	committed(t, c, "g", 1)
	refused := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Group: "g", Err: kerr.RebalanceInProgress, Count: -1})
	produce(t, c, numbered("in", 100, 1)[1:]...)
	p.board(t, func(b record.Board) string {
		if b.InFlight < 5 || !strings.Contains(b.Reason, "committing offsets") {
			return "does not wait for a commit"
		}
		return ""
	})
	return c, p, refused
}

// Nothing is read while many records wait for their commit, and those of a topic that is gone are never committed.
func TestSourceThatIsMadeAnewEndsTheWaitForACommit(t *testing.T) {
	t.Parallel()
	c, p, refused := waitingForACommit(t)
	anew(t, c, "in")
	refused.Remove()
	produce(t, c, numbered("in", 3, 1)...)
	committed(t, c, "g", 3)
	p.board(t, func(b record.Board) string {
		if b.Delivered != 4 || b.InFlight != 0 || b.State != stateRunning {
			return "not resumed"
		}
		return ""
	})
}

// What was refused of a topic says nothing of another one by its name.
func TestSourceThatIsMadeAnewIsNotBlamed(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out")
		poison(c, "out", "poison", kerr.InvalidRecord)
		produce(t, c, &kgo.Record{Topic: "in", Value: []byte("poison")})
		p := start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", delivery+"\n    metadata_max_age: 100ms\n    shutdown_timeout: 1s\n    transaction_timeout: 2s"), refusing("dead"))
		p.board(t, func(b record.Board) string {
			if b.State != stateWaiting || !strings.Contains(b.Reason, "topic dead") {
				return "does not wait for the dead letter's topic"
			}
			return ""
		})
		anew(t, c, "in")
		produce(t, c, &kgo.Record{Topic: "in", Value: []byte("good")})
		if _, err := kadm.NewClient(client(t, c)).CreateTopic(t.Context(), 1, 1, nil, "dead"); err != nil {
			t.Fatal(err)
		}
		if got := values(consume(t, c, "out", 1)); len(got) != 1 || got[0] != "good" {
			t.Errorf("delivered %v", got)
		}
	})
}

func TestReasonOfACommitThatFailedIsForgotten(t *testing.T) {
	t.Parallel()
	c, p, refused := waitingForACommit(t)
	if _, err := kadm.NewClient(client(t, c)).DeleteTopic(t.Context(), "out"); err != nil {
		t.Fatal(err)
	}
	anew(t, c, "in")
	refused.Remove()
	produce(t, c, numbered("in", 3, 1)...)
	p.board(t, func(b record.Board) string {
		if b.State != stateWaiting || !strings.Contains(b.Reason, "writing to topic out") {
			return "does not say that the target is missing"
		}
		return ""
	})
	if _, err := kadm.NewClient(client(t, c)).CreateTopic(t.Context(), 1, 1, nil, "out"); err != nil {
		t.Fatal(err)
	}
}
