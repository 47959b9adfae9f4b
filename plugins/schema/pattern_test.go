package schema

import (
	"errors"
	"testing"
)

// late is a pattern whose first matches run out of time.
type late struct{ late, tries int }

func (l *late) String() string { return "" }

func (l *late) MatchString(string) (bool, error) {
	if l.tries++; l.tries <= l.late {
		return false, errors.New("match timeout")
	}
	return true, nil
}

func TestAMatchThatRanOutOfTimeIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		late, tries int
		want        bool
	}{
		{name: "in time", tries: 1, want: true},
		{name: "late once", late: 1, tries: 2, want: true},
		{name: "late whenever tried", late: 9, tries: 2},
	} {
		m := &late{late: tt.late}
		if got := (backtracking{m}).MatchString("x"); got != tt.want || m.tries != tt.tries {
			t.Errorf("%s: %v after %d tries, want %v after %d", tt.name, got, m.tries, tt.want, tt.tries)
		}
	}
}
