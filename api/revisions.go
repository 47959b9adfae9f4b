package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// revision is one entry of the history with what it changed.
type revision struct {
	Revision   int64          `json:"revision"`
	Author     string         `json:"author,omitempty"`
	CreatedAt  time.Time      `json:"created_at"`
	BundleHash string         `json:"bundle_hash,omitempty"`
	Applied    bool           `json:"applied"`
	Changes    []change       `json:"changes"`
	Spec       *pipeline.Spec `json:"spec,omitempty"`
}

func (a *API) listRevisions(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r, "cursor", "limit")
	before := q.number("cursor", 1, 1<<62, 1<<62)
	limit := int(q.number("limit", 1, 500, 100))
	if q.err != nil {
		return q.err
	}
	all, err := a.history(r, param(r, "name"))
	if err != nil {
		return err
	}
	out := pipeline.Page[revision]{}
	for i, rev := range all {
		if rev.Revision >= before {
			continue
		}
		if len(out.Items) == limit {
			out.Next = strconv.FormatInt(out.Items[limit-1].Revision, 10)
			break
		}
		entry, err := describe(rev, earlier(all, i))
		if err != nil {
			return err
		}
		out.Items = append(out.Items, entry)
	}
	return write(w, http.StatusOK, page(out))
}

func (a *API) getRevision(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.ParseInt(param(r, "revision"), 10, 64)
	if err != nil || n < 1 {
		return pipeline.Errorf(pipeline.CodeInvalid, "revision", "is %q, but must be a number from 1", param(r, "revision"))
	}
	name := param(r, "name")
	rev, err := a.options.History.Revision(r.Context(), name, n)
	if err != nil {
		return err
	}
	var previous *pipeline.Spec
	if n > 1 {
		before, err := a.options.History.Revision(r.Context(), name, n-1)
		switch {
		case err == nil:
			previous = &before.Spec
		case pipeline.CodeOf(err) != pipeline.CodeNotFound:
			return err
		}
	}
	out, err := describe(rev, previous)
	if err != nil {
		return err
	}
	out.Spec = &rev.Spec
	return write(w, http.StatusOK, out)
}

// history is all revisions of a pipeline, newest first.
func (a *API) history(r *http.Request, name string) ([]pipeline.Revision, error) {
	all, err := a.options.History.Revisions(r.Context(), name)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, pipeline.Errorf(pipeline.CodeNotFound, "name", "there is no pipeline %q", name)
	}
	newestFirst(all)
	return all, nil
}

func earlier(all []pipeline.Revision, i int) *pipeline.Spec {
	if i+1 < len(all) {
		return &all[i+1].Spec
	}
	return nil
}

func describe(rev pipeline.Revision, previous *pipeline.Spec) (revision, error) {
	changes, err := changesOf(previous, rev.Spec)
	if err != nil {
		return revision{}, err
	}
	return revision{Revision: rev.Revision, Author: rev.Author, CreatedAt: rev.CreatedAt, BundleHash: rev.BundleHash,
		Applied: rev.Applied, Changes: changes}, nil
}
