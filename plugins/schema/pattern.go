package schema

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja/parser"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// patternTimeout bounds one match of a pattern that needs backtracking. A value that takes longer, twice, does not match.
const patternTimeout = 100 * time.Millisecond

// compilePattern makes a regular expression mean what ECMA-262 says, as JSON Schema asks for: by RE2, in linear time,
// where it can be translated exactly, otherwise by backtracking.
func compilePattern(pattern string) (jsonschema.Regexp, error) {
	pattern = shortClasses(pattern)
	if re, ok := linear(pattern); ok {
		return re, nil
	}
	re, err := regexp2.Compile(pattern, regexp2.ECMAScript)
	if err != nil {
		return nil, fmt.Errorf("%q is not a regular expression after ECMA-262: %w", pattern, err)
	}
	re.MatchTimeout = patternTimeout
	return backtracking{re}, nil
}

func linear(pattern string) (*regexp.Regexp, bool) {
	translated := pattern
	// The translation knows no classes of characters, which RE2 writes in the same way.
	if !classForm.MatchString(pattern) {
		var err error
		if translated, err = parser.TransformRegExp(pattern, false, true); err != nil {
			return nil, false
		}
	}
	re, err := regexp.Compile(translated)
	return re, err == nil
}

var classForm = regexp.MustCompile(`\\[pP]\{([^}]*)\}`)

// shortClasses writes Unicode's general categories by their short names, the only ones that the engines know.
func shortClasses(pattern string) string {
	return classForm.ReplaceAllStringFunc(pattern, func(class string) string {
		name := class[3 : len(class)-1]
		for _, prefix := range []string{"General_Category=", "gc=", "Script=", "sc="} {
			name = strings.TrimPrefix(name, prefix)
		}
		if short, ok := categories[name]; ok {
			name = short
		}
		return class[:3] + name + "}"
	})
}

// categories are the long names of Unicode's property value aliases for General_Category.
var categories = map[string]string{
	"Letter": "L", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt",
	"Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M", "Combining_Mark": "M", "Nonspacing_Mark": "Mn",
	"Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N", "Decimal_Number": "Nd", "digit": "Nd", "Letter_Number": "Nl",
	"Other_Number": "No", "Punctuation": "P", "punct": "P", "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd",
	"Open_Punctuation": "Ps", "Close_Punctuation": "Pe", "Initial_Punctuation": "Pi", "Final_Punctuation": "Pf",
	"Other_Punctuation": "Po", "Symbol": "S", "Math_Symbol": "Sm", "Currency_Symbol": "Sc", "Modifier_Symbol": "Sk",
	"Other_Symbol": "So", "Separator": "Z", "Space_Separator": "Zs", "Line_Separator": "Zl", "Paragraph_Separator": "Zp",
	"Other": "C", "Control": "Cc", "cntrl": "Cc", "Format": "Cf", "Surrogate": "Cs", "Private_Use": "Co",
}

// backtracking is a pattern whose match may run out of time, which is an error.
type backtracking struct{ matcher }

type matcher interface {
	MatchString(s string) (bool, error)
	String() string
}

// MatchString implements jsonschema.Regexp. A process that stood still in the middle of a match, as one with a CPU limit
// does, looks as if the match took too long, so that it is tried again before it costs the record.
func (b backtracking) MatchString(s string) bool {
	ok, err := b.matcher.MatchString(s)
	if err != nil {
		ok, err = b.matcher.MatchString(s)
	}
	return err == nil && ok
}
