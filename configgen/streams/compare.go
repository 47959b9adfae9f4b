package streams

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"

	"gopkg.in/yaml.v3"
)

var placeholder = regexp.MustCompile(`\$\{(INFLECT_[A-Z_]+)\}`)

// same reports whether a running config is what the rendered one becomes when an engine reads it.
func (c *Client) same(rendered []byte, live json.RawMessage) bool {
	var want any
	if yaml.Unmarshal(rendered, &want) != nil {
		return false
	}
	// Through JSON, because that is the way by which the engine's answer came.
	text, err := json.Marshal(want)
	if err != nil {
		return false
	}
	a, errA := tree(text)
	b, errB := tree(live)
	return errA == nil && errB == nil && c.equal(a, b)
}

func tree(text []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

func (c *Client) equal(want, have any) bool {
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok || len(w) != len(h) {
			return false
		}
		for k, v := range w {
			if hv, ok := h[k]; !ok || !c.equal(v, hv) {
				return false
			}
		}
		return true
	case []any:
		h, ok := have.([]any)
		if !ok || len(w) != len(h) {
			return false
		}
		for i := range w {
			if !c.equal(w[i], h[i]) {
				return false
			}
		}
		return true
	case string:
		return c.equalText(w, have)
	}
	return reflect.DeepEqual(want, have)
}

// equalText compares a string that may be a placeholder, which is always the whole scalar.
func (c *Client) equalText(want string, have any) bool {
	if want == have {
		return true
	}
	name := placeholder.FindStringSubmatch(want)
	if name == nil || name[0] != want {
		return false
	}
	if c.opts.Lookup == nil {
		return true
	}
	value, ok := c.opts.Lookup(name[1])
	return !ok || value == have
}
