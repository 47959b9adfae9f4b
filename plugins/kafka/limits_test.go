package kafka

import (
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
