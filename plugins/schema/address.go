package schema

import (
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// addressFormats take the place of the library's, which ask net/url: that takes blanks, quotes and braces, and refuses
// templates that begin with a name and a colon. Of an address of version 4 it takes numbers with a plus.
func addressFormats() []*jsonschema.Format {
	return []*jsonschema.Format{
		textFormat("uri", func(s string) bool { return isAddress(s, true, false) }),
		textFormat("uri-reference", func(s string) bool { return isAddress(s, false, false) }),
		textFormat("iri", func(s string) bool { return isAddress(s, true, true) }),
		textFormat("iri-reference", func(s string) bool { return isAddress(s, false, true) }),
		textFormat("uri-template", templateForm.MatchString),
		textFormat("ipv4", isIPv4),
	}
}

var errFormat = errors.New("is not of the format")

func textFormat(name string, is func(string) bool) *jsonschema.Format {
	return &jsonschema.Format{Name: name, Validate: func(v any) error {
		if s, ok := v.(string); ok && !is(s) {
			return errFormat
		}
		return nil
	}}
}

var (
	schemeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*$`)
	// futureForm is an address of a version after 6.
	futureForm = regexp.MustCompile(`^[vV][0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+$`)
	// templateForm is the grammar of RFC 6570: literals and expressions.
	templateForm = regexp.MustCompile(`^(?:[!#$&(-;=?-\[\]_a-z~\x{A0}-\x{D7FF}\x{E000}-\x{FDCF}\x{FDF0}-\x{FFEF}\x{10000}-\x{10FFFD}]|%[0-9A-Fa-f]{2}` +
		`|\{[+#./;?&=,!@|]?` + templateVariable + `(?:,` + templateVariable + `)*\})*$`)
)

const (
	templateCharacter = `(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})`
	templateVariable  = templateCharacter + `(?:\.?` + templateCharacter + `)*(?::[1-9][0-9]{0,3}|\*)?`
)

// isAddress reports whether s is a URI reference after RFC 3986, or an IRI reference after RFC 3987. Absolute ones have a
// scheme.
func isAddress(s string, absolute, international bool) bool {
	rest, fragment, _ := strings.Cut(s, "#")
	path, query, _ := strings.Cut(rest, "?")
	first, _, _ := strings.Cut(path, "/")
	// A colon before the first slash ends a scheme: it cannot be part of a relative path.
	scheme, _, found := strings.Cut(first, ":")
	if found && !schemeForm.MatchString(scheme) || absolute && !found {
		return false
	}
	if found {
		path = path[len(scheme)+1:]
	}
	if authority, ok := strings.CutPrefix(path, "//"); ok {
		end := strings.IndexByte(authority, '/')
		if end < 0 {
			end = len(authority)
		}
		if path = authority[end:]; !isAuthority(authority[:end], international) {
			return false
		}
	}
	return spelled(path, ":@/", international) && spelled(query, ":@/?", international) && spelled(fragment, ":@/?", international)
}

func isIPv4(s string) bool {
	ip, err := netip.ParseAddr(s)
	return err == nil && ip.Is4()
}

// isAuthority takes a host that may have a user before it and a port behind it.
func isAuthority(s string, international bool) bool {
	user, host, found := strings.Cut(s, "@")
	if !found {
		user, host = "", s
	}
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		if strings.Trim(host[i+1:], "0123456789") != "" {
			return false
		}
		host = host[:i]
	}
	if !spelled(user, ":", international) {
		return false
	}
	literal, found := strings.CutPrefix(host, "[")
	if !found {
		return spelled(host, "", international)
	}
	literal, closed := strings.CutSuffix(literal, "]")
	ip, err := netip.ParseAddr(literal)
	return closed && (err == nil && ip.Is6() && ip.Zone() == "" || futureForm.MatchString(literal))
}

// spelled reports whether s has no characters but those that every part of an address may have and the extra ones.
func spelled(s, extra string, international bool) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case strings.IndexByte("-._~!$&'()*+,;=", c) >= 0, strings.IndexByte(extra, c) >= 0:
		case c == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
			i += 2
		case c >= utf8.RuneSelf && international:
			r, size := utf8.DecodeRuneInString(s[i:])
			if !isInternational(r) {
				return false
			}
			i += size - 1
		default:
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// isInternational leaves out control characters, private ones and those that never stand for a character.
func isInternational(r rune) bool {
	return r >= 0xa0 && r <= 0xd7ff || r >= 0xf900 && r <= 0xfdcf || r >= 0xfdf0 && r <= 0xffef || r >= 0x10000 && r < 0xf0000 && r&0xffff < 0xfffe
}
