package js

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/dop251/goja"
	"github.com/go-sourcemap/sourcemap"

	"github.com/inflect-dev/inflect/plugins/record"
	"github.com/inflect-dev/inflect/transforms"
)

// source leads from places in the script that runs back to the author's files.
type source struct {
	maps *sourcemap.Consumer
	// shift is how far an inline function's first line was moved to the right.
	shift int
}

// headLines is how many lines stand before a module's body in its script.
var headLines = strings.Count(transforms.ScriptHead, "\n")

// place is a place in an author's file, 1-based; the zero value is none.
type place struct {
	file         string
	line, column int
}

func newSource(s transforms.Script) (*source, error) {
	maps, err := sourcemap.Parse("", s.Map)
	if err != nil {
		return nil, fmt.Errorf("reading the source map: %w", err)
	}
	return &source{maps: maps, shift: s.Shift}, nil
}

func (s *source) at(line, column int) place {
	file, _, l, c, ok := s.maps.Source(line-headLines, column-1)
	if !ok || file == "" {
		return place{}
	}
	if l == 1 {
		c = max(0, c-s.shift)
	}
	return place{strings.TrimPrefix(file, "/"), l, c + 1}
}

// frame is the line of the author's source at p with a caret.
func (s *source) frame(p place) string {
	text := s.maps.SourceContent(p.file)
	if text == "" {
		text = s.maps.SourceContent("/" + p.file)
	}
	lines := strings.Split(text, "\n")
	if text == "" || p.line > len(lines) {
		return ""
	}
	line := strings.TrimSuffix(lines[p.line-1], "\r")
	if p.line == 1 && s.shift > 0 && len(line) >= s.shift {
		line = strings.Replace(line, transforms.InlineHead, "", 1)
	}
	return transforms.Frame(line, p.line, p.column)
}

// trail gathers the frames of an exception that lie in user code.
type trail struct {
	m     *machine
	f     *record.Failure
	stack strings.Builder
	// foreign says that the place found so far lies in somebody else's package.
	foreign bool
}

func (t *trail) add(script, function string, line, column int) {
	s := t.m.sources[script]
	if s == nil || t.stack.Len() > maxStack {
		return
	}
	p := s.at(line, column)
	if p.line == 0 {
		return
	}
	if packaged := strings.Contains(p.file, "node_modules/"); t.f.Line == 0 || t.foreign && !packaged {
		t.f.File, t.f.Line, t.f.Column, t.f.Frame = p.file, p.line, p.column, s.frame(p)
		t.foreign = packaged
	}
	if function == "" {
		function = "<anonymous>"
	}
	fmt.Fprintf(&t.stack, "    at %s (%s:%d:%d)\n", function, p.file, p.line, p.column)
}

func (t *trail) end() { t.f.Stack = strings.TrimSuffix(t.stack.String(), "\n") }

// maxStack is about how long a failure's stack may become.
const maxStack = 4096

// locate fills in the failure's place and stack from the frames of an exception: the place is the innermost one that the
// author wrote.
func (m *machine) locate(f *record.Failure, frames []goja.StackFrame) {
	t := trail{m: m, f: f}
	for i := range frames {
		if m.sources[frames[i].SrcName()] != nil {
			pos := frames[i].Position()
			t.add(frames[i].SrcName(), frames[i].FuncName(), pos.Line, pos.Column)
		}
	}
	t.end()
}

// frameForm is one line of an error's stack property: function, script, line and column.
var frameForm = regexp.MustCompile(`(?m)^\s*at (?:(.*) \()?(step:[A-Za-z0-9_-]+):(\d+):(\d+)\(\d+\)\)?$`)

// locateText fills in the failure's place and stack from an error's stack property, when that is all there is.
func (m *machine) locateText(f *record.Failure, stack string) {
	t := trail{m: m, f: f}
	for _, g := range frameForm.FindAllStringSubmatch(stack, 20) {
		line, _ := strconv.Atoi(g[3])
		column, _ := strconv.Atoi(g[4])
		t.add(g[2], g[1], line, column)
	}
	t.end()
}
