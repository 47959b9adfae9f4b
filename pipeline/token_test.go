package pipeline

import "testing"

func TestRolesIncludeThoseBefore(t *testing.T) {
	t.Parallel()
	tests := []struct {
		have, want Role
		allowed    bool
	}{
		{Admin, Operator, true},
		{Operator, Operator, true},
		{Editor, Operator, false},
		{Viewer, Viewer, true},
		{"", Viewer, false},
		{"root", Viewer, false},
		{Admin, "", false},
	}
	for _, tt := range tests {
		if got := tt.have.Allows(tt.want); got != tt.allowed {
			t.Errorf("%q allows %q: got %v, want %v", tt.have, tt.want, got, tt.allowed)
		}
	}
}
