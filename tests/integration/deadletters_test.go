package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
)

// Every event fails for one of five causes; poison fails for ever.
const failing = `
const causes = [
  (e) => { throw new Error('no price in ' + e.id); },
  (e) => e.customer.name,
  (e, ctx) => ctx.fail('the amount ' + e.id + ' is odd', {code: 'odd_amount'}),
  (e) => JSON.parse('{'),
  (e) => { throw new TypeError('not a thing: ' + e.id); },
];
export const work = (e, ctx) => causes[e.id % 5](e, ctx);
`

const fixed = `
export const work = (e) => {
  if (e.id === 7) throw new Error('poison');
  return {...e, fixed: true};
};
`

// TestDeadLettersAreFixedAndReplayed is a whole life of dead letters, through the real engine: grouped by cause, replayed
// once each after the transform was fixed, with poison that goes round as often as it is allowed.
func TestDeadLettersAreFixedAndReplayed(t *testing.T) {
	t.Parallel()
	const events = 10_000
	s := start(t, needs{})
	source, target, dlq := s.kafka.Topic(t, "source", 3), s.kafka.Topic(t, "target", 3), s.kafka.Topic(t, "dlq", 3)
	s.transform("work.ts", failing)
	s.create(pipeline.Spec{Name: "mend", Source: pipeline.Source{Topic: source},
		Steps:  []pipeline.Step{{Name: "work", Kind: pipeline.Transform, Transform: "work.ts#work"}},
		Target: pipeline.Target{Topic: target}, DLQ: &pipeline.Target{Topic: dlq}})
	records := make([]*kgo.Record, events)
	for n := range records {
		records[n] = &kgo.Record{Topic: source, Key: []byte("key-" + strconv.Itoa(n)), Value: fmt.Appendf(nil, `{"id":%d,"wide":9007199254740993}`, n),
			Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte(strconv.Itoa(n))}, {Key: "trace", Value: []byte("again")}}}
	}
	s.produce(records...)

	const letters = "/api/v1/pipelines/mend/dead-letters"
	s.until("all events are dead letters of five groups", func() error {
		found, err := s.find(letters + "?records=1")
		if err != nil {
			return err
		}
		total := 0
		for _, g := range found.Groups {
			total += g.Count
		}
		if total != events || len(found.Groups) != 5 {
			return fmt.Errorf("%d in %d groups", total, len(found.Groups))
		}
		return nil
	})

	before := s.status("mend").AppliedRevision
	s.transform("work.ts", fixed)
	s.shows("mend", "the fixed transform is at work", func(now pipeline.Status) error {
		if now.AppliedRevision <= before {
			return fmt.Errorf("revision %d is at work: %s", now.AppliedRevision, now.Message)
		}
		return nil
	})
	began := time.Now()
	replayed := 0
	for _, g := range s.letters(letters + "?records=0").Groups {
		replayed += s.replay(letters, pipeline.DeadLetterReplay{Fingerprint: g.Fingerprint}).Replayed
	}
	t.Logf("%d dead letters replayed in %s", replayed, time.Since(began).Round(time.Millisecond))
	if replayed != events {
		t.Errorf("%d were replayed, want %d", replayed, events)
	}

	// What a dead letter held comes out, once.
	seen := map[int]int{}
	out := s.reader(target)
	for len(seen) < events-1 {
		for _, r := range next(t, out) {
			var v struct {
				ID    int
				Wide  json.Number
				Fixed bool
			}
			if err := json.Unmarshal(r.Value, &v); err != nil {
				t.Fatal(err)
			}
			if seen[v.ID]++; seen[v.ID] > 1 {
				t.Errorf("event %d was delivered %d times", v.ID, seen[v.ID])
			}
			if string(r.Key) != "key-"+strconv.Itoa(v.ID) || v.Wide != "9007199254740993" || !v.Fixed {
				t.Errorf("delivered with key %s: %s", r.Key, r.Value)
			}
			traces := 0
			for _, h := range r.Headers {
				if h.Key == "trace" {
					traces++
				}
			}
			if traces != 2 || header(r, "inflect-error") != "" {
				t.Errorf("event %d has headers %v", v.ID, r.Headers)
			}
		}
	}

	// Poison came back as a new dead letter, goes round once more, and is left alone then.
	s.until("poison failed a second time", func() error { return s.attempts(letters, 2) })
	if got := s.replay(letters, pipeline.DeadLetterReplay{All: true}); got.Replayed != 1 || got.AlreadyReplayed != events {
		t.Errorf("the second replay: %+v", got)
	}
	s.until("poison failed a third time", func() error { return s.attempts(letters, 3) })
	if got := s.replay(letters, pipeline.DeadLetterReplay{All: true}); got.Replayed != 0 || got.LoopGuard != 1 || got.AlreadyReplayed != events+1 {
		t.Errorf("the third replay: %+v", got)
	}
	s.caughtUp("mend", source)
	s.shows("mend", "the counts add up", func(st pipeline.Status) error {
		// The 10,000, and each of them again but for poison, which came three times.
		c := st.Counts
		if c.Read != 2*events+1 || c.Delivered != events-1 || c.DeadLettered != events+2 || c.Read-c.InFlight != c.Delivered+c.Filtered+c.DeadLettered+c.Dropped {
			return fmt.Errorf("they are %+v", c)
		}
		return nil
	})
}

func (s *system) letters(path string) pipeline.DeadLetters {
	s.t.Helper()
	out, err := s.find(path)
	if err != nil {
		s.t.Fatalf("dead letters: %v", err)
	}
	return out
}

// find is what there is of dead letters, or why it cannot be told.
func (s *system) find(path string) (pipeline.DeadLetters, error) {
	var out pipeline.DeadLetters
	err := s.look(path, &out)
	return out, err
}

// replay calls again until nothing remains, as people are told to.
func (s *system) replay(letters string, q pipeline.DeadLetterReplay) pipeline.DeadLetterReplayed {
	s.t.Helper()
	var sum pipeline.DeadLetterReplayed
	for {
		code, body := s.do(http.MethodPost, letters+":replay", q)
		var part pipeline.DeadLetterReplayed
		if err := json.Unmarshal(body, &part); err != nil || code != http.StatusOK {
			s.t.Fatalf("replaying: %d %s", code, body)
		}
		part.Replayed += sum.Replayed
		if sum = part; part.Remaining == 0 {
			return sum
		}
	}
}

// attempts says whether poison has failed that often.
func (s *system) attempts(letters string, n int) error {
	found, err := s.find(letters + "?records=20")
	if err != nil {
		return err
	}
	for _, g := range found.Groups {
		for _, r := range g.Records {
			if r.Message == "poison" || r.Message == "Error: poison" {
				if r.Attempt == n {
					return nil
				}
			}
		}
	}
	return fmt.Errorf("there is no such dead letter: %+v", found.Groups)
}
