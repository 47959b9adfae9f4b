package sample

import (
	"net/netip"
	"regexp"
)

// addresses is the grammar of RFC 3986, as two regular expressions.
type addresses struct{ full, relative *regexp.Regexp }

// beyondASCII is the characters that RFC 3987 adds: none that are private or never stand for a character.
const beyondASCII = `\x{A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}\x{10000}-\x{1FFFD}\x{20000}-\x{2FFFD}\x{30000}-\x{3FFFD}\x{40000}-\x{DFFFD}\x{E1000}-\x{EFFFD}`

var uris, iris = newAddresses(""), newAddresses(beyondASCII)

func newAddresses(more string) addresses {
	chars := func(extra string) string {
		return `(?:[A-Za-z0-9\-._~!$&'()*+,;=` + extra + more + `]|%[0-9A-Fa-f]{2})`
	}
	anywhere := chars(":@/") + `*`
	authority := `//(?:` + chars(":") + `*@)?(?:\[([^\]]+)\]|` + chars("") + `*)(?::[0-9]*)?(?:/` + anywhere + `)?`
	rooted := `/(?:` + chars(":@") + anywhere + `)?`
	end := `(?:\?` + chars(":@/?") + `*)?(?:#` + chars(":@/?") + `*)?$`
	return addresses{
		full:     regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.\-]*:(?:` + authority + `|` + rooted + `|(?:` + chars(":@") + anywhere + `)?)` + end),
		relative: regexp.MustCompile(`^(?:` + authority + `|` + rooted + `|(?:` + chars("@") + `+(?:/` + anywhere + `)?)?)` + end),
	}
}

func (a addresses) absolute(s string) bool { return matches(a.full, s) }

func (a addresses) reference(s string) bool { return matches(a.full, s) || matches(a.relative, s) }

// matches looks at what the grammar has too many words for: the address of version 6 that a host may be.
func matches(re *regexp.Regexp, s string) bool {
	found := re.FindStringSubmatch(s)
	if found == nil || found[1] == "" {
		return found != nil
	}
	ip, err := netip.ParseAddr(found[1])
	return err == nil && ip.Is6() && ip.Zone() == ""
}

const upTo255 = `(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`

var ipv4Form = regexp.MustCompile(`^` + upTo255 + `(?:\.` + upTo255 + `){3}$`)

// templateForm is RFC 6570: literals, and expressions in braces.
var templateForm = regexp.MustCompile(`^(?:[!#$&(-;=?-\[\]_a-z~\x{A0}-\x{D7FF}\x{E000}-\x{FDCF}\x{FDF0}-\x{FFEF}\x{10000}-\x{10FFFD}]|%[0-9A-Fa-f]{2}` +
	`|\{[+#./;?&=,!@|]?` + templateVariable + `(?:,` + templateVariable + `)*\})*$`)

const templateVariable = `(?:\w|%[0-9A-Fa-f]{2})(?:\.?(?:\w|%[0-9A-Fa-f]{2}))*(?::[1-9][0-9]{0,3}|\*)?`
