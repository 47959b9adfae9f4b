package chaos

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/tests/parts"
)

// TestTargetIsAwayForLong deletes the target in mid-stream and creates it again after a while, at full input. The engine
// must keep its memory, lose nothing and catch up by itself.
func TestTargetIsAwayForLong(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		n, away := events(t, 200_000), absence(t, 20*time.Second)
		if n >= fullSize {
			away = absence(t, 10*time.Minute)
		}
		s := newStream(t, k, delivery)
		missing := parts.Unique("late")
		s.config = strings.ReplaceAll(s.config, s.out, missing)
		s.out = missing
		fed := feed(t, k.Client(t), s.in, n, n/max(1, int(away.Seconds()/2)))
		engine := s.engine(t, "a")
		pid := process(t, s.path)
		s.state(t, waiting, missing)
		rest(t.Context(), away/4)
		before := memory(t, pid)
		most := before
		for deadline := time.Now().Add(away * 3 / 4); time.Now().Before(deadline); {
			rest(t.Context(), 250*time.Millisecond)
			most = max(most, memory(t, pid))
		}
		t.Logf("memory: %d MiB at first, %d MiB at most", before>>20, most>>20)
		if limit := before + 128<<20; most > limit {
			t.Errorf("memory grew from %d to %d MiB while the target was away", before>>20, most>>20)
		}
		k.CreateTopic(t, s.out, 6, "retention.ms", "-1")
		back := time.Now()
		s.progress(t, k, 0)
		t.Logf("resumed %v after the target came back", time.Since(back).Round(10*time.Millisecond))
		<-fed
		s.finished(t, k)
		t.Logf("caught up %v after the target came back", time.Since(back).Round(10*time.Millisecond))
		engine.Stop(t)
		audit(t, k, s, n, true)
	})
}

// TestRecordTooLargeForItsTarget has one record in a thousand that the target's max.message.bytes does not allow. It
// becomes a dead letter; its neighbours are delivered.
func TestRecordTooLargeForItsTarget(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		const n = 5000
		s := newStream(t, k, delivery)
		small := k.Topic(t, "small", 6, "retention.ms", "-1", "max.message.bytes", "20000")
		s.config = strings.ReplaceAll(s.config, s.out, small)
		s.out = small
		var records []*kgo.Record
		for id := range n {
			r := event(s.in, id)
			if id%1000 == 7 {
				r.Value = fmt.Appendf(nil, `{"id":%d,"pad":"%s"}`, id, strings.Repeat("x", 30_000))
			}
			records = append(records, r)
		}
		if err := k.Client(t).ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		engine := s.engine(t, "a")
		s.finished(t, k)
		engine.Stop(t)
		l := newLedger(n)
		large := 0
		l.read(t, k, s.dead, func(r *kgo.Record) {
			for _, h := range r.Headers {
				if h.Key == "inflect-error-code" && string(h.Value) == "record_too_large" && len(r.Value) > 30_000 {
					large++
				}
			}
		})
		if large != n/1000 {
			t.Errorf("%d dead letters for being too large, want %d", large, n/1000)
		}
		l.read(t, k, s.out, l.delivered)
		for id := range n {
			out, _ := fate(id)
			if id%1000 == 7 {
				out = 0
			}
			if l.out[id] != out {
				t.Fatalf("event %d is %d times in the target, want %d", id, l.out[id], out)
			}
		}
	})
}

// process finds the engine that runs the config at path.
func process(t *testing.T, path string) int {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		line, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(line, []byte(path)) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	t.Fatalf("no process runs %s", path)
	return 0
}

// memory is what a process has resident, in bytes.
func memory(t *testing.T, pid int) int64 {
	t.Helper()
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(statm))
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
