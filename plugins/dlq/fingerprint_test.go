package dlq

import (
	"fmt"
	"testing"

	"github.com/inflect-dev/inflect/plugins/record"
)

func TestFingerprintGroupsLikeWithLike(t *testing.T) {
	t.Parallel()
	thrown := func(message string) *record.Failure {
		return &record.Failure{Code: "step_threw", Stage: "step:a", Message: message, File: "a.ts", Line: 3}
	}
	broken := func(pointer, rule, message string) *record.Failure {
		return &record.Failure{Code: "invalid", Stage: "schema_in", Pointer: pointer, Rule: rule, Message: message}
	}
	other := thrown("order 1 is late")
	other.Line = 4
	tests := []struct {
		name string
		a, b *record.Failure
		same bool
	}{
		{"numbers", thrown("order 17 is late by 2.5 s"), thrown("order 18000 is late by 3 s"), true},
		{"quoted values", thrown(`customer "Ann" is unknown`), thrown(`customer "Bob \"B\" Lee" is unknown`), true},
		{"UUIDs", thrown("id 8f14e45f-ceea-467f-a8d1-6f0f6f0f6f0f gone"), thrown("id 00000000-ceea-467f-a8d1-6f0f6f0fabcd gone"), true},
		{"hexadecimal ids", thrown("key deadbeef99 gone"), thrown("key 0123456789abcdef gone"), true},
		{"other words", thrown("order is late"), thrown("order is early"), false},
		{"another line", thrown("order 1 is late"), other, false},
		{"array index", broken("/items/0/price", "type", "found 1"), broken("/items/12/price", "type", "found true"), true},
		{"another property", broken("/price", "required", "is missing"), broken("/name", "required", "is missing"), false},
		{"another rule", broken("/price", "type", "x"), broken("/price", "minimum", "x"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if same := Fingerprint(tt.a) == Fingerprint(tt.b); same != tt.same {
				t.Errorf("same fingerprint: %v, want %v", same, tt.same)
			}
		})
	}
}

// Groups outlive releases, so these values are never to change.
func TestFingerprintIsStable(t *testing.T) {
	t.Parallel()
	if got := Fingerprint(failure()); got != "0001b8bc49b44099" {
		t.Errorf("got %s", got)
	}
}

func TestFiveCausesAreFiveGroups(t *testing.T) {
	t.Parallel()
	groups := map[string]int{}
	for i := range 10_000 {
		f := []*record.Failure{
			{Code: "not_json", Stage: "schema_in", Message: fmt.Sprintf("is not JSON: unexpected character 'x' at byte %d", i)},
			{Code: "invalid", Stage: "schema_in", Pointer: fmt.Sprintf("/items/%d/price", i%7), Rule: "minimum", Message: fmt.Sprintf("%d", -i)},
			{Code: "step_threw", Stage: "step:a", File: "a.ts", Line: 9, Message: fmt.Sprintf("no rate for %q", fmt.Sprint(i))},
			{Code: "step_timeout", Stage: "step:b", Message: fmt.Sprintf("took longer than 1s (event %d)", i)},
			{Code: "record_too_large", Stage: "target", Message: fmt.Sprintf("%d bytes are more than 1048576", 2000000+i)},
		}[i%5]
		groups[Fingerprint(f)]++
	}
	if len(groups) != 5 {
		t.Errorf("%d groups: %v", len(groups), groups)
	}
}

func FuzzFingerprint(f *testing.F) {
	f.Add("a 'b", "/x/1")
	f.Add(`"\`, "")
	f.Fuzz(func(t *testing.T, message, pointer string) {
		got := Fingerprint(&record.Failure{Message: message, Pointer: pointer})
		if len(got) != 16 {
			t.Errorf("%q", got)
		}
	})
}
