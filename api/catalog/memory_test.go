package catalog

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAFailureIsRememberedForAShortWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const takes = 300 * time.Millisecond
		reads, away := 0, errors.New("away")
		m := remember(time.Minute, func(context.Context) (int, error) {
			reads++
			<-time.After(takes)
			return reads, away
		})
		results := make(chan error, 5)
		for range cap(results) {
			go func() {
				_, err := m.get(t.Context())
				results <- err
			}()
		}
		for range cap(results) {
			if err := <-results; !errors.Is(err, away) {
				t.Errorf("got %v", err)
			}
		}
		if reads != 1 {
			t.Errorf("five who asked at once made it fail %d times", reads)
		}
		<-time.After(failureAge)
		away = nil
		if n, err := m.get(t.Context()); n != 2 || err != nil {
			t.Errorf("a while later: read %d times, %v", n, err)
		}
	})
}
