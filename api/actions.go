package api

import (
	"context"
	"net/http"

	"github.com/inflect-dev/inflect/pipeline"
)

func (a *API) setState(state pipeline.State) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := a.options.States.SetState(r.Context(), param(r, "name"), state, actor(r))
		if err != nil {
			return err
		}
		return a.saved(w, http.StatusOK, p)
	}
}

func (a *API) rollback(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Revision int64 `json:"revision"`
	}
	if err := decode(r, &in); err != nil {
		return err
	}
	if in.Revision < 1 {
		return pipeline.Errorf(pipeline.CodeInvalid, "revision", "is missing: name the revision to go back to")
	}
	var wanted int64
	if r.Header.Get("If-Match") != "" {
		var err error
		if wanted, err = ifMatch(r); err != nil {
			return err
		}
	}
	p, err := a.options.History.Rollback(r.Context(), param(r, "name"), in.Revision, wanted, actor(r))
	if err != nil {
		return err
	}
	return a.saved(w, http.StatusOK, p)
}

func (a *API) restart(w http.ResponseWriter, r *http.Request) error {
	return a.operate(w, r, "restart", nil, a.options.Operations.Restart)
}

func (a *API) drain(w http.ResponseWriter, r *http.Request) error {
	return a.operate(w, r, "drain", nil, a.options.Operations.Drain)
}

func (a *API) replay(w http.ResponseWriter, r *http.Request) error {
	var to pipeline.Replay
	if err := decode(r, &to); err != nil {
		return err
	}
	given := 0
	for _, set := range []bool{to.Time != nil, to.Offset != nil, to.Beginning} {
		if set {
			given++
		}
	}
	if given != 1 {
		return pipeline.Errorf(pipeline.CodeInvalid, "", "name exactly one of time, offset and beginning: true")
	}
	if to.Offset != nil && *to.Offset < 0 {
		return pipeline.Errorf(pipeline.CodeInvalid, "offset", "must not be negative")
	}
	return a.operate(w, r, "replay", to, func(ctx context.Context, name string) error { return a.options.Operations.Replay(ctx, name, to) })
}

// operate does something to a pipeline that exists, puts it into the audit, and answers with what is seen of it then.
func (a *API) operate(w http.ResponseWriter, r *http.Request, action string, details any, do func(context.Context, string) error) error {
	name := param(r, "name")
	if _, err := a.options.Pipelines.Get(r.Context(), name); err != nil {
		return err
	}
	if err := do(r.Context(), name); err != nil {
		return err
	}
	if err := a.options.Audit.Note(r.Context(), name, actor(r), action, details); err != nil {
		return err
	}
	return a.status(w, r)
}

func (a *API) status(w http.ResponseWriter, r *http.Request) error {
	s, err := a.options.Engines.Status(r.Context(), param(r, "name"))
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, shown(s))
}

func (a *API) config(w http.ResponseWriter, r *http.Request) error {
	text, err := a.options.Engines.Config(r.Context(), param(r, "name"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/yaml")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(text)
	return nil
}
