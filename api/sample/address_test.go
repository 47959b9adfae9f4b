package sample

import (
	"strings"
	"testing"
)

// A text that is no address is a near miss, also where Go would parse it, and a template is one whatever it begins with.
func TestAddressesAreJudgedByTheirGrammar(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		format     string
		fit, unfit []string
	}{
		{format: "uri", fit: []string{"https://u:p@example.com:80/a;b/?c=d/?#e", "urn:isbn:1", "http://[2001:db8::7]/", "file:///a"},
			unfit: []string{"", "/a", "https://example.com/a b", "https://example.com/<a>", "https://example.com/%zz", "https://example.com/é", "http://[::1", "http://[fe80::1%25en0]/", "http://a@b@c/", "1a:b", "http://example.com:80a/"}},
		{format: "uri-reference", fit: []string{"", "/a/b", "//example.com", "?a", "#b", "a/b:c", "https://example.com"}, unfit: []string{"a b", ":a", "a\\b", "#a#b"}},
		{format: "iri", fit: []string{"https://example.com/東京"}, unfit: []string{"東京", "https://example.com/\ue000", "https://example.com/ 東京"}},
		{format: "iri-reference", fit: []string{"東京"}, unfit: []string{"東 京"}},
		{format: "ipv4", fit: []string{"203.0.113.7", "0.0.0.0", "255.255.255.255"}, unfit: []string{"+1.2.3.4", "1.2.3.04", "1.2.3", "1.2.3.256", "1.2.3.4.", "1.2.3.4.5", "::1"}},
		{format: "uri-template", fit: []string{"", "~https://example.com/{+path}{?q,page:3,rest*}", "{a.b}"}, unfit: []string{"{a", "{a b}", "{}", "a b", "{?a:0}"}},
	} {
		t.Run(tt.format, func(t *testing.T) {
			t.Parallel()
			for _, f := range formats() {
				if f.Name != tt.format {
					continue
				}
				for _, s := range tt.fit {
					if err := f.Validate(s); err != nil {
						t.Errorf("%q: %v", s, err)
					}
				}
				for _, s := range tt.unfit {
					if f.Validate(s) == nil {
						t.Errorf("%q fits", s)
					}
				}
			}
			blanks := 0
			for _, s := range generate(t, "JSON", `{"type": "string", "format": "`+tt.format+`"}`, withMutants) {
				if strings.Contains(string(s.Event.Value), " ") {
					blanks++
					if !s.Invalid {
						t.Errorf("%s is no near miss: %.60s", s.Note, s.Event.Value)
					}
				}
			}
			if blanks == 0 {
				t.Error("no text with blanks was tried")
			}
		})
	}
}
