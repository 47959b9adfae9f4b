package schema

import (
	"fmt"
	"testing"
)

// What RFC 3986, 3987 and 6570 say of texts that net/url takes or refuses.
func TestAddressesAreWhatTheirSpecificationsSay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text                                           string
		uri, uriReference, iri, iriReference, template bool
	}{
		{text: "https://user:secret@example.com:8080/a/b;c=1?d=e/f?#g/h", uri: true, uriReference: true, iri: true, iriReference: true, template: true},
		{text: "urn:isbn:0451450523", uri: true, uriReference: true, iri: true, iriReference: true, template: true},
		{text: "mailto:ada@example.com", uri: true, uriReference: true, iri: true, iriReference: true, template: true},
		{text: "http://[2001:db8::7]:80/", uri: true, uriReference: true, iri: true, iriReference: true, template: true},
		{text: "http://ex%41mple.com/%7Ea", uri: true, uriReference: true, iri: true, iriReference: true, template: true},
		{text: "file:///etc/hosts", uri: true, uriReference: true, iri: true, iriReference: true, template: true},
		{text: "/a/b", uriReference: true, iriReference: true, template: true},
		{text: "//example.com/a", uriReference: true, iriReference: true, template: true},
		{text: "?a=b#c", uriReference: true, iriReference: true, template: true},
		{text: "", uriReference: true, iriReference: true, template: true},
		{text: "a/b:c", uriReference: true, iriReference: true, template: true},
		{text: "https://example.com/東京", iri: true, iriReference: true, template: true},
		{text: "https://example.com/{id}", template: true},
		{text: "~https://example.com/{+path}{?q,page:3,rest*}", template: true},
		{text: "https://example.com/a b"},
		{text: "https://example.com/a\"b"},
		{text: "https://example.com/<a>"},
		{text: "https://example.com/a^b"},
		{text: "https://example.com/a|b"},
		{text: "https://example.com/%zz"},
		{text: "https://example.com/\u0000"},
		{text: "https://example.com/{a b}"},
		{text: "https://example.com/{a"},
		{text: "https://example.com/a[0]", template: true},
		{text: "https://example.com/?a=b#c#d", template: true},
		{text: "http://[::1", template: true},
		{text: "http://[fe80::1%25en0]/", template: true},
		{text: "http://example.com:80a/", template: true},
		{text: "http://a@b@c/", template: true},
		{text: "1a:b", template: true},
		{text: ":a", template: true},
		{text: "a\\b"},
		{text: "https://example.com/\ue000", template: true},
		{text: "\xff"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			want := map[string]bool{"uri": tt.uri, "uri-reference": tt.uriReference, "iri": tt.iri, "iri-reference": tt.iriReference, "uri-template": tt.template}
			for _, f := range addressFormats() {
				if f.Name == "ipv4" {
					continue // below
				}
				if got := f.Validate(tt.text) == nil; got != want[f.Name] {
					t.Errorf("%s: got %t, want %t", f.Name, got, want[f.Name])
				}
			}
		})
	}
}

func TestIPv4IsFourNumbers(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"203.0.113.7": true, "0.0.0.0": true, "255.255.255.255": true, "+1.2.3.4": false, "1.2.3.04": false,
		"1.2.3": false, "1.2.3.256": false, "::1": false, "::ffff:1.2.3.4": false, "": false} {
		if isIPv4(s) != want {
			t.Errorf("%q: want %t", s, want)
		}
	}
}

// The processor holds records against these formats, and takes other values than texts.
func TestAddressFormatsAreUsed(t *testing.T) {
	t.Parallel()
	for value, fits := range map[string]bool{`"https://example.com/a"`: true, `"https://example.com/a b"`: false, `7`: true} {
		for _, draft := range []string{"http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-07/schema#"} {
			j := quickOf(t, fmt.Sprintf(`{"$schema": %q, "format": "uri"}`, draft))
			if got := j.check([]byte(value)) == nil; got != fits {
				t.Errorf("%s as a URI of %s: got %t, want %t", value, draft, got, fits)
			}
		}
	}
}

// Whatever the text, an absolute address is a reference as well, and a URI is an IRI.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"https://u@example.com:80/a?b#c", "http://[::1]/", "//", ":", "%", "a:%4", "é", "[", "@:]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, international := range []bool{false, true} {
			if isAddress(s, true, international) && !isAddress(s, false, international) {
				t.Errorf("%q is absolute and no reference", s)
			}
		}
		for _, absolute := range []bool{false, true} {
			if isAddress(s, absolute, false) && !isAddress(s, absolute, true) {
				t.Errorf("%q is a URI and no IRI", s)
			}
		}
	})
}
