package api

import "testing"

// TestMoreFailuresThanChanceExplainsAreNews compares events of a new version with those of the present one.
func TestMoreFailuresThanChanceExplainsAreNews(t *testing.T) {
	t.Parallel()
	way := failure{Stage: "step:a", Code: "step_threw"}
	tests := []struct {
		name                     string
		before, of, after, ofNow int
		want                     bool
	}{
		{"the first of its kind", 0, 100, 1, 100, true},
		{"as often as before", 5, 100, 5, 100, false},
		{"a little more often", 5, 100, 9, 100, false},
		{"much more often", 5, 100, 30, 100, true},
		{"all of them, as before", 100, 100, 120, 120, false},
		{"as large a share of more events", 50, 100, 500, 1000, false},
		{"a larger share of more events", 50, 100, 600, 1000, true},
		{"nothing to compare with", 0, 0, 1, 100, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := make([]fate, tt.of)
			for i := range tt.before {
				before[i].failed = []told{{failure: way}}
			}
			got := (&fit{Events: tt.ofNow, Problems: []misfit{{failure: way, Count: tt.after}}}).amongOthers(before).Problems[0]
			if got.New != tt.want || got.Before != tt.before {
				t.Errorf("new is %t, %d before", got.New, got.Before)
			}
		})
	}
}
