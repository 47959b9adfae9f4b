package configgen

import (
	"testing"
	"time"

	"github.com/inflect-dev/inflect/configgen/streams"
)

func TestPaceIsMeasuredOnPodsThatAreBehind(t *testing.T) {
	t.Parallel()
	at := time.Now()
	sight := func(after time.Duration, delivered, lag int64) streams.Sight {
		return streams.Sight{Only: "orders", Instance: "pod", Time: at.Add(after),
			Boards: map[string]streams.Board{"orders": {State: "running", Delivered: delivered, Lag: lag}}}
	}
	tests := []struct {
		name   string
		sights []streams.Sight
		want   float64
	}{
		{name: "behind all the time", sights: []streams.Sight{sight(0, 0, 9000), sight(5*time.Second, 5000, 4000)}, want: 1000},
		{name: "not long enough", sights: []streams.Sight{sight(0, 0, 9000), sight(time.Second, 5000, 4000)}},
		{name: "not behind", sights: []streams.Sight{sight(0, 0, 0), sight(5*time.Second, 5000, 0)}},
		{name: "caught up in between", sights: []streams.Sight{sight(0, 0, 9000), sight(3*time.Second, 9000, 0), sight(6*time.Second, 9100, 50)}},
		{name: "started anew", sights: []streams.Sight{sight(0, 9000, 9000), sight(5*time.Second, 100, 4000)}},
		{name: "a little faster", sights: []streams.Sight{sight(0, 0, 9000), sight(5*time.Second, 5000, 9000), sight(10*time.Second, 10500, 9000)}, want: 1000},
		{name: "much faster", sights: []streams.Sight{sight(0, 0, 9000), sight(5*time.Second, 5000, 9000), sight(10*time.Second, 15000, 9000)}, want: 2000},
		{name: "in lumps, as large transactions are", sights: []streams.Sight{sight(0, 0, 9000), sight(5*time.Second, 0, 9000), sight(10*time.Second, 10000, 9000)}, want: 1000},
		{name: "held up for a moment, as by a rebalance", sights: []streams.Sight{sight(0, 0, 9000), sight(5*time.Second, 5000, 9000), sight(10*time.Second, 5010, 9000)}, want: 1000},
		{name: "slower for good", sights: []streams.Sight{sight(0, 0, 9000), sight(5*time.Second, 5000, 9000), sight(10*time.Second, 6000, 9000), sight(15*time.Second, 7000, 9000)}, want: 712},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := pace{pods: map[string]podPace{}, rates: map[string]rate{}}
			for _, s := range tt.sights {
				p.seen(s)
			}
			if got := p.of("orders"); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			p.keep(nil)
			if len(p.pods) > 0 {
				t.Error("a pod that is gone is remembered")
			}
			p.forget("orders")
			if p.of("orders") != 0 || len(p.rates) > 0 {
				t.Error("a deleted pipeline is remembered")
			}
		})
	}
}
