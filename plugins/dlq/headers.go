package dlq

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/inflect-dev/inflect/plugins/record"
)

// The headers of a dead letter. All values are text.
const (
	HeaderError       = "inflect-error"
	HeaderCode        = "inflect-error-code"
	HeaderPlace       = "inflect-error-place"
	HeaderPointer     = "inflect-error-pointer"
	HeaderRule        = "inflect-error-rule"
	HeaderStage       = "inflect-stage"
	HeaderPipeline    = "inflect-pipeline"
	HeaderRevision    = "inflect-revision"
	HeaderTopic       = "inflect-source-topic"
	HeaderPartition   = "inflect-source-partition"
	HeaderOffset      = "inflect-source-offset"
	HeaderTimestamp   = "inflect-source-timestamp"
	HeaderAttempt     = "inflect-attempt"
	HeaderFingerprint = "inflect-fingerprint"
)

// maxError and maxHeader bound header values in bytes, so that a record which fitted into its topic does not outgrow the
// dead-letter topic by what is said about it.
const (
	maxError  = 2048
	maxHeader = 512
)

// ours reports whether a dead letter replaces the header.
func ours(h record.Header) bool {
	switch h.Key {
	case HeaderError, HeaderCode, HeaderPlace, HeaderPointer, HeaderRule, HeaderStage, HeaderPipeline, HeaderRevision,
		HeaderTopic, HeaderPartition, HeaderOffset, HeaderTimestamp, HeaderAttempt, HeaderFingerprint:
		return true
	}
	return false
}

// headers is the source's headers as they were, followed by ours. Those that an earlier dead letter of the record left
// are replaced; its attempt is counted up.
func (p *processor) headers(s *record.Source, f *record.Failure) []record.Header {
	out := slices.DeleteFunc(slices.Clone(s.Headers), ours)
	add := func(key, value string, limit int) {
		if value != "" {
			out = append(out, record.Header{Key: key, Value: []byte(clip(value, limit))})
		}
	}
	add(HeaderError, f.Message, maxError)
	add(HeaderCode, f.Code, maxHeader)
	add(HeaderPlace, place(f), maxHeader)
	add(HeaderPointer, f.Pointer, maxHeader)
	add(HeaderRule, f.Rule, maxHeader)
	add(HeaderStage, f.Stage, maxHeader)
	add(HeaderPipeline, p.pipeline, maxHeader)
	if p.revision > 0 {
		add(HeaderRevision, strconv.FormatInt(p.revision, 10), maxHeader)
	}
	add(HeaderTopic, s.Topic, maxHeader)
	if s.Partition >= 0 {
		add(HeaderPartition, strconv.Itoa(int(s.Partition)), maxHeader)
	}
	if s.Offset >= 0 {
		add(HeaderOffset, strconv.FormatInt(s.Offset, 10), maxHeader)
	}
	if !s.Timestamp.IsZero() {
		add(HeaderTimestamp, strconv.FormatInt(s.Timestamp.UnixMilli(), 10), maxHeader)
	}
	add(HeaderAttempt, strconv.Itoa(attempt(s.Headers)), maxHeader)
	add(HeaderFingerprint, Fingerprint(f), maxHeader)
	return out
}

// attempt is how often the record has now failed. What is not a small number counts as the first time.
func attempt(headers []record.Header) int {
	n := 0
	for _, h := range headers {
		if h.Key != HeaderAttempt {
			continue
		}
		if v, err := strconv.ParseUint(string(h.Value), 10, 30); err == nil {
			n = max(n, int(v))
		}
	}
	return n + 1
}

// replayed reports whether the headers are those of a dead letter that was sent once more: of ours it has its attempt only.
func replayed(headers []record.Header) bool {
	attempt := false
	for _, h := range headers {
		switch h.Key {
		case HeaderAttempt:
			attempt = true
		case HeaderPipeline:
			return false
		}
	}
	return attempt
}

// place is the failure's position in the user's source as file:line:column.
func place(f *record.Failure) string {
	if f.File == "" {
		return ""
	}
	return f.File + ":" + strconv.Itoa(f.Line) + ":" + strconv.Itoa(f.Column)
}

// clip is s as valid UTF-8 of at most limit bytes, with an ellipsis where it was cut.
func clip(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= limit {
		return s
	}
	const ellipsis = "…"
	cut := limit - len(ellipsis)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ellipsis
}
