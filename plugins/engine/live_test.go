package engine

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/inflect-dev/inflect/plugins/record"
)

func TestAProcessThatIsStuckIsNotAlive(t *testing.T) {
	t.Parallel()
	const period = 10 * time.Second
	filtered := func() (one record.Tally) {
		one.Add(record.Filtered)
		return one
	}()
	tests := []struct {
		name string
		// each happens before each look.
		each  func(p *record.Pipeline)
		idle  bool
		looks int
		pause time.Duration
		dead  bool
	}{
		{name: "nothing comes of what it has in hand", looks: 92, pause: period, dead: true},
		{name: "not for that long", looks: 90, pause: period},
		{name: "it finishes one now and then", looks: 300, pause: period, each: func(p *record.Pipeline) { p.Committed(filtered, time.Now()); p.Read(1) }},
		{name: "it waits for somebody else", looks: 300, pause: period, each: func(p *record.Pipeline) { p.SetState("waiting", "the broker is away") }},
		{name: "it has nothing to do", looks: 300, pause: period, idle: true},
		{name: "it stood still itself", looks: 2, pause: time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &doors{stats: record.NewStats(), benthos: prometheus.NewRegistry()}
				get := serve(t, d)
				p := d.stats.Pipeline("orders")
				p.SetState("running", "")
				if !tt.idle {
					p.Read(1)
				}
				code, body := 0, ""
				for range tt.looks {
					if tt.each != nil {
						tt.each(p)
					}
					code, body = get("/livez")
					<-time.After(tt.pause)
				}
				if dead := code != http.StatusOK; dead != tt.dead || dead && !strings.Contains(body, "orders") {
					t.Errorf("%d %s", code, body)
				}
			})
		})
	}
}
