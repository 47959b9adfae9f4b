package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/inflect-dev/inflect/pipeline"
)

// change is one field that differs between two specs.
type change struct {
	Field  string          `json:"field"`
	Kind   string          `json:"kind"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// changesOf is what leads from one spec to the next, by field; everything that is set, when there was none before.
func changesOf(from *pipeline.Spec, to pipeline.Spec) ([]change, error) {
	before, after := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if from != nil {
		if err := flatten(before, *from); err != nil {
			return nil, err
		}
	}
	if err := flatten(after, to); err != nil {
		return nil, err
	}
	out := []change{}
	for field, now := range after {
		was, had := before[field]
		switch {
		case !had:
			out = append(out, change{Field: field, Kind: "added", After: now})
		case !bytes.Equal(was, now):
			out = append(out, change{Field: field, Kind: "changed", Before: was, After: now})
		}
	}
	for field, was := range before {
		if _, has := after[field]; !has {
			out = append(out, change{Field: field, Kind: "removed", Before: was})
		}
	}
	slices.SortFunc(out, func(x, y change) int { return cmp.Compare(x.Field, y.Field) })
	return out, nil
}

func flatten(into map[string]json.RawMessage, spec pipeline.Spec) error {
	raw, err := json.Marshal(spec)
	if err != nil {
		return fmt.Errorf("comparing revisions of %s: %w", spec.Name, err)
	}
	flattenValue(into, "", raw)
	return nil
}

// flattenValue descends into objects and arrays, but not into parameters, which are the author's own.
func flattenValue(into map[string]json.RawMessage, at string, raw json.RawMessage) {
	var object map[string]json.RawMessage
	var list []json.RawMessage
	switch {
	case bytes.HasPrefix(raw, []byte("{")) && json.Unmarshal(raw, &object) == nil && len(object) > 0:
		for key, value := range object {
			if key == "params" {
				into[join(at, key)] = value
				continue
			}
			flattenValue(into, join(at, key), value)
		}
	case bytes.HasPrefix(raw, []byte("[")) && json.Unmarshal(raw, &list) == nil && len(list) > 0:
		for i, value := range list {
			flattenValue(into, fmt.Sprintf("%s[%d]", at, i), value)
		}
	default:
		into[at] = raw
	}
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

func newestFirst(all []pipeline.Revision) {
	slices.SortFunc(all, func(x, y pipeline.Revision) int { return cmp.Compare(y.Revision, x.Revision) })
}
