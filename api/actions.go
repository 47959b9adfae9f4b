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
	name := param(r, "name")
	now, err := a.options.Pipelines.Get(r.Context(), name)
	if err != nil {
		return err
	}
	then, err := a.options.History.Revision(r.Context(), name, in.Revision)
	if err != nil {
		return err
	}
	spec := then.Spec
	spec.Name, spec.State = now.Name, now.State
	p, err := a.options.Pipelines.Update(r.Context(), name, now.Revision, spec, actor(r))
	if err != nil {
		return err
	}
	return a.saved(w, http.StatusOK, p)
}

func (a *API) restart(w http.ResponseWriter, r *http.Request) error {
	return a.operate(w, r, a.options.Operations.Restart)
}

func (a *API) drain(w http.ResponseWriter, r *http.Request) error {
	return a.operate(w, r, a.options.Operations.Drain)
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
	return a.operate(w, r, func(ctx context.Context, name string) error { return a.options.Operations.Replay(ctx, name, to) })
}

// operate does something to a pipeline that exists, and answers with what is seen of it then.
func (a *API) operate(w http.ResponseWriter, r *http.Request, do func(context.Context, string) error) error {
	name := param(r, "name")
	if _, err := a.options.Pipelines.Get(r.Context(), name); err != nil {
		return err
	}
	if err := do(r.Context(), name); err != nil {
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
