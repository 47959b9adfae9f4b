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
}

// impatient makes the group notice a dead member soon. Tests in which nobody dies leave the session as it is by default, so
// that a machine that is busy for seconds does not look like a death.
var impatient = []string{"session_timeout: 3s", "heartbeat_interval: 500ms"}

// newStream makes the topics of a pipeline and its config. input are further fields of the input, with their indent.
func newStream(t *testing.T, k *parts.Cluster, delivery string, input ...string) *stream {
	t.Helper()
	s := &stream{
		partitions: 6,
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
	s.status = freeAddr(t)
	return parts.Start(t, "engine "+instance, parts.Program{
		Path:  parts.Inflect(t),
		Args:  []string{"run", s.path},
		Env:   []string{"INFLECT_INSTANCE=" + instance, "INFLECT_METRICS_LISTEN=" + s.status},
		Ready: ready,
	})
}

// finished waits until the group has committed the ends of the source, so that its lag is 0.
func (s *stream) finished(t *testing.T, k *parts.Cluster, patience time.Duration) {
	t.Helper()
	admin := k.Admin(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		lag, parts, err := s.lag(ctx, admin)
		if err == nil && parts == s.partitions && lag == 0 {
			return
		}
		if !rest(ctx, 200*time.Millisecond) {
			t.Fatalf("group %s is %d records behind after %v (%d partitions committed, %v)", s.group, lag, patience, parts, err)
		}
	}
}

// committed is the sum of the group's committed offsets.
func (s *stream) committed(t *testing.T, k *parts.Cluster) (sum int64) {
	t.Helper()
	offsets, err := k.Admin(t).FetchOffsets(t.Context(), s.group)
	if err != nil {
		t.Fatal(err)
	}
	offsets.Each(func(o kadm.OffsetResponse) { sum += max(o.At, 0) })
	return sum
}

// state waits until the last engine that was started is in the state for a reason with one of the texts in it; no text
// is any reason. It returns the reason.
func (s *stream) state(t *testing.T, state string, patience time.Duration, texts ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		b, err := s.board(ctx)
		if err == nil && b.State == state {
			if len(texts) == 0 {
				return b.Reason
			}
			for _, text := range texts {
				if strings.Contains(b.Reason, text) {
					return b.Reason
				}
			}
		}
		if !rest(ctx, 50*time.Millisecond) {
			t.Fatalf("after %v the pipeline is %s (%q), want %s with one of %q (%v)", patience, b.State, b.Reason, state, texts, err)
		}
	}
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

// joined waits until the group has members that have been given partitions.
func (s *stream) joined(t *testing.T, k *parts.Cluster) {
	t.Helper()
	admin := k.Admin(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		groups, err := admin.DescribeGroups(ctx, s.group)
		if group := groups[s.group]; err == nil && group.State == "Stable" && len(group.Members) > 0 {
			return
		}
		if !rest(ctx, 100*time.Millisecond) {
			t.Fatalf("group %s is not stable: %v", s.group, err)
		}
	}
}

func (s *stream) lag(ctx context.Context, admin *kadm.Client) (lag int64, partitions int, err error) {
	ends, err := admin.ListEndOffsets(ctx, s.in)
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
