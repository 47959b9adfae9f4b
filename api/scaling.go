package api

import (
	"net/http"

	"github.com/inflect-dev/inflect/pipeline"
)

// scale is how a pipeline is scaled, with one page of how it came to be.
type scale struct {
	pipeline.Scale
	History []pipeline.ScalingChange `json:"history"`
	Next    string                   `json:"next,omitempty"`
}

func (a *API) getScaling(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r, "cursor", "limit")
	cursor, limit := q.text("cursor", 500), int(q.number("limit", 1, 500, 100))
	if q.err != nil {
		return q.err
	}
	if a.options.Scaling == nil {
		return unavailable("scaling")
	}
	name := param(r, "name")
	now, err := a.options.Scaling.Scale(r.Context(), name)
	if err != nil {
		return err
	}
	history, err := a.options.Scaling.ScalingChanges(r.Context(), name, cursor, limit)
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, scale{Scale: now, History: page(history).Items, Next: history.Next})
}
