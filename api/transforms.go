package api

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/transforms"
)

// directoryAge is how long a list of functions is good for; reading it bundles every file.
const directoryAge = time.Second

// Directory is the functions of a directory of JavaScript and TypeScript.
type Directory struct {
	path string

	mu        sync.Mutex
	until     time.Time
	functions []pipeline.Function
	problems  pipeline.Errors
}

// NewDirectory reads path when it is first asked.
func NewDirectory(path string) *Directory { return &Directory{path: path} }

// Functions is every function that can be used, and what is wrong with the files that cannot.
func (d *Directory) Functions(context.Context) ([]pipeline.Function, pipeline.Errors, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Now().Before(d.until) {
		return d.functions, d.problems, nil
	}
	found, err := transforms.List(d.path)
	problems, err := problemsOf(err)
	if err != nil {
		return nil, nil, err
	}
	functions := make([]pipeline.Function, len(found))
	for i, f := range found {
		functions[i] = pipeline.Function{ID: f.ID, File: f.File, Export: f.Export, Kind: pipeline.Kind(f.Kind), Doc: f.Doc, Params: f.Params, Source: f.Source}
	}
	d.functions, d.problems, d.until = functions, problems, time.Now().Add(directoryAge)
	return functions, problems, nil
}

// problemsOf takes apart what List joined.
func problemsOf(err error) (pipeline.Errors, error) {
	var out pipeline.Errors
	all := []error{err}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		all = joined.Unwrap()
	}
	for _, err := range all {
		var bad *transforms.Error
		switch {
		case err == nil:
		case errors.As(err, &bad):
			out = append(out, &pipeline.Error{Code: pipeline.Code(bad.Code), Message: bad.Message, File: bad.File, Line: bad.Line, Column: bad.Column})
		default:
			return nil, err
		}
	}
	return out, nil
}
