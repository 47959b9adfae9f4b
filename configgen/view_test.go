package configgen

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflect-dev/inflect/configgen/postgres"
	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/pipeline"
)

func TestAnEarlierLookAtARowIsForgotten(t *testing.T) {
	t.Parallel()
	row := func(created time.Time, revision int64) postgres.Row {
		return postgres.Row{Pipeline: pipeline.Pipeline{Revision: revision, CreatedAt: created}}
	}
	first := time.Now()
	v := &view{name: "a"}
	for _, tt := range []struct {
		name string
		row  postgres.Row
		want int64
	}{
		{"the first look", row(first, 1), 1},
		{"a later revision", row(first, 3), 3},
		{"a look that took its time", row(first, 2), 3},
		{"the same name, made anew", row(first.Add(time.Second), 1), 1},
	} {
		if v.setRow(tt.row); v.row.Revision != tt.want {
			t.Errorf("%s: revision %d is known, want %d", tt.name, v.row.Revision, tt.want)
		}
	}
}

func TestHealingBacksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gone := []streams.Sight{{Active: map[string]bool{"a": false}}}
		there := []streams.Sight{{Active: map[string]bool{"a": true}}}
		v := &view{name: "a", good: &applied{}}
		heals := func(sights []streams.Sight, during time.Duration) (n int) {
			for range during / (100 * time.Millisecond) {
				if v.heal(sights, time.Second, 10*time.Second) {
					n++
				}
				<-time.After(100 * time.Millisecond)
			}
			return n
		}
		// At 0, 1, 3, 7, 15, 25, 35, 45 and 55 s.
		if n := heals(gone, time.Minute); n != 9 {
			t.Errorf("started %d times in a minute", n)
		}
		if n := heals(there, time.Minute); n != 0 {
			t.Errorf("started %d times while it ran", n)
		}
		if n := heals(gone, 3*time.Second); n != 2 {
			t.Errorf("started %d times in 3 s after it had run for a minute", n)
		}
		v.setHold(true)
		if n := heals(gone, time.Minute); n != 0 {
			t.Errorf("started %d times while it was not to run", n)
		}
		v.setHold(false)
		if n := heals([]streams.Sight{{Err: errNobody}}, time.Minute); n != 0 {
			t.Errorf("started %d times on an engine that is away", n)
		}
	})
}
