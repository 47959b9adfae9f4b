package chaos

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/tests/parts"
)

// TestStreamsAreReplacedUnderLoad replaces the running stream again and again, as every edit of a pipeline does.
func TestStreamsAreReplacedUnderLoad(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		k := parts.Kafka(t)
		n, times := events(t, 40_000), 15
		if n >= fullSize {
			times = 100
		}
		s := newStream(t, k, delivery)
		api := streams(t, "a")
		api.put(t, http.MethodPost, s.config)
		fed := feed(t, k.Client(t), s.in, n, n/times)
		gap := watchGaps(t, k, s.out)
		for range times {
			rest(t.Context(), 500*time.Millisecond)
			api.put(t, http.MethodPut, s.config)
		}
		<-fed
		s.finished(t, k)
		t.Logf("%d replacements; the longest pause in the output was %v", times, gap().Round(time.Millisecond))
		api.put(t, http.MethodDelete, "")
		audit(t, k, s, n, true)
	})
}

// engineAPI is the streams API of an engine.
type engineAPI struct{ url string }

func streams(t *testing.T, instance string) engineAPI {
	t.Helper()
	addr := address(t)
	parts.Start(t, "engine "+instance, parts.Program{
		Path:  parts.Inflect(t),
		Args:  []string{"streams", "--streams-listen", addr, "--metrics-listen", address(t), "--instance", instance},
		Env:   []string{"INFLECT_STREAMS_PASSWORD=chaos"},
		Dir:   filepath.Clean(t.TempDir()),
		Ready: "Launching",
	})
	return engineAPI{url: "http://" + addr + "/streams/chaos?timeout=20s"}
}

// address is one that a server of the test may listen on when it comes to that.
func address(t *testing.T) string {
	t.Helper()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(parts.Port(t)))
}

// put sends the config, until the API is up.
func (e engineAPI) put(t *testing.T, method, config string) {
	t.Helper()
	eventually(t, func(ctx context.Context) string {
		req, err := http.NewRequestWithContext(ctx, method, e.url, bytes.NewBufferString(config))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("inflect", "chaos")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return fmt.Sprintf("%s of the stream: %v", method, err)
		}
		defer res.Body.Close()
		var body bytes.Buffer
		_, _ = body.ReadFrom(res.Body)
		why := fmt.Sprintf("%s of the stream: %s: %s", method, res.Status, body.String())
		switch {
		case res.StatusCode == http.StatusOK:
			return ""
		case res.StatusCode < 500:
			t.Fatal(why)
		}
		return why
	})
}

// watchGaps reads the target as it grows; what it returns ends that and is the longest time in which nothing came.
func watchGaps(t *testing.T, k *parts.Cluster, topic string) func() time.Duration {
	t.Helper()
	client := k.Client(t, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(20*time.Millisecond))
	var mu sync.Mutex
	var longest time.Duration
	var last time.Time
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			fetches := client.PollFetches(t.Context())
			if fetches.IsClientClosed() || t.Context().Err() != nil {
				return
			}
			if fetches.NumRecords() == 0 {
				continue
			}
			mu.Lock()
			if now := time.Now(); last.IsZero() {
				last = now
			} else {
				longest, last = max(longest, now.Sub(last)), now
			}
			mu.Unlock()
		}
	}()
	return func() time.Duration {
		client.Close()
		<-done
		return longest
	}
}
