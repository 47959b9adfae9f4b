package kafka

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"
)

// clientLogger passes the client's warnings and errors to Benthos' log as debugging messages, since the client retries by
// itself and repeats them for each partition, and remembers its last trouble: that is the reason a pipeline gives for
// waiting, which is logged once.
type clientLogger struct {
	log *service.Logger

	mu      sync.Mutex
	trouble string
	at      time.Time

	throttled atomic.Int64 // when a broker last throttled the client, in Unix milliseconds
}

func newClientLogger(log *service.Logger) *clientLogger { return &clientLogger{log: log} }

// Level implements kgo.Logger.
func (l *clientLogger) Level() kgo.LogLevel { return kgo.LogLevelWarn }

// Log implements kgo.Logger.
func (l *clientLogger) Log(_ kgo.LogLevel, msg string, keyvals ...any) {
	l.remember(msg, keyvals)
	l.log.With(keyvals...).Debugf("kafka client: %s", msg)
}

// throttleMemory is how long a client counts as throttled. Under a quota nearly every answer throttles it.
const throttleMemory = 5 * time.Second

// OnBrokerThrottle implements kgo.HookBrokerThrottle.
func (l *clientLogger) OnBrokerThrottle(kgo.BrokerMetadata, time.Duration, bool) {
	l.throttled.Store(time.Now().UnixMilli())
}

func (l *clientLogger) throttledLately() bool {
	return time.Since(time.UnixMilli(l.throttled.Load())) < throttleMemory
}

func (l *clientLogger) remember(msg string, keyvals []any) {
	var topic, cause string
	for i := 0; i+1 < len(keyvals); i += 2 {
		switch keyvals[i] {
		case "err":
			if keyvals[i+1] != nil {
				cause = fmt.Sprint(keyvals[i+1])
			}
		case "topic":
			topic = fmt.Sprint(keyvals[i+1])
		}
	}
	if cause == "" {
		return
	}
	text := strings.TrimSpace(msg)
	if topic != "" {
		text += " (topic " + topic + ")"
	}
	l.mu.Lock()
	l.trouble, l.at = text+": "+cause, time.Now()
	l.mu.Unlock()
}

// since is the last trouble not older than t, empty when there was none.
func (l *clientLogger) since(t time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.Before(t) {
		return ""
	}
	return l.trouble
}
