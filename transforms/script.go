package transforms

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	esbuild "github.com/evanw/esbuild/pkg/api"
)

// Script is a module as the engine runs it.
type Script struct {
	// Code is one function expression without parameters. Each call of it evaluates the module anew and returns an
	// object with its exports.
	Code string
	// Map is the source map of Code, version 3, with the sources' text.
	Map []byte
	// Exports are the names that the module exports.
	Exports []string
	// Shift is how many columns the first line of the source stands further right in the map than the author wrote it.
	Shift int
}

// The text around a module that makes it the body of a function.
const (
	scriptHead = "(function () {"
	scriptTail = "\nreturn $module;\n})"
)

// InlineHead is what turns a bare function expression into a module. It stands before the author's first line in the
// source map of such a [Script].
const InlineHead = "export default ("

// Compile turns the text of an ES module (a bundle, or code written inline, in TypeScript if need be) or of a bare
// function expression into a Script. Errors are of type *[Error] and name the places in the author's source.
func Compile(name, code string) (Script, error) {
	if _, ok := sourceMap(code); ok {
		return build(name, code, esbuild.LoaderJS, 0)
	}
	s, err := build(name, code, esbuild.LoaderTS, 0)
	if err == nil && len(s.Exports) > 0 {
		return s, nil
	}
	bare := strings.TrimRight(strings.TrimSpace(code), "; \t\r\n")
	lead := code[:len(code)-len(strings.TrimLeft(code, " \t\r\n"))]
	wrapped, werr := build(name, lead+InlineHead+bare+"\n)", esbuild.LoaderTS, len(InlineHead))
	if werr == nil {
		return wrapped, nil
	}
	if err == nil {
		return Script{}, badf(name, "exports nothing: write one function expression, (event) => …, or a module with export default")
	}
	if looksLikeModule(code) {
		return Script{}, err
	}
	var e *Error
	if last := strings.Count(lead+bare, "\n") + 1; errors.As(werr, &e) && e.Line > last {
		e.Message, e.Line, e.Column, e.Frame = "unexpected end of the code", last, 1, ""
	}
	return Script{}, werr
}

func looksLikeModule(code string) bool {
	return strings.Contains(code, "export ") || strings.Contains(code, "import ")
}

func build(name, code string, loader esbuild.Loader, shift int) (Script, error) {
	exports, err := exported(name, code, loader, shift)
	if err != nil || len(exports) == 0 {
		return Script{}, err
	}
	o := scriptOptions(name, code, loader)
	o.Format, o.GlobalName = esbuild.FormatIIFE, "$module"
	o.Sourcemap, o.SourcesContent = esbuild.SourceMapExternal, esbuild.SourcesContentInclude
	result := esbuild.Build(o)
	if len(result.Errors) > 0 {
		return Script{}, buildError(result.Errors, shift)
	}
	s := Script{Exports: exports, Shift: shift}
	for _, f := range result.OutputFiles {
		if strings.HasSuffix(f.Path, ".map") {
			s.Map = f.Contents
		} else {
			s.Code = scriptHead + string(f.Contents) + scriptTail
		}
	}
	return s, nil
}

// exported is what a module exports. The bundler tells it only of modules that stay modules.
func exported(name, code string, loader esbuild.Loader, shift int) ([]string, error) {
	o := scriptOptions(name, code, loader)
	o.Format, o.Metafile = esbuild.FormatESModule, true
	result := esbuild.Build(o)
	if len(result.Errors) > 0 {
		return nil, buildError(result.Errors, shift)
	}
	var meta struct {
		Outputs map[string]struct {
			Exports []string `json:"exports"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		return nil, fmt.Errorf("reading the bundler's list of exports: %w", err)
	}
	var names []string
	for _, o := range meta.Outputs {
		names = append(names, o.Exports...)
	}
	slices.Sort(names)
	return names, nil
}

func scriptOptions(name, code string, loader esbuild.Loader) esbuild.BuildOptions {
	return esbuild.BuildOptions{
		Stdin:         &esbuild.StdinOptions{Contents: code, Sourcefile: name, Loader: loader},
		AbsWorkingDir: "/",
		Outfile:       "/script.js",
		Bundle:        true,
		Platform:      esbuild.PlatformNeutral,
		Target:        esbuild.ES2022,
		Supported:     unsupported(),
		Charset:       esbuild.CharsetUTF8,
		LogLevel:      esbuild.LogLevelSilent,
		TreeShaking:   esbuild.TreeShakingTrue,
		Plugins:       []esbuild.Plugin{sealed()},
	}
}

// sealed refuses imports: the text has to be complete.
func sealed() esbuild.Plugin {
	return esbuild.Plugin{Name: "complete", Setup: func(b esbuild.PluginBuild) {
		b.OnResolve(esbuild.OnResolveOptions{Filter: ".*"}, func(a esbuild.OnResolveArgs) (esbuild.OnResolveResult, error) {
			if a.Kind == esbuild.ResolveEntryPoint {
				return esbuild.OnResolveResult{}, nil
			}
			return esbuild.OnResolveResult{}, fmt.Errorf("inline code cannot import %q: put it into a file of the transform directory", a.Path)
		})
	}}
}

const mapMark = "//# sourceMappingURL=data:application/json;base64,"

// sourceMap is the inline source map at the end of code.
func sourceMap(code string) (string, bool) {
	i := strings.LastIndex(code, mapMark)
	if i < 0 {
		return "", false
	}
	return strings.TrimSpace(code[i+len(mapMark):]), true
}
