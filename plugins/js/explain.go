package js

import (
	"github.com/inflect-dev/inflect/transforms"
)

// Explanation says how a step will run.
type Explanation struct {
	// Module is once when the module is evaluated once per runtime and frozen, and per_event when it is evaluated anew for
	// each event; Reason says why.
	Module string `json:"module"`
	Reason string `json:"reason,omitempty"`
}

// Explain says how the function that ref ("orders.ts#keepPaid") names in the directory will run. An error is why it
// cannot: a *transforms.Error with its place.
func Explain(dir, ref string) (Explanation, error) {
	file, export := transforms.SplitRef(ref)
	s, err := load(stepConfig{name: "explained", kind: kindTransform, file: file, export: export}, dir)
	if err != nil {
		return Explanation{}, err
	}
	if s.fresh != "" {
		return Explanation{Module: "per_event", Reason: s.fresh}, nil
	}
	return Explanation{Module: "once"}, nil
}
