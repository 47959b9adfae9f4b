package js

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"net/url"
	"reflect"
	"strings"
	"time"
	_ "time/tzdata" // the zones of toLocaleString must not depend on the machine
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
	whatwg "github.com/nlnwa/whatwg-url/url"
)

// library gives the scripts of the standard library what they cannot do in JavaScript.
func (m *machine) library(g *guardBuilder) (*goja.Object, error) {
	host := m.vm.NewObject()
	console := m.vm.NewObject()
	for name, level := range map[string]string{"log": "info", "info": "info", "debug": "debug", "trace": "debug", "warn": "warn", "error": "error"} {
		if err := console.Set(name, m.native(name, m.log(level))); err != nil {
			return nil, err
		}
	}
	members := map[string]any{
		"console": console,
		"url":     goja.NewSymbol("url"),
		"length":  func(c goja.FunctionCall) goja.Value { return g.asked(g.length, goja.FunctionCall{This: c.Argument(0)}) },
		"tooMuch": func(c goja.FunctionCall) goja.Value {
			g.tooMuch("%s", c.Argument(0).String())
			return goja.Undefined()
		},
		"size": func(c goja.FunctionCall) goja.Value {
			if n := c.Argument(0).ToFloat(); n > float64(m.program.memory) {
				g.tooMuch("a buffer of %.0f bytes", n)
			}
			return goja.Undefined()
		},
		"pattern": func(c goja.FunctionCall) goja.Value {
			if n := c.Argument(0).ToInteger(); n > maxPattern {
				g.tooMuch("a regular expression of %d characters", n)
			}
			return goja.Undefined()
		},
		"properties":  m.properties,
		"kind":        func(c goja.FunctionCall) goja.Value { return m.vm.ToValue(kind(c.Argument(0))) },
		"lone":        func(c goja.FunctionCall) goja.Value { return m.vm.ToValue(hasLone(c.Argument(0))) },
		"scalar":      func(c goja.FunctionCall) goja.Value { return m.vm.ToValue(c.Argument(0).String()) },
		"encode":      func(c goja.FunctionCall) goja.Value { return m.buffer([]byte(c.Argument(0).String())) },
		"decode":      m.decodeText,
		"toBase64":    m.toBase64,
		"fromBase64":  m.fromBase64,
		"randomUUID":  func(goja.FunctionCall) goja.Value { return m.vm.ToValue(randomUUID()) },
		"random":      func(c goja.FunctionCall) goja.Value { return m.buffer(random(int(c.Argument(0).ToInteger()))) },
		"hash":        m.hash,
		"hmac":        m.hmac,
		"parseURL":    m.parseURL,
		"setURL":      m.setURL,
		"parseQuery":  m.parseQuery,
		"formatQuery": m.formatQuery,
		"zone":        m.zone,
	}
	for name, v := range members {
		if err := host.Set(name, v); err != nil {
			return nil, err
		}
	}
	return host, nil
}

func (g *guardBuilder) asked(ask check, c goja.FunctionCall) goja.Value {
	ask(c)
	return goja.Undefined()
}

func (m *machine) buffer(b []byte) goja.Value { return m.vm.ToValue(m.vm.NewArrayBuffer(b)) }

// kind is an object's class, whatever it says of itself.
func kind(v goja.Value) string {
	o, ok := v.(*goja.Object)
	if !ok {
		return ""
	}
	switch o.ExportType() {
	case promiseType:
		return "Promise"
	case proxyType:
		return "Proxy"
	case reflect.TypeFor[goja.ArrayBuffer]():
		return "ArrayBuffer"
	case reflect.TypeFor[time.Time]():
		return "Date"
	}
	return o.ClassName()
}

func hasLone(v goja.Value) bool {
	s, ok := v.(goja.String)
	return ok && odd(s.String()) && bytes.Contains(appendUnits(nil, s), []byte(`\ud`))
}

// raw is the bytes of a string, or of a view of a buffer.
func (m *machine) raw(v goja.Value) []byte {
	if s, ok := v.(goja.String); ok {
		return []byte(s.String())
	}
	var b []byte
	if err := m.vm.ExportTo(v, &b); err != nil {
		panic(m.vm.NewTypeError("needs a string or bytes"))
	}
	return b
}

// decodeText decodes bytes and tells whether some of them were bad.
func (m *machine) decodeText(c goja.FunctionCall) goja.Value {
	b := m.raw(c.Argument(0))
	out := m.vm.NewObject()
	bad := false
	var text goja.Value
	switch c.Argument(1).String() {
	case "utf-8":
		bad = !utf8.Valid(b)
		text = m.vm.ToValue(replaceInvalid(b))
	case "utf-16le":
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
		s := string(utf16.Decode(units))
		if len(b)%2 == 1 {
			s += "\uFFFD"
		}
		bad = odd(s)
		text = m.vm.ToValue(s)
	default:
		text = m.vm.ToValue(windows1252(b))
	}
	_ = out.Set("text", text)
	_ = out.Set("bad", bad)
	return out
}

// replaceInvalid replaces every maximal part of an invalid sequence by U+FFFD, as the Encoding standard asks.
func replaceInvalid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			n = invalidPart(b)
		}
		out.WriteRune(r)
		b = b[n:]
	}
	return out.String()
}

// invalidPart is how many bytes of a broken sequence could have begun a good one.
func invalidPart(b []byte) int {
	lower, upper, want := byte(0x80), byte(0xBF), 0
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xDF:
		want = 1
	case c >= 0xE0 && c <= 0xEF:
		want = 2
		switch c {
		case 0xE0:
			lower = 0xA0
		case 0xED:
			upper = 0x9F
		}
	case c >= 0xF0 && c <= 0xF4:
		want = 3
		switch c {
		case 0xF0:
			lower = 0x90
		case 0xF4:
			upper = 0x8F
		}
	}
	n := 1
	for n <= want && n < len(b) && b[n] >= lower && b[n] <= upper {
		lower, upper = 0x80, 0xBF
		n++
	}
	return n
}

const windows1252High = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"

func windows1252(b []byte) string {
	high := []rune(windows1252High)
	var out strings.Builder
	for _, c := range b {
		if c >= 0x80 && c < 0xA0 {
			out.WriteRune(high[c-0x80])
		} else {
			out.WriteRune(rune(c))
		}
	}
	return out.String()
}

func (m *machine) toBase64(c goja.FunctionCall) goja.Value {
	s := c.Argument(0).(goja.String)
	b := make([]byte, s.Length())
	for i := range b {
		u := s.CharAt(i)
		if u > 0xFF {
			return goja.Undefined()
		}
		b[i] = byte(u)
	}
	return m.vm.ToValue(base64.StdEncoding.EncodeToString(b))
}

func (m *machine) fromBase64(c goja.FunctionCall) goja.Value {
	s := strings.NewReplacer(" ", "", "\t", "", "\n", "", "\f", "", "\r", "").Replace(c.Argument(0).String())
	if len(s)%4 == 0 {
		s = strings.TrimSuffix(strings.TrimSuffix(s, "="), "=")
	}
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return goja.Undefined()
	}
	units := make([]uint16, len(b))
	for i, c := range b {
		units[i] = uint16(c)
	}
	return goja.StringFromUTF16(units)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, by its contract
	return b
}

func randomUUID() string {
	b := random(16)
	b[6] = b[6]&0x0F | 0x40
	b[8] = b[8]&0x3F | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func hasher(name string) func() hash.Hash {
	switch strings.ReplaceAll(strings.ToLower(name), "-", "") {
	case "md5":
		return md5.New
	case "sha1":
		return sha1.New
	case "sha224":
		return sha256.New224
	case "sha256":
		return sha256.New
	case "sha384":
		return sha512.New384
	case "sha512":
		return sha512.New
	}
	return nil
}

func (m *machine) hash(c goja.FunctionCall) goja.Value {
	h := m.hasher(c.Argument(0))()
	h.Write(m.raw(c.Argument(1)))
	return m.digest(h.Sum(nil), c.Argument(2).String())
}

func (m *machine) hmac(c goja.FunctionCall) goja.Value {
	h := hmac.New(m.hasher(c.Argument(0)), m.raw(c.Argument(1)))
	h.Write(m.raw(c.Argument(2)))
	return m.digest(h.Sum(nil), c.Argument(3).String())
}

func (m *machine) hasher(name goja.Value) func() hash.Hash {
	h := hasher(name.String())
	if h == nil {
		panic(m.vm.NewTypeError("the hash %q is not available in steps: use sha256, sha512, sha384, sha1 or md5", name.String()))
	}
	return h
}

func (m *machine) digest(sum []byte, encoding string) goja.Value {
	switch encoding {
	case "hex":
		return m.vm.ToValue(hex.EncodeToString(sum))
	case "base64":
		return m.vm.ToValue(base64.StdEncoding.EncodeToString(sum))
	case "base64url":
		return m.vm.ToValue(base64.RawURLEncoding.EncodeToString(sum))
	case "buffer":
		return m.buffer(sum)
	}
	panic(m.vm.NewTypeError("the encoding %q is not available in steps: use hex, base64, base64url or buffer", encoding))
}

func (m *machine) parseURL(c goja.FunctionCall) goja.Value {
	var (
		u   *whatwg.Url
		err error
	)
	if base := c.Argument(1); goja.IsUndefined(base) {
		u, err = whatwg.Parse(c.Argument(0).String())
	} else {
		u, err = whatwg.ParseRef(base.String(), c.Argument(0).String())
	}
	if err != nil {
		return goja.Undefined()
	}
	return m.urlParts(u)
}

func (m *machine) urlParts(u *whatwg.Url) goja.Value {
	o := m.vm.NewObject()
	origin := "null"
	switch u.Scheme() {
	case "http", "https", "ftp", "ws", "wss":
		origin = u.Protocol() + "//" + u.Host()
	}
	for k, v := range map[string]string{"href": u.Href(false), "origin": origin, "protocol": u.Protocol(), "username": u.Username(),
		"password": u.Password(), "host": u.Host(), "hostname": u.Hostname(), "port": u.Port(), "pathname": u.Pathname(),
		"search": u.Search(), "hash": u.Hash()} {
		_ = o.Set(k, v)
	}
	return o
}

func (m *machine) setURL(c goja.FunctionCall) goja.Value {
	u, err := whatwg.Parse(c.Argument(0).String())
	if err != nil {
		return goja.Undefined()
	}
	v := c.Argument(2).String()
	switch c.Argument(1).String() {
	case "protocol":
		u.SetProtocol(v)
	case "username":
		u.SetUsername(v)
	case "password":
		u.SetPassword(v)
	case "host":
		u.SetHost(v)
	case "hostname":
		u.SetHostname(v)
	case "port":
		u.SetPort(v)
	case "pathname":
		u.SetPathname(v)
	case "search":
		u.SetSearch(v)
	case "hash":
		u.SetHash(v)
	}
	return m.urlParts(u)
}

// parseQuery reads application/x-www-form-urlencoded text into pairs.
func (m *machine) parseQuery(c goja.FunctionCall) goja.Value {
	var pairs []any
	for part := range strings.SplitSeq(c.Argument(0).String(), "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		pairs = append(pairs, m.vm.NewArray(formDecode(k), formDecode(v)))
	}
	return m.vm.NewArray(pairs...)
}

func formDecode(s string) string {
	s = strings.ReplaceAll(s, "+", " ")
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if d, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b = append(b, d[0])
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return replaceInvalid(b)
}

func (m *machine) formatQuery(c goja.FunctionCall) goja.Value {
	list := c.Argument(0).(*goja.Object)
	var b strings.Builder
	for i := range int(list.Get("length").ToInteger()) {
		pair := list.Get(fmt.Sprint(i)).(*goja.Object)
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(formEncode(pair.Get("0").String()) + "=" + formEncode(pair.Get("1").String()))
	}
	return m.vm.ToValue(b.String())
}

func formEncode(s string) string {
	return strings.NewReplacer("~", "%7E", "%2A", "*").Replace(url.QueryEscape(s))
}

// zone is a time zone's offset from UTC at a time, in milliseconds; undefined when there is no such zone.
func (m *machine) zone(c goja.FunctionCall) goja.Value {
	name := c.Argument(0).String()
	if strings.EqualFold(name, "utc") || strings.EqualFold(name, "gmt") {
		name = "UTC"
	}
	if name == "" || name == "Local" {
		return goja.Undefined()
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return goja.Undefined()
	}
	_, seconds := time.UnixMilli(c.Argument(1).ToInteger()).In(zone).Zone()
	return m.vm.ToValue(seconds * 1000)
}
