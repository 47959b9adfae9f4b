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

// locate fills in the failure's place and stack from the frames of an exception, as far as they lie in user code.
func (m *machine) locate(f *record.Failure, frames []goja.StackFrame) {
	var b strings.Builder
	for i := range frames {
		fr := &frames[i]
		s := m.sources[fr.SrcName()]
		if s == nil {
			continue
		}
		pos := fr.Position()
		p := s.at(pos.Line, pos.Column)
		if p.line == 0 {
			continue
		}
		if f.Line == 0 {
			f.File, f.Line, f.Column, f.Frame = p.file, p.line, p.column, s.frame(p)
		}
		fmt.Fprintf(&b, "    at %s (%s:%d:%d)\n", fr.FuncName(), p.file, p.line, p.column)
		if b.Len() > maxStack {
			b.WriteString("    …\n")
			break
		}
	}
	f.Stack = strings.TrimSuffix(b.String(), "\n")
}

const maxStack = 4096

// frameForm is one line of an error's stack property: function, script, line and column.
var frameForm = regexp.MustCompile(`(?m)^\s*at (?:(.*) \()?(step:[A-Za-z0-9_-]+):(\d+):(\d+)\(\d+\)\)?$`)

// locateText fills in the failure's place and stack from an error's stack property, when that is all there is.
func (m *machine) locateText(f *record.Failure, stack string) {
	var b strings.Builder
	for _, g := range frameForm.FindAllStringSubmatch(stack, 20) {
		s := m.sources[g[2]]
		if s == nil {
			continue
		}
		line, _ := strconv.Atoi(g[3])
		column, _ := strconv.Atoi(g[4])
		p := s.at(line, column)
		if p.line == 0 {
			continue
		}
		if f.Line == 0 {
			f.File, f.Line, f.Column, f.Frame = p.file, p.line, p.column, s.frame(p)
		}
		name := g[1]
		if name == "" {
			name = "<anonymous>"
		}
		fmt.Fprintf(&b, "    at %s (%s:%d:%d)\n", name, p.file, p.line, p.column)
	}
	f.Stack = strings.TrimSuffix(b.String(), "\n")
}
