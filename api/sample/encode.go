package sample

import (
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"
)

// encoder writes values as JSON: objects by sorted names, numbers as they are.
type encoder struct{ out []byte }

func (e *encoder) value(v any) {
	switch t := v.(type) {
	case nil:
		e.out = append(e.out, "null"...)
	case bool:
		e.out = strconv.AppendBool(e.out, t)
	case json.Number:
		e.out = append(e.out, t...)
	case string:
		e.string(t)
	case []any:
		e.out = append(e.out, '[')
		for i, item := range t {
			if i > 0 {
				e.out = append(e.out, ',')
			}
			e.value(item)
		}
		e.out = append(e.out, ']')
	case map[string]any:
		e.out = append(e.out, '{')
		for i, name := range names(t) {
			if i > 0 {
				e.out = append(e.out, ',')
			}
			e.string(name)
			e.out = append(e.out, ':')
			e.value(t[name])
		}
		e.out = append(e.out, '}')
	}
}

func (e *encoder) string(s string) {
	e.out = append(e.out, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			e.out = append(e.out, '\\', byte(r))
		case r < ' ':
			e.out = append(e.out, '\\', 'u', '0', '0', "0123456789abcdef"[r>>4], "0123456789abcdef"[r&15])
		default:
			e.out = utf8.AppendRune(e.out, r)
		}
	}
	e.out = append(e.out, '"')
}

func names[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// clone is a deep copy.
func clone(v any) any {
	switch t := v.(type) {
	case []any:
		out := make([]any, len(t))
		for i := range t {
			out[i] = clone(t[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(t))
		for k := range t {
			out[k] = clone(t[k])
		}
		return out
	}
	return v
}
