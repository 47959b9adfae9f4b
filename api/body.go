package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/inflect-dev/inflect/pipeline"
)

// readBody is the request's JSON body. Any other content type is refused, because browsers send those to other origins
// without asking.
func readBody(r *http.Request) ([]byte, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return nil, pipeline.Errorf(pipeline.CodeUnsupportedMedia, "Content-Type", "is %q: send JSON, with Content-Type: application/json",
			r.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, bodyError(err)
	}
	return body, nil
}

func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return pipeline.Errorf(pipeline.CodeTooLarge, "", "the body is larger than %d bytes: send less at a time", tooLarge.Limit)
	}
	return pipeline.Errorf(pipeline.CodeInvalid, "", "the body ended early: %v", err)
}

// decode reads the body into v. A field that v does not have is an error with its name.
func decode(r *http.Request, v any) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return decodeError(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return pipeline.Errorf(pipeline.CodeInvalid, "", "there is more after the end of the JSON document: send one object")
	}
	return nil
}

func decodeError(err error) error {
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		if field, uerr := strconv.Unquote(name); uerr == nil {
			name = field
		}
		return pipeline.Errorf(pipeline.CodeUnknownField, name, "no such field: remove it or correct its spelling")
	}
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return pipeline.Errorf(pipeline.CodeInvalid, mistyped.Field, "is a JSON %s, but a %s is wanted", mistyped.Value, mistyped.Type)
	}
	var known *pipeline.Error
	if errors.As(err, &known) {
		return known
	}
	return pipeline.Errorf(pipeline.CodeInvalid, "", "is not valid JSON: %v", err)
}

// write answers with v as JSON. Values inside v travel verbatim.
func write(w http.ResponseWriter, status int, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // When the client went away, nobody is left to be told.
	return nil
}

// param is a path variable, unescaped.
func param(r *http.Request, name string) string {
	raw := mux.Vars(r)[name]
	if v, err := url.PathUnescape(raw); err == nil {
		return v
	}
	return raw
}

// query reads a request's parameters and remembers the first that is wrong.
type query struct {
	values url.Values
	err    error
}

// queryOf refuses parameters that the route does not know, so that a misspelt filter does not select everything.
func queryOf(r *http.Request, known ...string) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	q := &query{values: values}
	if err != nil {
		q.err = pipeline.Errorf(pipeline.CodeInvalid, "", "the query is malformed: %v", err)
	}
	for name := range values {
		if !contains(known, name) {
			q.err = pipeline.Errorf(pipeline.CodeUnknownField, name, "no such parameter: this route takes %s", strings.Join(known, ", "))
		}
	}
	return q
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

func (q *query) has(name string) bool { return q.values.Get(name) != "" }

func (q *query) text(name string, most int) string {
	v := q.values.Get(name)
	if len(v) > most {
		q.fail(name, "is longer than %d bytes", most)
	}
	return v
}

func (q *query) number(name string, least, most, otherwise int64) int64 {
	v := q.values.Get(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < least || n > most {
		q.fail(name, "is %q, but must be a number between %d and %d", v, least, most)
	}
	return n
}

func (q *query) bool(name string) bool {
	v := q.values.Get(name)
	if v == "" {
		return false
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		q.fail(name, "is %q, but must be true or false", v)
	}
	return b
}

func (q *query) time(name string) *time.Time {
	v := q.values.Get(name)
	if v == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		q.fail(name, "is %q, but must be a time like 2026-01-31T12:00:00Z", v)
	}
	return &t
}

func (q *query) fail(name, format string, args ...any) {
	if q.err == nil {
		q.err = pipeline.Errorf(pipeline.CodeInvalid, name, format, args...)
	}
}
