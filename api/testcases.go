package api

import (
	"net/http"

	"github.com/inflect-dev/inflect/pipeline"
)

func (a *API) listTestCases(w http.ResponseWriter, r *http.Request) error {
	if a.options.TestCases == nil {
		return unavailable("test cases")
	}
	all, err := a.options.TestCases.TestCases(r.Context(), param(r, "name"))
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, page(pipeline.Page[pipeline.TestCase]{Items: all}))
}

func (a *API) saveTestCase(w http.ResponseWriter, r *http.Request) error {
	if a.options.TestCases == nil {
		return unavailable("test cases")
	}
	var c pipeline.TestCase
	if err := decode(r, &c); err != nil {
		return err
	}
	name := param(r, "case")
	switch {
	case c.Name != name:
		return pipeline.Errorf(pipeline.CodeInvalid, "name", "is %q, but the address names %q", c.Name, name)
	case len(name) > 100:
		return pipeline.Errorf(pipeline.CodeInvalid, "name", "is longer than 100 bytes")
	case len(c.Expect) > 0 && len(c.Expect) != len(c.Events):
		return pipeline.Errorf(pipeline.CodeInvalid, "expect", "has %d entries for %d events: give one per event, or none", len(c.Expect), len(c.Events))
	}
	if err := checkEvents("events", c.Events, maxEvents); err != nil {
		return err
	}
	if err := a.options.TestCases.SaveTestCase(r.Context(), param(r, "name"), c, actor(r)); err != nil {
		return err
	}
	return write(w, http.StatusOK, c)
}

func (a *API) deleteTestCase(w http.ResponseWriter, r *http.Request) error {
	if a.options.TestCases == nil {
		return unavailable("test cases")
	}
	if err := a.options.TestCases.DeleteTestCase(r.Context(), param(r, "name"), param(r, "case"), actor(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
