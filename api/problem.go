package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/inflect-dev/inflect/pipeline"
)

// problem is an RFC 9457 problem. Code is what clients rely on, Detail what people read.
type problem struct {
	Type      string          `json:"type"`
	Title     string          `json:"title"`
	Status    int             `json:"status"`
	Code      pipeline.Code   `json:"code"`
	Detail    string          `json:"detail"`
	Field     string          `json:"field,omitempty"`
	Errors    pipeline.Errors `json:"errors,omitempty"`
	RequestID string          `json:"request_id,omitempty"`
}

// statusOf is the one place that turns codes into HTTP statuses.
var statusOf = map[pipeline.Code]int{
	pipeline.CodeInvalid:          http.StatusBadRequest,
	pipeline.CodeUnknownField:     http.StatusBadRequest,
	pipeline.CodeUnknownTopic:     http.StatusUnprocessableEntity,
	pipeline.CodeUnknownSchema:    http.StatusUnprocessableEntity,
	pipeline.CodeUnknownTransform: http.StatusUnprocessableEntity,
	pipeline.CodeBadTransform:     http.StatusUnprocessableEntity,
	pipeline.CodeOutsideDirectory: http.StatusUnprocessableEntity,
	pipeline.CodeMissingTopic:     http.StatusUnprocessableEntity,
	pipeline.CodeRejected:         http.StatusUnprocessableEntity,
	pipeline.CodeUnauthenticated:  http.StatusUnauthorized,
	pipeline.CodeForbidden:        http.StatusForbidden,
	pipeline.CodeNotFound:         http.StatusNotFound,
	pipeline.CodeMethodNotAllowed: http.StatusMethodNotAllowed,
	pipeline.CodeExists:           http.StatusConflict,
	pipeline.CodeStale:            http.StatusPreconditionFailed,
	pipeline.CodeTooLarge:         http.StatusRequestEntityTooLarge,
	pipeline.CodeUnsupportedMedia: http.StatusUnsupportedMediaType,
	pipeline.CodePrecondition:     http.StatusPreconditionRequired,
	pipeline.CodeInternal:         http.StatusInternalServerError,
	pipeline.CodeUnavailable:      http.StatusServiceUnavailable,
}

// fail answers with the problem that err is. What is no pipeline error is nobody's business but the log's.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	p.RequestID = requestID(r.Context())
	if p.Status == http.StatusInternalServerError {
		a.log.ErrorContext(r.Context(), "request failed", "error", err, "request_id", p.RequestID, "method", r.Method, "path", r.URL.Path)
	}
	if p.Code == pipeline.CodeUnauthenticated {
		w.Header().Set("WWW-Authenticate", `Bearer realm="inflect"`)
	}
	body, merr := json.Marshal(p)
	if merr != nil {
		body = []byte(`{"type":"about:blank","title":"Internal Server Error","status":500,"code":"internal","detail":"see the server's log"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Del("ETag")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n'))
}

func problemOf(err error) problem {
	p := problem{Type: "about:blank", Code: pipeline.CodeInternal, Detail: "something went wrong here; the server's log has it under this request's id"}
	var one *pipeline.Error
	var all pipeline.Errors
	switch {
	case errors.As(err, &all) && len(all) > 0:
		p.Code, p.Errors = all[0].Code, all
		p.Detail, p.Field = all.Error(), all[0].Field
	case errors.As(err, &one):
		p.Code, p.Detail, p.Field = one.Code, one.Error(), one.Field
		if one.File != "" {
			p.Errors = pipeline.Errors{one}
		}
	case errors.Is(err, context.DeadlineExceeded):
		p.Code, p.Detail = pipeline.CodeUnavailable, "this took too long; try again, or ask for less"
	}
	status, known := statusOf[p.Code]
	if !known || p.Code == pipeline.CodeInternal {
		status, p.Code = http.StatusInternalServerError, pipeline.CodeInternal
	}
	p.Status, p.Title = status, http.StatusText(status)
	return p
}

// unavailable says that this server was started without a part that the request needs.
func unavailable(what string) error {
	return pipeline.Errorf(pipeline.CodeUnavailable, "", "this server has no %s: it was started without one", what)
}
