package transforms

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	esbuild "github.com/evanw/esbuild/pkg/api"
)

// Script is a module as the engine runs it.
type Script struct {
	// Body is the module's text as the body of a function, strict code without imports and exports.
	Body string
	// Exports leads from what the module exports to the names of it in Body.
	Exports []Export
	// Map is the source map of Body, version 3, with the sources' text.
	Map []byte
	// Shift is how many columns the first line of the source stands further right in the map than the author wrote it.
	Shift int
}

// Export is one export of a module.
type Export struct {
	Name string
	// Local is the variable, or the expression, that holds it.
	Local string
}

// Has reports whether the module exports that name.
func (s Script) Has(name string) bool {
	return slices.ContainsFunc(s.Exports, func(e Export) bool { return e.Name == name })
}

// Code is the script as one function expression. Each call evaluates the module anew and returns an object with its
// exports. last is put before its end. The body begins on the second line.
func (s Script) Code(last string) string {
	var b strings.Builder
	b.WriteString(ScriptHead)
	b.WriteString(s.Body)
	b.WriteString(last)
	b.WriteString("return {")
	for _, e := range s.Exports {
		fmt.Fprintf(&b, "%q: %s, ", e.Name, e.Local)
	}
	b.WriteString("};\n})")
	return b.String()
}

// ScriptHead stands before the body in [Script.Code], on a line of its own.
const ScriptHead = "(function ($seal) {\n"

// InlineHead is what turns a bare function expression into a module. It stands before the author's first line in the
// source map of such a [Script].
const InlineHead = "export default ("

// Compile turns the text of an ES module (a bundle, or code written inline, in TypeScript if need be) or of a bare
// function expression into a Script. Errors are of type *[Error] and name the places in the author's source.
func Compile(name, code string) (Script, error) {
	if _, ok := sourceMap(code); ok {
		return build(name, code, esbuild.LoaderJS, 0)
	}
	var err error
	if looksLikeModule(code) {
		var s Script
		if s, err = build(name, code, esbuild.LoaderTS, 0); err == nil && len(s.Exports) > 0 {
			return s, nil
		}
	}
	bare := strings.TrimRight(strings.TrimSpace(code), "; \t\r\n")
	lead := code[:len(code)-len(strings.TrimLeft(code, " \t\r\n"))]
	wrapped, werr := build(name, lead+InlineHead+bare+"\n)", esbuild.LoaderTS, len(InlineHead))
	if werr == nil {
		return wrapped, nil
	}
	if err == nil && declares(code) {
		return Script{}, badf(name, "exports nothing: write one function expression, (event) => …, or a module with export default")
	}
	if err != nil {
		return Script{}, err
	}
	var e *Error
	if last := strings.Count(lead+bare, "\n") + 1; errors.As(werr, &e) && e.Line > last {
		e.Message, e.Line, e.Column, e.Frame = "unexpected end of the code", last, 1, ""
	}
	return Script{}, werr
}

var (
	moduleForm  = regexp.MustCompile(`\bexport\s*(default|const|let|var|function|async|class|\{|\*)|(?m:^)\s*import\b`)
	declareForm = regexp.MustCompile(`^\s*(const|let|var|class|import)\b`)
)

// looksLikeModule reports whether the code may be more than one function expression.
func looksLikeModule(code string) bool { return moduleForm.MatchString(code) }

// declares reports whether the code begins with a declaration, which no expression does.
func declares(code string) bool { return declareForm.MatchString(code) }

func build(name, code string, loader esbuild.Loader, shift int) (Script, error) {
	result := esbuild.Build(scriptOptions(name, code, loader))
	if len(result.Errors) > 0 {
		return Script{}, buildError(result.Errors, shift)
	}
	s := Script{Shift: shift}
	for _, f := range result.OutputFiles {
		if strings.HasSuffix(f.Path, ".map") {
			s.Map = f.Contents
		} else {
			s.Body, s.Exports = splitExports(string(f.Contents))
		}
	}
	return s, nil
}

var (
	exportList    = regexp.MustCompile(`(?:^|\n)export \{\n((?:  .*\n)+)\};\s*$`)
	exportItem    = regexp.MustCompile(`^  (\S+?)(?: as (.+?))?,?$`)
	exportDefault = regexp.MustCompile(`(?:^|\n)export default (.+);\s*$`)
)

// splitExports takes off the export statement with which the bundler ends a module.
func splitExports(text string) (body string, exports []Export) {
	if at := exportDefault.FindStringSubmatchIndex(text); at != nil {
		return text[:at[0]] + "\n", []Export{{DefaultExport, text[at[2]:at[3]]}}
	}
	at := exportList.FindStringSubmatchIndex(text)
	if at == nil {
		return text, nil
	}
	for line := range strings.Lines(text[at[2]:at[3]]) {
		g := exportItem.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if g == nil {
			continue
		}
		name := g[2]
		if name == "" {
			name = g[1]
		} else if unquoted, err := strconv.Unquote(name); err == nil {
			name = unquoted
		}
		exports = append(exports, Export{name, g[1]})
	}
	return text[:at[0]] + "\n", exports
}

func scriptOptions(name, code string, loader esbuild.Loader) esbuild.BuildOptions {
	return esbuild.BuildOptions{
		Stdin:          &esbuild.StdinOptions{Contents: code, Sourcefile: name, Loader: loader},
		AbsWorkingDir:  "/",
		Outfile:        "/script.js",
		Bundle:         true,
		Platform:       esbuild.PlatformNeutral,
		Target:         esbuild.ES2022,
		Supported:      unsupported(),
		Format:         esbuild.FormatESModule,
		Sourcemap:      esbuild.SourceMapExternal,
		SourcesContent: esbuild.SourcesContentInclude,
		Charset:        esbuild.CharsetUTF8,
		LogLevel:       esbuild.LogLevelSilent,
		TreeShaking:    esbuild.TreeShakingTrue,
		Plugins:        []esbuild.Plugin{sealed()},
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
