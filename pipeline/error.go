package pipeline

import (
	"errors"
	"fmt"
	"strings"
)

// Code is a stable name of a kind of problem; API clients, dead letters and tests rely on it.
type Code string

// The codes. Each maps to one HTTP status in package api.
const (
	CodeInvalid          Code = "invalid"
	CodeUnknownField     Code = "unknown_field"
	CodeUnknownTopic     Code = "unknown_topic"
	CodeUnknownSchema    Code = "unknown_schema"
	CodeUnknownTransform Code = "unknown_transform"
	CodeBadTransform     Code = "bad_transform"
	CodeOutsideDirectory Code = "outside_directory"
	CodeNotFound         Code = "not_found"
	CodeMethodNotAllowed Code = "method_not_allowed"
	CodeExists           Code = "exists"
	CodeStale            Code = "stale"
	CodePrecondition     Code = "precondition_required"
	CodeTooLarge         Code = "too_large"
	CodeForbidden        Code = "forbidden"
	CodeUnauthenticated  Code = "unauthenticated"
	CodeUnsupportedMedia Code = "unsupported_media_type"
	CodeUnavailable      Code = "unavailable"
	CodeRejected         Code = "rejected"
	CodeMissingTopic     Code = "missing_topic"
	CodeInternal         Code = "internal"
)

// Error is a problem that a person is told about. Field is a path into the spec ("steps[1].params"), empty when the
// problem concerns no field. Message says what is wrong and what to do; it holds no secrets.
type Error struct {
	Code    Code   `json:"code"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
	// File, Line and Column are a place in the author's source, 1-based.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	// Warning marks a problem that does not keep the pipeline from being saved.
	Warning bool `json:"warning,omitempty"`
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Field != "" {
		fmt.Fprintf(&b, "%s: ", e.Field)
	}
	switch {
	case e.File != "" && e.Line > 0:
		fmt.Fprintf(&b, "%s:%d:%d: ", e.File, e.Line, e.Column)
	case e.File != "":
		fmt.Fprintf(&b, "%s: ", e.File)
	}
	b.WriteString(e.Message)
	return b.String()
}

// Errorf makes an Error.
func Errorf(code Code, field, format string, args ...any) *Error {
	return &Error{Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// CodeOf is the code of the first Error in err's chain, CodeInternal when there is none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	var es Errors
	if errors.As(err, &es) && len(es) > 0 {
		return es[0].Code
	}
	return CodeInternal
}

// Errors is every problem of one spec, in the order of its fields.
type Errors []*Error

func (es Errors) Error() string {
	parts := make([]string, len(es))
	for i, e := range es {
		parts[i] = e.Error()
	}
	return strings.Join(parts, "; ")
}

// Fatal is those that are not warnings.
func (es Errors) Fatal() Errors {
	var out Errors
	for _, e := range es {
		if !e.Warning {
			out = append(out, e)
		}
	}
	return out
}
