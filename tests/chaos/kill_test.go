package chaos

import (
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/tests/parts"
)

// fullSize is the number of events from which on a run is a full one.
const fullSize = 1_000_000

// TestEnginesAreKilledStoppedAndScaled has up to three engines on six partitions, which are killed, stopped and started
// at random while events come in.
func TestEnginesAreKilledStoppedAndScaled(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		n, disasters, pause := events(t, 60_000), 8, 1500*time.Millisecond
		if n >= fullSize {
			disasters, pause = 30, 3*time.Second
		}
		random := dice(t)
		const inFlight, batch = 2, 250
		fields := []string{"session_timeout: 6s", "heartbeat_interval: 1s"}
		if delivery == atLeastOnce {
			fields = append(fields, fmt.Sprintf("in_flight: %d", inFlight), fmt.Sprintf("batch: {max_records: %d}", batch))
		}
		s := newStream(t, k, delivery, fields...)
		kills := 0
		fed := feed(t, k.Client(t), s.in, n, n/int((time.Duration(disasters)*pause).Seconds()+1))

		names := []string{"a", "b", "c"}
		engines := map[string]*parts.Server{}
		running := map[string]bool{}
		start := func(name string) {
			if engines[name] == nil {
				engines[name] = s.engine(t, name)
			} else {
				engines[name].Start(t)
			}
			running[name] = true
		}
		start("a")
		for range disasters {
			if !rest(t.Context(), pause/2+time.Duration(random.Int64N(int64(pause)))) {
				return
			}
			name := names[random.IntN(len(names))]
			switch {
			case !running[name]:
				t.Logf("start %s", name)
				start(name)
			case random.IntN(2) == 0:
				t.Logf("kill %s", name)
				kills++
				engines[name].Kill(t)
				running[name] = false
			default:
				t.Logf("stop %s", name)
				engines[name].Stop(t)
				running[name] = false
			}
			if len(running) == 0 || !running["a"] && !running["b"] && !running["c"] {
				start(names[random.IntN(len(names))])
			}
		}
		<-fed
		s.finished(t, k)
		for name := range running {
			if running[name] {
				engines[name].Stop(t)
			}
		}
		twice := audit(t, k, s, n, delivery == exactlyOnce)
		said := 0
		for _, engine := range engines {
			said += count(t, engine, `read(ing)? again`)
		}
		if most := (kills + said) * 2 * inFlight * batch; twice > most {
			t.Errorf("%d events appear again after %d kills and %d times that an engine said so; at most %d may", twice, kills, said, most)
		}
	})
}

// count is how often an engine's log has the regular expression.
func count(t *testing.T, engine *parts.Server, what string) int {
	t.Helper()
	log, err := os.ReadFile(engine.Log())
	if err != nil {
		t.Fatal(err)
	}
	return len(regexp.MustCompile(what).FindAll(log, -1))
}

// TestStopAndSecondEngineDoubleNothing is the gentle version: nobody is killed, so nothing may come twice in either
// guarantee.
func TestStopAndSecondEngineDoubleNothing(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		n := events(t, 60_000)
		s := newStream(t, k, delivery)
		fed := feed(t, k.Client(t), s.in, n, n/8)
		a := s.engine(t, "a")
		rest(t.Context(), 2*time.Second)
		b := s.engine(t, "b")
		rest(t.Context(), 2*time.Second)
		a.Stop(t)
		rest(t.Context(), time.Second)
		a.Start(t)
		rest(t.Context(), time.Second)
		b.Stop(t)
		<-fed
		s.finished(t, k)
		a.Stop(t)
		audit(t, k, s, n, true)
	})
}
