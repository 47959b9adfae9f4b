package dlq

import (
	"hash/fnv"
	"io"
	"regexp"
	"strconv"

	"github.com/inflect-dev/inflect/plugins/record"
)

var (
	// varying is what differs between two failures of one cause: quoted values, UUIDs, long hexadecimal words, numbers.
	varying = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|` + "`[^`]*`" +
		`|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b[0-9a-fA-F]{8,}\b|[0-9]+(?:[.,:][0-9]+)*`)
	digits = regexp.MustCompile(`[0-9]+`)
)

// maxNormalised bounds the text that is looked at: a message is made of the event in parts.
const maxNormalised = 4096

// Fingerprint is 16 hexadecimal digits that are the same for failures of one cause and do not change from release to
// release.
//
// A failure that names a rule is known by rule and pointer, whose array indices do not count; one with a place in the
// user's source by that place and its message without what varies from event to event; any other by its message alone.
func Fingerprint(f *record.Failure) string {
	h := fnv.New64a()
	part := func(s string) {
		_, _ = io.WriteString(h, s)
		_, _ = h.Write([]byte{0})
	}
	part(f.Code)
	part(f.Stage)
	if f.Rule != "" {
		part(f.Rule)
		part(digits.ReplaceAllString(f.Pointer, "0"))
	} else {
		part(f.File)
		part(strconv.Itoa(f.Line))
		part(varying.ReplaceAllString(f.Message[:min(len(f.Message), maxNormalised)], "?"))
	}
	const hex = 16
	s := strconv.FormatUint(h.Sum64(), 16)
	return "0000000000000000"[:hex-len(s)] + s
}
