package schemas

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/tests/parts"
)

// outage is how long the registry is away. INFLECT_OUTAGE=1m makes it a minute.
func outage(t *testing.T) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(or(os.Getenv("INFLECT_OUTAGE"), "5s"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// patience is how long a test waits for something that has to come. Nothing here takes that long; a loaded machine may.
const patience = 5 * time.Minute

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// A registry that is killed under load costs no event and dead-letters none that is good: schemas that are known go on
// being used, and what has to ask waits.
func TestRegistryKilledUnderLoad(t *testing.T) {
	r := parts.OwnRegistry(t)
	c := connect(t, r.URL())
	v := varieties["JSON Schema"]
	first := c.register(t, "orders-value", v.typ, v.first)
	second := c.register(t, "orders-value", v.typ, v.second)
	known := start(t, c.config(fmt.Sprintf("direction: decode, subject: orders-value, version: %d", second.Version)))
	asking := start(t, c.config(fmt.Sprintf("direction: decode, subject: orders-value, version: %d", second.Version)))

	const batch = 500
	values := make([]string, batch)
	for i := range values {
		values[i] = frame(second.ID) + fmt.Sprintf(`{"id":%d,"name":"a"}`, i)
	}
	send := func(s *stream) { s.send(t, values...) }
	send(known)
	send(asking)
	r.Kill(t)

	// An id that no one has asked for yet waits, and so does a pipeline that starts now.
	unasked, starting := make(chan struct{}), make(chan struct{})
	go func() { defer close(unasked); asking.send(t, frame(first.ID)+`{"id":1,"name":"a"}`) }()
	fresh := start(t, c.config("direction: encode, subject: orders-value, version: 1"))
	go func() { defer close(starting); fresh.send(t, `{"id":1}`) }()

	sent := int64(batch)
	deadline := time.Now().Add(outage(t))
	for time.Now().Before(deadline) {
		send(known)
		sent += batch
	}
	select {
	case <-unasked:
		t.Error("an id that the registry had not been asked for did not wait")
	case <-starting:
		t.Error("a pipeline that started did not wait")
	default:
	}
	r.Start(t)
	for what, done := range map[string]chan struct{}{"the id that had to be asked for": unasked, "the pipeline that started": starting} {
		select {
		case <-done:
		case <-time.After(patience):
			t.Fatalf("%s still waits, %s after the registry came back", what, patience)
		}
	}
	for _, s := range []*stream{known, asking, fresh} {
		if n := s.failed.Load(); n > 0 {
			t.Errorf("%d events failed", n)
		}
	}
	if got := known.passed.Load(); got != sent {
		t.Errorf("%d of %d events passed", got, sent)
	}
	t.Logf("%d events while the registry was away for %s", sent-batch, outage(t))
}

// stream is a running stream with one inflect_schema processor.
type stream struct {
	produce        service.MessageBatchHandlerFunc
	passed, failed atomic.Int64
}

func start(t *testing.T, config string) *stream {
	t.Helper()
	s := &stream{}
	s.produce = build(t, []string{"inflect_schema: " + config}, func(m *service.Message) {
		if m.GetError() != nil {
			s.failed.Add(1)
		} else {
			s.passed.Add(1)
		}
	})
	return s
}

// send returns once the events are through.
func (s *stream) send(t *testing.T, values ...string) {
	var batch service.MessageBatch
	for _, v := range values {
		batch = append(batch, service.NewMessage([]byte(v)))
	}
	if err := s.produce(context.Background(), batch); err != nil {
		t.Error(err)
	}
}
