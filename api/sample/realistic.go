package sample

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
	"unicode"
)

var (
	words = strings.Fields("amber basalt cedar delta ember fjord garnet harbor indigo juniper kelp lagoon maple nectar onyx prairie quartz river saffron tundra umber violet willow yarrow zephyr")
	first = strings.Fields("Ada Bruno Chloé Dmitri Elif Fatima Grace Hiroshi Ingrid José Kwame Leïla Mateo Noor Olga Priya Quentin Rosa Søren Tariq Uma Víctor Wei Ximena Yara Zoë")
	last  = strings.Fields("Abebe Bauer Costa Dubois Eriksson Fischer García Haddad Ivanova Jansen Kowalski Lovelace Müller Nakamura O'Brien Petrov Quispe Rossi Sato Tanaka Usman Vargas Weber Xu Yılmaz Zhang")
	// cities come with country, currency and coordinates that belong together.
	cities = []struct {
		name, country, code, currency, zone string
		lat, lon                            float64
	}{
		{"Berlin", "Germany", "DE", "EUR", "Europe/Berlin", 52.52, 13.41}, {"São Paulo", "Brazil", "BR", "BRL", "America/Sao_Paulo", -23.55, -46.63},
		{"Zürich", "Switzerland", "CH", "CHF", "Europe/Zurich", 47.37, 8.54}, {"Tokyo", "Japan", "JP", "JPY", "Asia/Tokyo", 35.68, 139.69},
		{"Nairobi", "Kenya", "KE", "KES", "Africa/Nairobi", -1.29, 36.82}, {"Lyon", "France", "FR", "EUR", "Europe/Paris", 45.76, 4.84},
		{"Mumbai", "India", "IN", "INR", "Asia/Kolkata", 19.08, 72.88}, {"Toronto", "Canada", "CA", "CAD", "America/Toronto", 43.65, -79.38},
		{"Leeds", "United Kingdom", "GB", "GBP", "Europe/London", 53.8, -1.55}, {"Denver", "United States", "US", "USD", "America/Denver", 39.74, -104.99},
	}
	states  = strings.Fields("new active pending paid shipped delivered cancelled failed")
	streets = strings.Fields("Main Oak Station Harbour Mill Church Park Garden Bridge Hill")
	agents  = []string{"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "curl/8.9.1", "okhttp/5.1.0"}
)

// epoch is when the events are set, so that the same seed gives the same events at any time.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func moment(rng *rand.Rand) time.Time {
	return epoch.Add(time.Duration(rng.Int64N(int64(365*24*time.Hour)/int64(time.Millisecond))) * time.Millisecond)
}

func oneOf[T any](rng *rand.Rand, values []T) T { return values[rng.IntN(len(values))] }

// parts is a field's name in lower-case words: createdAt, created_at and created-at are the same.
func parts(name string) []string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte(' ')
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}

func has(parts []string, wanted ...string) bool {
	for _, p := range parts {
		for _, a := range wanted {
			if p == a || strings.TrimSuffix(p, "s") == a {
				return true
			}
		}
	}
	return false
}

// realisticText is a text that a field of that name may have.
func realisticText(rng *rand.Rand, name string) string {
	p := parts(name)
	joined := strings.Join(p, "")
	city := oneOf(rng, cities)
	switch {
	case has(p, "email", "mail"):
		return email(rng)
	case has(p, "phone", "mobile", "tel", "fax"):
		return fmt.Sprintf("+%d %d %07d", 1+rng.IntN(98), 100+rng.IntN(900), rng.IntN(10_000_000))
	case has(p, "uuid", "guid", "correlation", "trace"):
		return uuid(rng)
	case has(p, "url", "uri", "link", "href", "website", "homepage", "repository"):
		return mustFormat(rng, "uri")
	case has(p, "firstname", "first", "given", "forename"):
		return oneOf(rng, first)
	case has(p, "lastname", "last", "surname", "family"):
		return oneOf(rng, last)
	case has(p, "customer", "author", "owner", "user", "person", "fullname", "contact") && has(p, "name") || has(p, "author", "fullname"):
		return oneOf(rng, first) + " " + oneOf(rng, last)
	case has(p, "username", "login", "nickname", "handle"):
		return strings.ToLower(oneOf(rng, words)) + strconv.Itoa(rng.IntN(1000))
	case has(p, "currency"):
		return city.currency
	case has(p, "country") && has(p, "code", "iso"), joined == "countrycode":
		return city.code
	case has(p, "country"):
		return city.country
	case has(p, "city", "town"):
		return city.name
	case has(p, "timezone", "tz", "zone"):
		return city.zone
	case has(p, "zip", "postal", "postcode"):
		return fmt.Sprintf("%05d", rng.IntN(100_000))
	case has(p, "street", "address") && !has(p, "ip", "mac"):
		return fmt.Sprintf("%d %s Street", 1+rng.IntN(200), oneOf(rng, streets))
	case has(p, "ip", "ipaddress"):
		return mustFormat(rng, "ipv4")
	case has(p, "host", "hostname", "domain", "server"):
		return mustFormat(rng, "hostname")
	case has(p, "time", "timestamp", "at", "created", "updated", "datetime", "expires"):
		return mustFormat(rng, "date-time")
	case has(p, "date", "day", "birthday", "dob"):
		return mustFormat(rng, "date")
	case has(p, "version"):
		return fmt.Sprintf("%d.%d.%d", rng.IntN(10), rng.IntN(20), rng.IntN(50))
	case has(p, "sku", "article", "part"):
		return fmt.Sprintf("%s-%05d", strings.ToUpper(oneOf(rng, words)[:3]), rng.IntN(100_000))
	case has(p, "id", "key", "code", "ref", "reference", "number", "no", "token", "hash"):
		return fmt.Sprintf("%s-%06d", oneOf(rng, words), rng.IntN(1_000_000))
	case has(p, "status", "state"):
		return oneOf(rng, states)
	case has(p, "description", "comment", "note", "message", "text", "summary", "body", "title", "reason"):
		n := 3 + rng.IntN(6)
		s := make([]string, n)
		for i := range s {
			s[i] = oneOf(rng, words)
		}
		return strings.ToUpper(s[0][:1]) + s[0][1:] + " " + strings.Join(s[1:], " ")
	case has(p, "agent"):
		return oneOf(rng, agents)
	case has(p, "price", "amount", "total"):
		return fmt.Sprintf("%d.%02d", rng.IntN(500), rng.IntN(100))
	case has(p, "lang", "language", "locale"):
		return oneOf(rng, []string{"en", "de", "fr", "pt-BR", "ja"})
	case has(p, "color", "colour"):
		return oneOf(rng, []string{"red", "green", "blue", "amber", "violet"})
	case has(p, "path", "file", "filename"):
		return "/" + oneOf(rng, words) + "/" + oneOf(rng, words) + ".json"
	case has(p, "company", "organization", "organisation", "vendor", "supplier"):
		return oneOf(rng, last) + " & " + oneOf(rng, last) + " Ltd"
	}
	return oneOf(rng, words)
}

func email(rng *rand.Rand) string {
	ascii := strings.Map(func(r rune) rune {
		if r > 'z' || r == '\'' {
			return -1
		}
		return unicode.ToLower(r)
	}, oneOf(rng, first)+"."+oneOf(rng, last))
	return ascii + strconv.Itoa(rng.IntN(100)) + "@example." + oneOf(rng, []string{"com", "org", "net"})
}

// realistic is the range of a number by the field's name.
func realistic(name string, whole bool) (low, high float64) {
	p := parts(name)
	switch {
	case has(p, "lat", "latitude"):
		return -90, 90
	case has(p, "lon", "lng", "longitude"):
		return -180, 180
	case has(p, "percent", "percentage", "pct"):
		return 0, 100
	case has(p, "ratio", "probability", "score", "rate", "discount") && !whole:
		return 0, 1
	case has(p, "price", "amount", "total", "cost", "balance", "fee", "tax"):
		return 1, 500
	case has(p, "quantity", "qty", "count"):
		return 1, 20
	case has(p, "age"):
		return 18, 90
	case has(p, "year"):
		return 1990, 2026
	case has(p, "month"):
		return 1, 12
	case has(p, "day"):
		return 1, 28
	case has(p, "hour"):
		return 0, 23
	case has(p, "minute", "second"):
		return 0, 59
	case has(p, "port"):
		return 1024, 65535
	case has(p, "temperature", "temp"):
		return -20, 40
	case has(p, "mag", "magnitude"):
		return 0, 9
	case has(p, "timestamp", "time", "at", "created", "updated", "ts"):
		return float64(epoch.UnixMilli()), float64(epoch.AddDate(1, 0, 0).UnixMilli())
	case has(p, "id", "number", "no"):
		return 1, 9_999_999
	}
	return 0, 1000
}

func uuid(rng *rand.Rand) string {
	a, b := rng.Uint64(), rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%x%03x-%012x", uint32(a>>32), uint16(a>>16), a&0xfff, 8+b>>62, b>>48&0xfff, b&0xffffffffffff)
}

func mustFormat(rng *rand.Rand, format string) string {
	v, _ := stringFormat(rng, format, "")
	return v
}

// stringFormat is a text of the format, ok is false for a format that is not known.
func stringFormat(rng *rand.Rand, format, name string) (v string, ok bool) {
	at := moment(rng)
	switch format {
	case "date-time":
		return at.Format("2006-01-02T15:04:05.000Z"), true
	case "date":
		return at.Format("2006-01-02"), true
	case "time":
		return at.Format("15:04:05Z"), true
	case "duration":
		return fmt.Sprintf("PT%dH%dM", rng.IntN(24), rng.IntN(60)), true
	case "email", "idn-email":
		return email(rng), true
	case "hostname", "idn-hostname":
		return oneOf(rng, words) + ".example.com", true
	case "ipv4":
		return fmt.Sprintf("203.0.113.%d", 1+rng.IntN(254)), true
	case "ipv6":
		return fmt.Sprintf("2001:db8::%x", 1+rng.IntN(0xfffe)), true
	case "uri", "url", "iri":
		return "https://example.com/" + oneOf(rng, words) + "/" + strconv.Itoa(rng.IntN(1000)), true
	case "uri-reference", "iri-reference":
		return "/" + oneOf(rng, words) + "/" + strconv.Itoa(rng.IntN(1000)), true
	case "uri-template":
		return "https://example.com/{" + oneOf(rng, words) + "}", true
	case "uuid", "guid", formatUUID:
		return uuid(rng), true
	case "regex":
		return "^" + oneOf(rng, words) + "[0-9]+$", true
	case "json-pointer":
		return "/" + oneOf(rng, words) + "/0", true
	case "relative-json-pointer":
		return "0/" + oneOf(rng, words), true
	case "semver":
		return realisticText(rng, "version"), true
	case "period":
		return at.Format("2006-01-02T15:04:05Z") + "/P1D", true
	}
	return wireText(rng, format, name)
}

// wireText is a text of one of the formats that stand for Avro's and Protobuf's types.
func wireText(rng *rand.Rand, format, name string) (string, bool) {
	switch format {
	case formatInt64, formatUint64:
		low, high := realistic(name, true)
		return strconv.FormatInt(int64(max(low, 0))+rng.Int64N(int64(high-max(low, 0))+1), 10), true
	case formatBytes:
		b := make([]rune, rng.IntN(12))
		for i := range b {
			b[i] = rune(rng.IntN(256))
		}
		return string(b), true
	case formatBase64:
		b := make([]byte, rng.IntN(12))
		for i := range b {
			b[i] = byte(rng.IntN(256))
		}
		return base64.StdEncoding.EncodeToString(b), true
	case formatTimestamp:
		return moment(rng).Format("2006-01-02T15:04:05.000Z"), true
	case formatDuration:
		return fmt.Sprintf("%d.%03ds", rng.IntN(10_000), rng.IntN(1000)), true
	case formatFieldMask:
		return oneOf(rng, words) + "," + oneOf(rng, words), true
	case formatInt32, formatUint32:
		return strconv.Itoa(rng.IntN(1000)), true
	}
	return "", false
}

// numberFormat is a number of one of those formats.
func numberFormat(rng *rand.Rand, format, name string) (json.Number, bool) {
	low, high := realistic(name, true)
	switch format {
	case formatInt32, formatUint32, formatInt64, formatUint64:
		low, high = max(low, 0), min(high, 1<<31-1)
		return json.Number(strconv.FormatInt(int64(low)+rng.Int64N(int64(max(high-low, 0))+1), 10)), true
	case formatFloat, formatDouble:
		low, high = realistic(name, false)
		return json.Number(strconv.FormatFloat(float64(int64((low+rng.Float64()*(high-low))*4))/4, 'f', -1, 64)), true
	case formatMillis:
		return json.Number(strconv.FormatInt(moment(rng).UnixMilli(), 10)), true
	case formatMicros:
		return json.Number(strconv.FormatInt(moment(rng).UnixMicro(), 10)), true
	case formatNanos:
		return json.Number(strconv.FormatInt(moment(rng).UnixNano(), 10)), true
	case formatDate:
		return json.Number(strconv.FormatInt(moment(rng).Unix()/86400, 10)), true
	case formatTimeMillis:
		return json.Number(strconv.FormatInt(rng.Int64N(86_400_000), 10)), true
	case formatTimeMicros:
		return json.Number(strconv.FormatInt(rng.Int64N(86_400_000_000), 10)), true
	}
	return "", false
}
