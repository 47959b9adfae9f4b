package sample

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The formats that stand for what Avro and Protobuf ask of values beyond JSON Schema's words. Those without a check only
// say what is realistic.
const (
	formatInt32      = "inflect:int32"
	formatUint32     = "inflect:uint32"
	formatInt64      = "inflect:int64"
	formatUint64     = "inflect:uint64"
	formatFloat      = "inflect:float"
	formatDouble     = "inflect:double"
	formatBytes      = "inflect:bytes"
	formatBase64     = "inflect:base64"
	formatTimestamp  = "inflect:timestamp"
	formatDuration   = "inflect:duration"
	formatFieldMask  = "inflect:field-mask"
	formatUUID       = "inflect:uuid"
	formatMillis     = "inflect:millis"
	formatMicros     = "inflect:micros"
	formatNanos      = "inflect:nanos"
	formatDate       = "inflect:date"
	formatTimeMillis = "inflect:time-millis"
	formatTimeMicros = "inflect:time-micros"
)

// numeric reports whether values of the format are numbers by nature, though text may be allowed.
func numeric(format string) bool {
	switch format {
	case formatInt32, formatUint32, formatFloat, formatDouble, formatMillis, formatMicros, formatNanos, formatDate, formatTimeMillis, formatTimeMicros:
		return true
	}
	return false
}

// formats are those, and the addresses of JSON Schema: the library takes some that are none.
func formats() []*jsonschema.Format {
	ok := func(any) error { return nil }
	checks := map[string]func(any) error{
		formatInt32:  integer(math.MinInt32, math.MaxInt32),
		formatUint32: integer(0, math.MaxUint32),
		formatInt64:  integer(math.MinInt64, math.MaxInt64),
		formatUint64: integer(0, math.MaxUint64),
		formatFloat:  float(math.MaxFloat32), formatDouble: float(math.MaxFloat64),
		formatBytes: ofString(latin), formatBase64: ofString(isBase64), formatTimestamp: ofString(isTimestamp),
		formatDuration: ofString(isDuration), formatFieldMask: ofString(isFieldMask),
		"uri": ofString(uris.absolute), "uri-reference": ofString(uris.reference), "iri": ofString(iris.absolute),
		"iri-reference": ofString(iris.reference), "uri-template": ofString(templateForm.MatchString), "ipv4": ofString(ipv4Form.MatchString),
		formatUUID: ok, formatMillis: ok, formatMicros: ok, formatNanos: ok, formatDate: ok, formatTimeMillis: ok, formatTimeMicros: ok,
	}
	var out []*jsonschema.Format
	for _, name := range names(checks) {
		out = append(out, &jsonschema.Format{Name: name, Validate: checks[name]})
	}
	return out
}

var errFormat = errors.New("is not of the format")

func check(ok bool) error {
	if ok {
		return nil
	}
	return errFormat
}

func ofString(f func(string) bool) func(any) error {
	return func(v any) error {
		s, is := v.(string)
		return check(!is || f(s))
	}
}

var numberForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?$`)

// integer is a whole number, or a text of one, in the range.
func integer(low, high float64) func(any) error {
	least, most := exact(low), exact(high)
	if high == math.MaxUint64 {
		most.SetUint64(math.MaxUint64)
	}
	if high == math.MaxInt64 {
		most.SetInt64(math.MaxInt64)
	}
	return func(v any) error {
		text := ""
		switch t := v.(type) {
		case json.Number:
			text = t.String()
		case string:
			text = t
		default:
			return nil
		}
		if !numberForm.MatchString(text) {
			return errFormat
		}
		r, ok := new(big.Rat).SetString(text)
		return check(ok && r.IsInt() && r.Num().Cmp(least) >= 0 && r.Num().Cmp(most) <= 0)
	}
}

func exact(f float64) *big.Int {
	i, _ := new(big.Float).SetFloat64(f).Int(nil)
	return i
}

// float is a number in range, the text of one, or the name of one that JSON does not have.
func float(limit float64) func(any) error {
	return func(v any) error {
		text := ""
		switch t := v.(type) {
		case json.Number:
			text = t.String()
		case string:
			if t == "NaN" || t == "Infinity" || t == "-Infinity" {
				return nil
			}
			return errFormat
		default:
			return nil
		}
		f, err := strconv.ParseFloat(text, 64)
		return check(err == nil && math.Abs(f) <= limit)
	}
}

func latin(s string) bool {
	for _, r := range s {
		if r > 0xff {
			return false
		}
	}
	return true
}

func isBase64(s string) bool {
	enc := base64.StdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.URLEncoding
	}
	if len(s)%4 != 0 {
		enc = enc.WithPadding(base64.NoPadding)
	}
	_, err := enc.DecodeString(s)
	return err == nil
}

func isTimestamp(s string) bool {
	t, err := time.Parse(time.RFC3339Nano, s)
	return err == nil && t.UTC().Year() >= 1 && t.UTC().Year() <= 9999
}

var durationForm = regexp.MustCompile(`^-?[0-9]{1,12}(\.[0-9]{1,9})?s$`)

func isDuration(s string) bool {
	if !durationForm.MatchString(s) {
		return false
	}
	f, err := strconv.ParseFloat(strings.TrimSuffix(s, "s"), 64)
	return err == nil && math.Abs(f) <= 315_576_000_000
}

var maskForm = regexp.MustCompile(`^([a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)*(,[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)*)*)?$`)

func isFieldMask(s string) bool { return maskForm.MatchString(s) }
