package transforms

import (
	"fmt"
	"strings"

	esbuild "github.com/evanw/esbuild/pkg/api"
)

// The codes of an [Error].
const (
	CodeOutside = "outside_directory"
	CodeUnknown = "unknown_transform"
	CodeBad     = "bad_transform"
)

// Error is a problem in an author's source. Line and Column are 1-based and zero when the problem has no place.
type Error struct {
	Code    string
	File    string
	Line    int
	Column  int
	Message string
	// Frame is the source around the place with a caret under it.
	Frame string
}

func (e *Error) Error() string {
	switch {
	case e.File == "":
		return e.Message
	case e.Line == 0:
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

func badf(file, format string, args ...any) *Error {
	return &Error{Code: CodeBad, File: file, Message: fmt.Sprintf(format, args...)}
}

// outsideMark begins the text of the errors that the directory guard reports through the bundler.
const outsideMark = "leaves the transform directory"

// buildError is the first of the bundler's messages as an Error. The first line of the source may have been moved to
// the right by shift columns.
func buildError(messages []esbuild.Message, shift int) *Error {
	m := messages[0]
	e := &Error{Code: CodeBad, Message: m.Text}
	if len(messages) > 1 {
		e.Message = fmt.Sprintf("%s (and %d more)", m.Text, len(messages)-1)
	}
	switch {
	case strings.Contains(m.Text, outsideMark):
		e.Code = CodeOutside
	case strings.HasPrefix(m.Text, "No matching export"):
		e.Code = CodeUnknown
	}
	if l := m.Location; l != nil {
		e.File, e.Line, e.Column = l.File, l.Line, l.Column+1
		text := l.LineText
		if l.Line == 1 && shift > 0 && e.Column > shift {
			e.Column -= shift
			text = text[shift:]
		}
		e.Frame = Frame(text, e.Line, e.Column)
	}
	return e
}

// Frame is one line of source with its number and a caret under the column.
func Frame(line string, number, column int) string {
	const width = 120
	column = max(column, 1)
	if len(line) > width {
		from := min(max(0, column-1-width/2), len(line))
		line = line[from:min(len(line), from+width)]
		column -= from
	}
	head := fmt.Sprintf("%5d | ", number)
	return head + line + "\n" + strings.Repeat(" ", len(head)+column-1) + "^"
}
