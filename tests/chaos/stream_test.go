package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/inflect-dev/inflect/plugins/engine"
	"github.com/inflect-dev/inflect/plugins/record"
	"github.com/inflect-dev/inflect/tests/parts"
)

const (
	atLeastOnce = "at_least_once"
	exactlyOnce = "exactly_once"
)

// deliveries runs a test with both guarantees side by side: most of its time it waits for the next disaster.
func deliveries(t *testing.T, test func(t *testing.T, delivery string)) {
	for _, d := range []string{exactlyOnce, atLeastOnce} {
		t.Run(d, func(t *testing.T) {
			t.Parallel()
			test(t, d)
		})
	}
}

// stream is one pipeline of the suite.
type stream struct {
	group, in, out, dead string
	config, path         string
	status               string // where the last engine tells its state
	partitions           int
	lanes                int // members of the group that one engine is
}

// impatient makes the group notice a dead member soon. Tests in which nobody dies leave the session as it is by default, so
// that a machine that is busy for seconds does not look like a death.
var impatient = []string{"session_timeout: 3s", "heartbeat_interval: 500ms"}

// newStream makes the topics of a pipeline and its config. input are further fields of the input, with their indent.
func newStream(t *testing.T, k *parts.Cluster, delivery string, input ...string) *stream {
	t.Helper()
	s := &stream{
		partitions: 6,
		lanes:      map[string]int{exactlyOnce: 2, atLeastOnce: 1}[delivery],
		group:      parts.Unique("chaos"),
		in:         k.Topic(t, "in", 6, "retention.ms", "-1"),
		out:        k.Topic(t, "out", 6, "retention.ms", "-1"),
		dead:       k.Topic(t, "dead", 3, "retention.ms", "-1"),
	}
	brokers := strings.Join(k.Addrs(), ",")
	fields := append([]string{"shutdown_timeout: 15s"}, input...)
	s.config = fmt.Sprintf(`
input:
  inflect_kafka:
    brokers: ["%s"]
    topics: [%s]
    group: %s
    delivery: %s
    pipeline: chaos
    %s
pipeline:
  threads: 1
  processors:
    - inflect_js:
        pipeline: chaos
        steps: %s
    - inflect_dlq: {pipeline: chaos, topic: %s}
output:
  inflect_kafka: {brokers: ["%s"], topic: %s, pipeline: chaos}
`, brokers, s.in, s.group, delivery, strings.Join(fields, "\n    "), strings.ReplaceAll(steps, "\n", "\n    "), s.dead, brokers, s.out)
	return s
}

// engine starts a process that runs the stream as the instance with that name.
func (s *stream) engine(t *testing.T, instance string) *parts.Server {
	t.Helper()
	return s.launch(t, instance, "Input type inflect_kafka is now active")
}

// launch starts a process that runs the stream and waits until its log says that it is ready.
func (s *stream) launch(t *testing.T, instance, ready string) *parts.Server {
	t.Helper()
	s.path = filepath.Join(t.TempDir(), "stream.yaml")
	if err := os.WriteFile(s.path, []byte(s.config+"shutdown_timeout: 25s\nlogger: {level: info}\nhttp: {enabled: false}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.status = address(t)
	return parts.Start(t, "engine "+instance, parts.Program{
		Path:  parts.Inflect(t),
		Args:  []string{"run", s.path},
		Env:   []string{"INFLECT_INSTANCE=" + instance, "INFLECT_METRICS_LISTEN=" + s.status},
		Ready: ready,
	})
}

// finished waits until the group has committed the ends of the source, so that its lag is 0.
func (s *stream) finished(t *testing.T, k *parts.Cluster) {
	t.Helper()
	admin := k.Admin(t)
	eventually(t, func(ctx context.Context) string {
		lag, parts, err := s.lag(ctx, admin)
		if err == nil && parts == s.partitions && lag == 0 {
			return ""
		}
		return fmt.Sprintf("group %s is %d records behind (%d partitions committed, %v)", s.group, lag, parts, err)
	})
}

// progress waits until the group has committed more than that many records of the source.
func (s *stream) progress(t *testing.T, k *parts.Cluster, beyond int) {
	t.Helper()
	admin := k.Admin(t)
	eventually(t, func(ctx context.Context) string {
		offsets, err := admin.FetchOffsets(ctx, s.group)
		sum := int64(0)
		offsets.Each(func(o kadm.OffsetResponse) { sum += max(o.At, 0) })
		if err == nil && sum > int64(beyond) {
			return ""
		}
		return fmt.Sprintf("group %s has committed %d records, want more than %d (%v)", s.group, sum, beyond, err)
	})
}

// state waits until the last engine that was started is in the state for a reason with one of the texts in it; no text
// is any reason. It returns the reason.
func (s *stream) state(t *testing.T, state string, texts ...string) (reason string) {
	t.Helper()
	eventually(t, func(ctx context.Context) string {
		b, err := s.board(ctx)
		reason = b.Reason
		if err == nil && b.State == state {
			if len(texts) == 0 {
				return ""
			}
			for _, text := range texts {
				if strings.Contains(b.Reason, text) {
					return ""
				}
			}
		}
		return fmt.Sprintf("the pipeline is %s (%q), want %s with one of %q (%v)", b.State, b.Reason, state, texts, err)
	})
	return reason
}

// board is what the last engine that was started says of the pipeline.
func (s *stream) board(ctx context.Context) (b record.Board, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.status+"/status", nil)
	if err != nil {
		return b, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return b, err
	}
	defer res.Body.Close()
	var status engine.Status
	if err := json.NewDecoder(res.Body).Decode(&status); err != nil {
		return b, err
	}
	if len(status.Pipelines) != 1 {
		return b, fmt.Errorf("the engine runs %d pipelines", len(status.Pipelines))
	}
	return status.Pipelines[0], nil
}

// joined waits until all members of one engine are in the group and have been given partitions.
func (s *stream) joined(t *testing.T, k *parts.Cluster) {
	t.Helper()
	admin := k.Admin(t)
	eventually(t, func(ctx context.Context) string {
		groups, err := admin.DescribeGroups(ctx, s.group)
		group := groups[s.group]
		if err == nil && group.State == "Stable" && len(group.Members) == s.lanes {
			return ""
		}
		return fmt.Sprintf("group %s is %s with %d members, want it stable with %d (%v)", s.group, group.State, len(group.Members), s.lanes, err)
	})
}

func (s *stream) lag(ctx context.Context, admin *kadm.Client) (lag int64, partitions int, err error) {
	ends, err := admin.ListEndOffsets(ctx, s.in)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return 0, 0, err
	}
	offsets, err := admin.FetchOffsets(ctx, s.group)
	if err != nil {
		return 0, 0, err
	}
	ends.Each(func(o kadm.ListedOffset) {
		at, ok := offsets.Lookup(s.in, o.Partition)
		if ok {
			partitions++
		}
		lag += o.Offset - max(at.At, 0)
	})
	return lag, partitions, nil
}

// eventually waits until there is nothing to complain about.
func eventually(t *testing.T, complaint func(context.Context) string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	last := "nothing was answered"
	for {
		why := complaint(ctx)
		if why == "" {
			return
		}
		if ctx.Err() == nil {
			last = why
		}
		if !rest(ctx, 50*time.Millisecond) {
			t.Fatalf("after %v: %s", patience, last)
		}
	}
}

// rest waits for d; it is false when ctx ended first.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
