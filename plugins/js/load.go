package js

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"

	"github.com/inflect-dev/inflect/plugins/record"
	"github.com/inflect-dev/inflect/transforms"
)

// The kinds of a step.
const (
	kindTransform = "transform"
	kindFilter    = "filter"
)

// stepConfig is one step as its config names it.
type stepConfig struct {
	name, kind         string
	file, code, export string
	params             json.RawMessage
}

// step is one compiled step. It is shared by all runtimes.
type step struct {
	stepConfig
	stage   string
	program *goja.Program
	source  *source
	// fresh is why the module is evaluated anew for each event, empty when it is evaluated once and frozen.
	fresh string
	// writes counts events that changed the frozen module and had to be run again.
	writes atomic.Int64
}

// maxWrites is how many events may try to change a frozen module before it is evaluated anew for each event.
const maxWrites = 3

// once reports whether the frozen module may be used.
func (s *step) once() bool { return s.fresh == "" && s.writes.Load() < maxWrites }

func (s *step) filter() bool { return s.kind == kindFilter }

// load compiles a step. dir is where file: resolves.
func load(c stepConfig, dir string) (*step, error) {
	script, export, err := compile(c, dir)
	if err != nil {
		return nil, err
	}
	if !script.Has(export) {
		return nil, fmt.Errorf("%s exports nothing called %q", c.origin(), export)
	}
	c.export = export
	s := &step{stepConfig: c, stage: record.StageStep + c.name}
	if s.source, err = newSource(script); err != nil {
		return nil, err
	}
	tree, err := s.parse(script.Code(""))
	if err != nil {
		return nil, err
	}
	found := analyse(tree)
	if err := s.source.refusal(tree, found.problems); err != nil {
		return nil, err
	}
	if s.fresh = found.fresh; s.fresh == "" {
		tree, err = s.parse(script.Code("$seal([" + strings.Join(found.bindings, ", ") + "]);"))
		if err != nil {
			return nil, err
		}
		analyse(tree)
	}
	if s.program, err = goja.CompileAST(tree, true); err != nil {
		return nil, s.syntax(err)
	}
	return s, nil
}

func (s *step) parse(code string) (*ast.Program, error) {
	tree, err := parser.ParseFile(nil, s.stage, code, 0, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, s.syntax(err)
	}
	return tree, nil
}

// syntax is the error for code that esbuild took and the engine does not.
func (s *step) syntax(err error) error {
	var (
		list     parser.ErrorList
		compiler *goja.CompilerSyntaxError
		at       file.Position
	)
	e := &transforms.Error{Code: transforms.CodeBad, File: s.origin(), Message: err.Error()}
	switch {
	case errors.As(err, &list) && len(list) > 0:
		e.Message, at = list[0].Message, list[0].Position
	case errors.As(err, &compiler) && compiler.File != nil:
		e.Message, at = compiler.Message, compiler.File.Position(compiler.Offset)
	default:
		return e
	}
	e.Message = "steps cannot use this: " + e.Message
	if p := s.source.at(at.Line, at.Column); p.line > 0 {
		e.File, e.Line, e.Column, e.Frame = p.file, p.line, p.column, s.source.frame(p)
	}
	return e
}

// refusal is the first problem that does not lie in somebody else's package, where such code may never run.
func (s *source) refusal(tree *ast.Program, problems []problem) error {
	for _, x := range problems {
		pos := tree.File.Position(x.at - tree.File.Base())
		p := s.at(pos.Line, pos.Column)
		if strings.Contains(p.file, "node_modules/") {
			continue
		}
		return &transforms.Error{Code: transforms.CodeBad, File: p.file, Line: p.line, Column: p.column, Message: x.message, Frame: s.frame(p)}
	}
	return nil
}

// origin names the code for people.
func (c stepConfig) origin() string {
	if c.file != "" {
		return c.file
	}
	return "the code of step " + c.name
}

func compile(c stepConfig, dir string) (s transforms.Script, export string, err error) {
	if c.file == "" {
		s, err = transforms.Compile(c.name, c.code)
		export = c.export
		if export == "" {
			export = transforms.DefaultExport
		}
		return s, export, err
	}
	ref := c.file
	if c.export != "" {
		ref += "#" + c.export
	}
	m, err := transforms.Bundle(dir, ref)
	if err != nil {
		return s, "", err
	}
	s, err = transforms.Compile(c.file, m.Code)
	return s, m.Export, err
}
