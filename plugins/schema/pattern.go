package schema

import (
	"fmt"
	"regexp"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja/parser"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// patternTimeout bounds one match of a pattern that needs backtracking. A value that takes longer does not match.
const patternTimeout = 100 * time.Millisecond

// compilePattern makes a regular expression mean what ECMA-262 says, as JSON Schema asks for: by RE2, in linear time,
// where it can be translated exactly, otherwise by backtracking.
func compilePattern(pattern string) (jsonschema.Regexp, error) {
	if translated, err := parser.TransformRegExp(pattern, false, true); err == nil {
		if re, err := regexp.Compile(translated); err == nil {
			return re, nil
		}
	}
	re, err := regexp2.Compile(pattern, regexp2.ECMAScript)
	if err != nil {
		return nil, fmt.Errorf("%q is not a regular expression after ECMA-262: %w", pattern, err)
	}
	re.MatchTimeout = patternTimeout
	return backtracking{re}, nil
}

type backtracking struct{ *regexp2.Regexp }

// MatchString implements jsonschema.Regexp.
func (b backtracking) MatchString(s string) bool {
	ok, err := b.Regexp.MatchString(s)
	return err == nil && ok
}
