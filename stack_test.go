//go:build !connect

package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflect-dev/inflect/tests/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

func TestPartsStopBeforeWhatTheyStandOn(t *testing.T) {
	t.Parallel()
	s := newStack()
	var stopped []string
	for _, name := range []string{"database", "engine", "API"} {
		s.start(name, func(ctx context.Context) error {
			<-ctx.Done()
			stopped = append(stopped, name) // one at a time, or the race detector says so
			return nil
		})
	}
	if err := s.stop(time.Minute); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(stopped, " "); got != "API engine database" {
		t.Errorf("they stopped in the order %s", got)
	}
}

func TestFirstFailureEndsTheWhole(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want string
		run        func(context.Context) error
	}{
		{"a part fails", "registry: on fire", func(context.Context) error { return errors.New("on fire") }},
		{"a part ends by itself", "registry: it ended by itself", func(context.Context) error { return nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStack()
			s.start("registry", tt.run)
			if err := s.wait(t.Context()); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if err := s.stop(time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPartsThatDoNotStopAreNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStack()
		release := make(chan struct{})
		for _, name := range []string{"Kafka", "engine"} {
			s.start(name, func(ctx context.Context) error {
				<-ctx.Done()
				<-release
				return nil
			})
		}
		s.start("API", func(ctx context.Context) error {
			<-ctx.Done()
			return nil
		})
		err := s.stop(time.Second)
		if err == nil || !strings.Contains(err.Error(), "engine, Kafka") || strings.Contains(err.Error(), "API") {
			t.Errorf("got %v", err)
		}
		close(release)
	})
}

func TestDatabaseMayComeLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tries, complaints := 0, 0
		ok := eventually(t.Context(), time.Second, func(context.Context) error {
			if tries++; tries < 4 {
				return errors.New("away")
			}
			return nil
		}, func(error) { complaints++ })
		if !ok || tries != 4 || complaints != 3 {
			t.Errorf("%v after %d tries and %d complaints", ok, tries, complaints)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if eventually(ctx, time.Second, func(context.Context) error { return errors.New("away") }, func(error) {}) {
			t.Error("it came although it did not")
		}
	})
}
