package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/inflect-dev/inflect/pipeline"
)

// listed is a pipeline of a list with what is seen of it.
type listed struct {
	pipeline.Pipeline
	Status pipeline.Status `json:"status"`
}

func (a *API) listPipelines(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r, "search", "state", "owner", "label", "cursor", "limit")
	query := pipeline.Query{Search: q.text("search", 200), State: pipeline.State(q.text("state", 20)), Owner: q.text("owner", 200),
		Cursor: q.text("cursor", 500), Limit: int(q.number("limit", 1, 500, 100))}
	switch query.State {
	case "", pipeline.Running, pipeline.Paused, pipeline.Stopped:
	default:
		q.fail("state", "is %q, but must be one of running, paused, stopped", query.State)
	}
	for _, l := range q.values["label"] {
		name, value, ok := strings.Cut(l, "=")
		if !ok {
			q.fail("label", "is %q, but must be name=value", l)
		}
		if query.Labels == nil {
			query.Labels = map[string]string{}
		}
		query.Labels[name] = value
	}
	if q.err != nil {
		return q.err
	}
	found, err := a.options.Pipelines.List(r.Context(), query)
	if err != nil {
		return err
	}
	statuses, err := a.options.Engines.Statuses(r.Context())
	if err != nil {
		return err
	}
	out := pipeline.Page[listed]{Next: found.Next}
	for _, p := range found.Items {
		out.Items = append(out.Items, listed{p, statusOrPending(p, statuses)})
	}
	return write(w, http.StatusOK, page(out))
}

// statusOrPending is a pipeline's status; one that nobody has looked at yet is pending.
func statusOrPending(p pipeline.Pipeline, statuses map[string]pipeline.Status) pipeline.Status {
	if s, ok := statuses[p.Name]; ok {
		// Who looks at engines may not have heard yet of what was saved a moment ago.
		if s.Revision < p.Revision {
			s.Revision, s.State = p.Revision, p.WithDefaults().State
		}
		return shown(s)
	}
	return shown(pipeline.Status{Name: p.Name, State: p.WithDefaults().State, Phase: pipeline.PhasePending, Revision: p.Revision, UpdatedAt: p.UpdatedAt})
}

// shown has empty lists where there would be null. What it is given is shared and left as it is.
func shown(s pipeline.Status) pipeline.Status {
	s.Instances = append([]pipeline.Instance{}, s.Instances...)
	for i, in := range s.Instances {
		if in.Partitions == nil {
			s.Instances[i].Partitions = []pipeline.Partition{}
		}
	}
	if s.LastErrors == nil {
		s.LastErrors = []pipeline.LastError{}
	}
	return s
}

func page[T any](p pipeline.Page[T]) pipeline.Page[T] {
	if p.Items == nil {
		p.Items = []T{}
	}
	return p
}

func (a *API) createPipeline(w http.ResponseWriter, r *http.Request) error {
	spec, err := a.checkedSpec(r)
	if err != nil {
		return err
	}
	p, err := a.options.Pipelines.Create(r.Context(), spec, actor(r))
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/pipelines/"+p.Name)
	return a.saved(w, http.StatusCreated, p)
}

func (a *API) getPipeline(w http.ResponseWriter, r *http.Request) error {
	p, err := a.options.Pipelines.Get(r.Context(), param(r, "name"))
	if err != nil {
		return err
	}
	return a.saved(w, http.StatusOK, p)
}

func (a *API) updatePipeline(w http.ResponseWriter, r *http.Request) error {
	revision, err := ifMatch(r)
	if err != nil {
		return err
	}
	spec, err := a.checkedSpec(r)
	if err != nil {
		return err
	}
	if name := param(r, "name"); spec.Name != name {
		return pipeline.Errorf(pipeline.CodeInvalid, "name", "is %q, but the pipeline is called %q: a name cannot be changed", spec.Name, name)
	}
	before, err := a.options.Pipelines.Get(r.Context(), spec.Name)
	if err != nil {
		return err
	}
	p, err := a.options.Pipelines.Update(r.Context(), spec.Name, revision, spec, actor(r))
	if err == nil && p.Revision == before.Revision {
		p, err = a.renewed(r.Context(), p, actor(r))
	}
	if err != nil {
		return err
	}
	return a.saved(w, http.StatusOK, p)
}

// renewed is a pipeline whose spec was saved as it was: at a new revision when the files of its steps have changed since the
// present one was built.
func (a *API) renewed(ctx context.Context, p pipeline.Pipeline, actor string) (pipeline.Pipeline, error) {
	now, err := a.options.History.Revision(ctx, p.Name, p.Revision)
	if err != nil {
		return p, err
	}
	hash, err := a.options.Checker.CodeHash(ctx, p.Spec)
	if err != nil {
		return p, err
	}
	if now.BundleHash == "" || now.BundleHash == hash { // Without one it was never built, and will be of what is there.
		return p, nil
	}
	if err := a.options.States.Touch(ctx, p.Name, p.Revision, actor, "transforms_changed", nil); err != nil {
		return p, err
	}
	return a.options.Pipelines.Get(ctx, p.Name)
}

func (a *API) deletePipeline(w http.ResponseWriter, r *http.Request) error {
	revision, err := ifMatch(r)
	if err != nil {
		return err
	}
	if err := a.options.States.Delete(r.Context(), param(r, "name"), revision, actor(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// saved answers with a pipeline and its ETag.
func (a *API) saved(w http.ResponseWriter, status int, p pipeline.Pipeline) error {
	w.Header().Set("ETag", `"`+strconv.FormatInt(p.Revision, 10)+`"`)
	return write(w, status, p)
}

// checkedSpec is the request's spec when nothing but warnings is wrong with it. What could not be looked up because a
// neighbour is away does not keep it from being saved: the change gate looks again before anything runs.
func (a *API) checkedSpec(r *http.Request) (pipeline.Spec, error) {
	body, err := readBody(r)
	if err != nil {
		return pipeline.Spec{}, err
	}
	spec, err := pipeline.Parse(body)
	if err != nil {
		return pipeline.Spec{}, err
	}
	if errs := spec.Validate(); len(errs) > 0 {
		return pipeline.Spec{}, errs
	}
	var wrong pipeline.Errors
	for _, e := range a.options.Checker.Validate(r.Context(), spec).Fatal() {
		if e.Code != pipeline.CodeUnavailable {
			wrong = append(wrong, e)
		}
	}
	if len(wrong) > 0 {
		return pipeline.Spec{}, wrong
	}
	return spec, nil
}

// ifMatch is the revision that the client has read, 0 for any.
func ifMatch(r *http.Request) (int64, error) {
	v := strings.TrimSpace(r.Header.Get("If-Match"))
	switch v {
	case "":
		return 0, pipeline.Errorf(pipeline.CodePrecondition, "If-Match", "is missing: send the ETag that you have read, or * for whatever is there")
	case "*":
		return 0, nil
	}
	digits, quoted := strings.CutPrefix(v, `"`)
	digits, closed := strings.CutSuffix(digits, `"`)
	revision, err := strconv.ParseInt(digits, 10, 64)
	if !quoted || !closed || err != nil || revision < 1 {
		return 0, pipeline.Errorf(pipeline.CodeStale, "If-Match", "%s is no ETag of this pipeline: read it again and send what it has", v)
	}
	return revision, nil
}
