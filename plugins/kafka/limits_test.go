package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestTroubleNamesTheTopicThatIsForbidden(t *testing.T) {
	t.Parallel()
	c := broker(t, 1, "fine", "forbidden")
	l := &limits{client: client(t, c), used: map[string]time.Time{"fine": {}, "forbidden": {}}}
	if why := l.trouble(t.Context(), time.Time{}); why != "" {
		t.Errorf("trouble with two topics that may be written to: %s", why)
	}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "forbidden", Err: kerr.TopicAuthorizationFailed, Count: -1})
	eventually(t, func() string {
		why := l.trouble(t.Context(), time.Time{})
		if !strings.HasPrefix(why, "writing to topic forbidden: TOPIC_AUTHORIZATION_FAILED") {
			return "the reason is: " + why
		}
		return ""
	})
}

func TestTroubleOfManyTopicsIsKnownInTime(t *testing.T) {
	t.Parallel()
	const topics = 100
	l := &limits{used: map[string]time.Time{}}
	for i := range topics {
		l.used[fmt.Sprint("out", i)] = time.Time{}
	}
	c := broker(t, 1, slices.Collect(maps.Keys(l.used))...)
	l.client = client(t, c)
	c.ControlKey(int16(kmsg.Metadata), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		c.SleepControl(func() { _ = pause(context.Background(), 100*time.Millisecond) })
		return nil, nil, false
	})
	ctx, cancel := context.WithTimeout(t.Context(), watchTimeout)
	defer cancel()
	if why := l.trouble(ctx, time.Time{}); why != "" {
		t.Errorf("trouble with topics that may be written to: %s", why)
	}
}
