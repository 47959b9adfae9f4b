package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/inflect-dev/inflect/pipeline"
)

// cut is one page of a sorted list: what comes after the cursor and holds the searched text.
func cut[T any](all []T, name func(T) string, q *query) (pipeline.Page[T], error) {
	search, cursor := strings.ToLower(q.text("search", 200)), q.text("cursor", 500)
	limit := int(q.number("limit", 1, 500, 100))
	if q.err != nil {
		return pipeline.Page[T]{}, q.err
	}
	slices.SortFunc(all, func(x, y T) int { return strings.Compare(name(x), name(y)) })
	out := pipeline.Page[T]{Items: []T{}}
	for _, item := range all {
		n := name(item)
		if n <= cursor && cursor != "" || !strings.Contains(strings.ToLower(n), search) {
			continue
		}
		if len(out.Items) == limit {
			out.Next = name(out.Items[limit-1])
			break
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

func (a *API) listSchemas(w http.ResponseWriter, r *http.Request) error {
	if a.options.Schemas == nil {
		return unavailable("schema registry")
	}
	q := queryOf(r, "search", "cursor", "limit")
	names, err := a.options.Schemas.Subjects(r.Context())
	if err != nil {
		return err
	}
	type subject struct {
		Subject string `json:"subject"`
	}
	all := make([]subject, len(names))
	for i, name := range names {
		all[i].Subject = name
	}
	out, err := cut(all, func(s subject) string { return s.Subject }, q)
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, out)
}

func (a *API) getSubject(w http.ResponseWriter, r *http.Request) error {
	if a.options.Schemas == nil {
		return unavailable("schema registry")
	}
	s, err := a.options.Schemas.Subject(r.Context(), param(r, "subject"))
	if err != nil {
		return asNotFound(err)
	}
	if s.UsedBy, err = a.uses(r.Context(), func(ref reference) bool { return ref.subject == s.Subject }); err != nil {
		return err
	}
	if s.Versions == nil {
		s.Versions = []int{}
	}
	if s.Latest.References == nil {
		s.Latest.References = []pipeline.SchemaReference{}
	}
	return write(w, http.StatusOK, s)
}

func (a *API) getSchema(w http.ResponseWriter, r *http.Request) error {
	if a.options.Schemas == nil {
		return unavailable("schema registry")
	}
	s, err := a.options.Schemas.Resolve(r.Context(), param(r, "subject"), pipeline.Version(param(r, "version")))
	if err != nil {
		return asNotFound(err)
	}
	if s.References == nil {
		s.References = []pipeline.SchemaReference{}
	}
	return write(w, http.StatusOK, s)
}

func (a *API) listTransforms(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r, "search")
	search := strings.ToLower(q.text("search", 200))
	if q.err != nil {
		return q.err
	}
	functions, errs, err := a.functions(r)
	if err != nil {
		return err
	}
	items := []usedFunction{}
	for _, f := range functions {
		if strings.Contains(strings.ToLower(f.ID+"\n"+f.Doc), search) {
			f.Source = ""
			items = append(items, f)
		}
	}
	if errs == nil {
		errs = pipeline.Errors{}
	}
	return write(w, http.StatusOK, struct {
		Items  []usedFunction  `json:"items"`
		Errors pipeline.Errors `json:"errors"`
	}{items, errs})
}

func (a *API) getTransform(w http.ResponseWriter, r *http.Request) error {
	functions, _, err := a.functions(r)
	if err != nil {
		return err
	}
	id := param(r, "id")
	for _, f := range functions {
		if f.ID == id {
			return write(w, http.StatusOK, f)
		}
	}
	return pipeline.Errorf(pipeline.CodeNotFound, "id", "there is no transform %q: write it as file.ts#export, with # escaped as %%23", id)
}

// usedFunction is a function with the steps that name it.
type usedFunction struct {
	pipeline.Function
	UsedBy []pipeline.Use `json:"used_by"`
}

func (a *API) functions(r *http.Request) ([]usedFunction, pipeline.Errors, error) {
	if a.options.Transforms == nil {
		return nil, nil, unavailable("transform directory")
	}
	all, errs, err := a.options.Transforms.Functions(r.Context())
	if err != nil {
		return nil, nil, err
	}
	byTransform := map[string][]pipeline.Use{}
	err = a.references(r.Context(), func(ref reference) {
		byTransform[ref.transform] = append(byTransform[ref.transform], pipeline.Use{Pipeline: ref.pipeline, As: ref.field})
	})
	if err != nil {
		return nil, nil, err
	}
	out := make([]usedFunction, len(all))
	for i, f := range all {
		used := byTransform[f.ID]
		if used == nil {
			used = []pipeline.Use{}
		}
		out[i] = usedFunction{f, used}
	}
	return out, errs, nil
}

// asNotFound answers 404 for something that the address names; in a spec's field the same error is the spec's.
func asNotFound(err error) error {
	switch code := pipeline.CodeOf(err); code {
	case pipeline.CodeUnknownTopic, pipeline.CodeUnknownSchema:
		return &pipeline.Error{Code: pipeline.CodeNotFound, Message: err.Error()}
	default:
		return err
	}
}
