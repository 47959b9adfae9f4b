package configgen

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/pipeline"
)

func sight(engine string, b streams.Board) streams.Sight {
	b.Pipeline = "a"
	return streams.Sight{Engine: engine, Instance: engine, Active: map[string]bool{"a": true}, Boards: map[string]streams.Board{"a": b}}
}

func TestRatesAreOfTheLastTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		var read, lag int64 = 0, 10_000
		second := func(speed int64) {
			read += speed
			lag -= 100
			h.seen([]streams.Sight{sight("x", streams.Board{Read: read, Delivered: read / 2, Lag: lag}), sight("y", streams.Board{Read: 5})})
			<-time.After(time.Second)
		}
		for range 30 {
			second(1000)
		}
		_, counts, rates, lagRate := h.of("a")
		if counts.Read != 30_005 || rates.Read != 1000 || rates.Delivered != 500 || lagRate != -100 {
			t.Errorf("steady: %+v %+v %v", counts, rates, lagRate)
		}
		for range 11 {
			second(0)
		}
		if _, _, rates, _ := h.of("a"); rates.Read != 0 {
			t.Errorf("ten seconds after the last record the rate is %v", rates.Read)
		}
	})
}

func TestEnginesThatRestartDoNotCountBackwards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		for _, read := range []int64{1000, 2000, 3000, 10, 20} {
			h.seen([]streams.Sight{sight("x", streams.Board{Read: read})})
			<-time.After(time.Second)
		}
		if _, counts, rates, _ := h.of("a"); counts.Read != 20 || rates.Read != 10 {
			t.Errorf("%+v %+v", counts, rates)
		}
		// An engine that cannot be asked for a moment counts on with what it showed last, and one that stopped keeps its counts.
		h.seen([]streams.Sight{{Engine: "x", Err: errNobody}})
		if sights, counts, _, _ := h.of("a"); counts.Read != 20 || sights[0].Instance != "x" || sights[0].Active != nil {
			t.Errorf("%+v %+v", sights, counts)
		}
		h.seen(nil)
		if _, counts, rates, _ := h.of("a"); counts.Read != 20 || rates.Read != 0 {
			t.Errorf("%+v %+v", counts, rates)
		}
		h.forget("a", "inflect.a")
		if _, counts, _, _ := h.of("a"); counts.Read != 0 {
			t.Errorf("%+v", counts)
		}
	})
}

var errNobody = pipeline.Errorf(pipeline.CodeUnavailable, "", "nobody answers")

func TestSubscribersHearWhatIsNew(t *testing.T) {
	t.Parallel()
	h := newHub()
	ctx, cancel := context.WithCancel(t.Context())
	c := h.subscribe(ctx)
	at := time.Now()
	for _, s := range []pipeline.Status{
		{Name: "a", Lag: 1, UpdatedAt: at}, {Name: "a", Lag: 1, UpdatedAt: at.Add(time.Second)}, {Name: "b"}, {Name: "a", Lag: 2},
	} {
		h.publish(s)
	}
	cancel()
	var got []int64
	for s := range c {
		got = append(got, s.Lag)
	}
	if len(got) != 3 || got[0] != 1 || got[1] != 0 || got[2] != 2 {
		t.Errorf("heard %v", got)
	}
	// Nobody is blocked by a reader that is gone or slow.
	slow := h.subscribe(t.Context())
	for i := range 2 * backlog {
		h.publish(pipeline.Status{Name: "a", Lag: int64(i)})
	}
	if len(slow) != backlog {
		t.Errorf("%d statuses wait for a slow reader", len(slow))
	}
}

func TestCatchUp(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                   string
		lag                    int64
		perSecond, read, wants float64
	}{
		{"there is no lag", 0, 5, 0, 0},
		{"less than a second's worth", 50, 3, 100, 0.5},
		{"it shrinks", 1000, -100, 10, 10},
		{"it grows", 1000, 100, 10, -1},
		{"nothing moves", 1000, 0, 0, -1},
	}
	for _, tt := range tests {
		got := catchUp(tt.lag, tt.perSecond, tt.read)
		if (got == nil) != (tt.wants < 0) || got != nil && *got != tt.wants {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.wants)
		}
	}
}
