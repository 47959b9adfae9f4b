package transforms

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/dop251/goja"
	esbuild "github.com/evanw/esbuild/pkg/api"
)

// evaluationTime bounds how long a file may take to be evaluated for its list of exports.
const evaluationTime = time.Second

// export is one exported function with the schema of its parameters.
type export struct {
	Name   string          `json:"name"`
	Params json.RawMessage `json:"params"`
}

// survey lists a module's exported functions as JSON.
const survey = `(function (m) {
  return JSON.stringify(Object.keys(m).filter((name) => typeof m[name] === 'function').map((name) => {
    const params = m[name + 'Params'] ?? m.params;
    return params !== null && typeof params === 'object' ? { name, params } : { name };
  }));
})`

// named are the exports of a file that needs more of the engine's library than there is here: by their names.
func named(list []Export) (exports []export) {
	for _, e := range list {
		if e.Name != "params" && !strings.HasSuffix(e.Name, "Params") {
			exports = append(exports, export{Name: e.Name})
		}
	}
	return exports
}

// evaluate runs a file in a runtime of its own, which has no way to anything outside of it, and lists what it exports.
func evaluate(root, file string) ([]export, error) {
	o := options(root, nil)
	o.EntryPoints = []string{"./" + file}
	o.Sourcemap, o.Metafile = esbuild.SourceMapNone, false
	result := esbuild.Build(o)
	if len(result.Errors) > 0 {
		return nil, buildError(result.Errors, 0)
	}
	vm := goja.New()
	vm.SetMaxCallStackSize(1000)
	timer := time.AfterFunc(evaluationTime, func() { vm.Interrupt("timeout") })
	defer timer.Stop()
	var s Script
	s.Body, s.Exports = splitExports(string(result.OutputFiles[0].Contents))
	module, err := vm.RunScript(file, s.Code("")+"()")
	var interrupted *goja.InterruptedError
	switch {
	case errors.As(err, &interrupted):
		return nil, badf(file, "does not finish loading within %s: look for a loop outside of its functions", evaluationTime)
	case err != nil:
		return named(s.Exports), nil
	}
	v, err := vm.RunString(survey)
	if err != nil {
		return nil, badf(file, "cannot be listed: %v", err)
	}
	list, _ := goja.AssertFunction(v)
	text, err := list(goja.Undefined(), module)
	if err != nil {
		return nil, badf(file, "its parameters cannot be read: %v", err)
	}
	var exports []export
	if err := json.Unmarshal([]byte(text.String()), &exports); err != nil {
		return nil, badf(file, "its parameters cannot be read: %v", err)
	}
	slices.SortFunc(exports, func(a, b export) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return exports, nil
}
