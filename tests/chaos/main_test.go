package chaos

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/tests/parts"
)

// patience is how long anything may take that has to happen. A wait that is over sooner costs nothing, so this is for a
// machine that has other things to do as well.
const patience = 5 * time.Minute

func TestMain(m *testing.M) { parts.Main(m) }

// events is how many events a test works with, and what it would like by itself.
func events(t *testing.T, otherwise int) int {
	t.Helper()
	text := os.Getenv("INFLECT_CHAOS_EVENTS")
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		t.Fatalf("INFLECT_CHAOS_EVENTS is %q: it must be a number from 1000 on", text)
	}
	return n
}

// absence is how long a target stays away, and how long it would by itself.
func absence(t *testing.T, otherwise time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv("INFLECT_CHAOS_AWAY")
	if text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 10*time.Second {
		t.Fatalf("INFLECT_CHAOS_AWAY is %q: it must be a duration from 10s on", text)
	}
	return d
}

// dice are random and say how to repeat them.
func dice(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("INFLECT_CHAOS_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("INFLECT_CHAOS_SEED is %q: %v", text, err)
		}
		seed = n
	}
	t.Logf("INFLECT_CHAOS_SEED=%d repeats the choices", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
