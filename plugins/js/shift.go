package js

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

// job is one message of a batch and what becomes of it.
type job struct {
	message  *service.Message
	envelope *record.Envelope
	text     []byte
	// skip leaves the message as it is.
	skip    bool
	items   []item
	failure *record.Failure
	trace   []stageTrace
}

// shift is the work on one batch: workers that take jobs in turn, and one watchdog for all of them.
type shift struct {
	pool *pool
	jobs []*job
	next atomic.Int64
	wait sync.WaitGroup
}

func newShift(p *pool, jobs []*job) *shift { return &shift{pool: p, jobs: jobs} }

// run returns when every job has its outcome.
func (s *shift) run(ctx context.Context) {
	n := min(runtime.GOMAXPROCS(0), len(s.jobs))
	for range n {
		s.wait.Go(s.work)
	}
	s.wait.Wait()
}

func (s *shift) work() {
	var m *machine
	for {
		i := int(s.next.Add(1)) - 1
		if i >= len(s.jobs) {
			break
		}
		if m == nil {
			var err error
			if m, err = s.pool.take(); err != nil {
				s.jobs[i].failure = &record.Failure{Code: codeEngine, Stage: s.pool.program.steps[0].stage, Message: err.Error()}
				continue
			}
		}
		if !s.one(m, s.jobs[i]) {
			m = nil
		}
	}
	if m != nil {
		s.pool.give(m)
	}
}

// one works on a job and reports whether the machine is good for another one.
func (s *shift) one(m *machine, j *job) (good bool) {
	u := &unit{source: j.envelope.Source}
	it := item{text: j.text, null: j.envelope.Null, key: j.envelope.Key, headers: j.envelope.Headers, topic: j.envelope.Topic}
	stop := time.AfterFunc(s.pool.program.timeout, func() {
		m.vm.Interrupt(&interruption{record.CodeTimeout, fmt.Sprintf("the step took longer than %s", s.pool.program.timeout)})
	})
	defer func() {
		if r := recover(); r != nil {
			j.failure = &record.Failure{Code: codeEngine, Stage: u.step.stage, Message: fmt.Sprintf("the JavaScript engine broke: %v", r)}
			good = false
		}
		j.trace = u.trace
	}()
	err := m.run(u, it)
	good = stop.Stop()
	if err != nil {
		j.failure = err.(*record.Failure)
		return good
	}
	j.items = u.done
	return good
}
