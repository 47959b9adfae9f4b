package js

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/dop251/goja"
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
}

func (s *step) filter() bool { return s.kind == kindFilter }

// load compiles a step. dir is where file: resolves.
func load(c stepConfig, dir string) (*step, error) {
	script, export, err := compile(c, dir)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(script.Exports, export) {
		return nil, fmt.Errorf("%s exports nothing called %q: it has %q", c.origin(), export, script.Exports)
	}
	c.export = export
	s := &step{stepConfig: c, stage: record.StageStep + c.name}
	if s.source, err = newSource(script); err != nil {
		return nil, err
	}
	tree, err := goja.Parse(s.stage, script.Code, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, fmt.Errorf("%s uses syntax that steps cannot: %w", c.origin(), err)
	}
	if s.program, err = goja.CompileAST(tree, true); err != nil {
		return nil, fmt.Errorf("%s uses syntax that steps cannot: %w", c.origin(), err)
	}
	return s, nil
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
