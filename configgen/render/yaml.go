package render

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// object is a YAML mapping in the order it is written.
type object []member

type member struct {
	key   string
	value any
}

// list is a YAML sequence.
type list []any

// text is a user's string.
type text string

// variable is a placeholder, one of Placeholders, that the engine expands.
type variable string

// literal is written as it is: numbers, durations, words of ours.
type literal string

// writer writes YAML in block style.
type writer struct {
	bytes.Buffer
}

func (w *writer) object(o object, indent int) error {
	for _, m := range o {
		w.pad(indent)
		w.WriteString(quoteKey(m.key))
		w.WriteByte(':')
		if err := w.value(m.value, indent); err != nil {
			return fmt.Errorf("%s: %w", m.key, err)
		}
	}
	return nil
}

func (w *writer) list(l list, indent int) error {
	for _, v := range l {
		w.pad(indent)
		w.WriteByte('-')
		o, ok := v.(object)
		if !ok {
			if err := w.value(v, indent); err != nil {
				return err
			}
			continue
		}
		var inner writer
		if err := inner.object(o, indent+2); err != nil {
			return err
		}
		// The first key stands beside the dash.
		w.WriteByte(' ')
		w.Write(bytes.TrimLeft(inner.Bytes(), " "))
	}
	return nil
}

func (w *writer) value(v any, indent int) error {
	switch v := v.(type) {
	case object:
		w.WriteByte('\n')
		return w.object(v, indent+2)
	case list:
		if len(v) == 0 {
			w.WriteString(" []\n")
			return nil
		}
		w.WriteByte('\n')
		return w.list(v, indent+2)
	case text:
		w.WriteByte(' ')
		w.WriteString(quote(string(v)))
	case variable:
		fmt.Fprintf(w, ` "${%s}"`, string(v))
	case literal:
		w.WriteByte(' ')
		w.WriteString(string(v))
	case bool:
		w.WriteByte(' ')
		w.WriteString(strconv.FormatBool(v))
	case int:
		w.WriteByte(' ')
		w.WriteString(strconv.Itoa(v))
	default:
		return fmt.Errorf("a %T has no form in a config", v)
	}
	w.WriteByte('\n')
	return nil
}

func (w *writer) pad(n int) { w.WriteString(strings.Repeat(" ", n)) }

// quoteKey leaves our own names bare.
func quoteKey(k string) string {
	for _, r := range k {
		if (r < 'a' || r > 'z') && r != '_' {
			return quote(k)
		}
	}
	if k == "" || k == "y" || k == "n" || k == "on" || k == "off" || k == "yes" || k == "no" || k == "true" || k == "false" || k == "null" {
		return quote(k)
	}
	return k
}

// quote is s as a double-quoted YAML scalar that no expansion of variables can touch.
func quote(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '$' && strings.HasPrefix(s[i+1:], "{"):
			b.WriteString(`\u0024`)
		case r == utf8.RuneError:
			b.WriteString(`\uFFFD`)
		case r < 0x20, r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfeff, r == 0xfffe, r == 0xffff:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
