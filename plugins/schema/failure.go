package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/inflect-dev/inflect/plugins/record"
)

// The codes of what can be wrong with a record. docs/guides/schemas.md says when each is given.
const (
	// CodeViolation is a record that is of the right format but breaks a rule of the schema.
	CodeViolation = "schema_violation"
	// CodeNumber is a number whose exponent or length no validator can be asked to handle.
	CodeNumber = "number_too_wide"
	// CodeNotAvro and CodeNotProtobuf are payloads that are not of the schema's format at all.
	CodeNotAvro     = "not_avro"
	CodeNotProtobuf = "not_protobuf"
	// CodeNotFramed is a payload without the Confluent frame where one is demanded.
	CodeNotFramed = "not_framed"
	// CodeTruncated is a payload that ends inside the frame.
	CodeTruncated = "truncated_frame"
	// CodeUnknownID is a schema id that the registry does not have.
	CodeUnknownID = "unknown_schema_id"
	// CodeWrongSubject is a schema id that the registry has, but not under the named subject.
	CodeWrongSubject = "wrong_subject"
	// CodeWrongMessage is a Protobuf message type other than the pipeline's.
	CodeWrongMessage = "wrong_message"
	// CodeIncompatible is a record written with a version of the subject from which the named one cannot read.
	CodeIncompatible = "incompatible_schema"
)

// maxShown bounds a value that a message quotes from an event, maxMessage the message as a whole.
const (
	maxShown   = 80
	maxMessage = 1024
)

// violation says which rule was broken where. The pointer names the value at fault, or the property that is missing.
func violation(pointer, rule, format string, args ...any) *record.Failure {
	at := pointer
	if at == "" {
		at = "the root"
	}
	return &record.Failure{Code: CodeViolation, Pointer: pointer, Rule: rule, Message: "at " + at + ": " + fmt.Sprintf(format, args...)}
}

func fail(code, format string, args ...any) *record.Failure {
	return &record.Failure{Code: code, Message: fmt.Sprintf(format, args...)}
}

// trouble is a failure deep inside an event, whose place is put together on the way out of it.
type trouble struct {
	rule, text string
	// inner to outer
	path []string
}

func (t *trouble) within(name string) { t.path = append(t.path, name) }

func (t *trouble) failure(code string) *record.Failure {
	var pointer strings.Builder
	for i := len(t.path) - 1; i >= 0; i-- {
		pointer.WriteString(token(t.path[i]))
	}
	f := violation(pointer.String(), t.rule, "%s", t.text)
	f.Code = code
	return f
}

// clip is s in at most limit bytes of valid UTF-8.
func clip(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// token is one reference token of a JSON pointer, escaped after RFC 6901.
func token(s string) string {
	return "/" + strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
}
