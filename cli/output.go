package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	ucli "github.com/urfave/cli/v2"
	"gopkg.in/yaml.v3"
)

func outputFlag(value string) ucli.Flag {
	return &ucli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: value, EnvVars: []string{"INFLECT_OUTPUT"}, Usage: "`FORMAT`: table, json or yaml"}
}

// table is a result for people, the first row being the heads.
type table [][]string

func (t table) write(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, row := range t {
		fmt.Fprintln(tw, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	return tw.Flush()
}

// print writes a result in the format that was asked for; rows is only called for a table.
func (a *App) print(c *ucli.Context, result any, rows func() table) error {
	switch format := c.String("output"); format {
	case "table":
		return rows().write(a.Stdout)
	case "json", "yaml":
		return a.encode(format, result)
	default:
		return usage("-o %q is not table, json or yaml", format)
	}
}

func (a *App) encode(format string, result any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(result); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if format == "yaml" {
		text, err := toYAML(b.Bytes())
		if err != nil {
			return err
		}
		b = *bytes.NewBuffer(text)
	}
	_, err := b.WriteTo(a.Stdout)
	return err
}

// toYAML keeps the order of keys and every digit: JSON is YAML, which only has to be written in block style.
func toYAML(doc []byte) ([]byte, error) {
	var n yaml.Node
	if err := yaml.Unmarshal(doc, &n); err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	plainStyle(&n)
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(&n); err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	return b.Bytes(), nil
}

// plainStyle leaves it to the encoder how to write each value. Strings that would read as something else stay quoted.
func plainStyle(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" && strings.Contains(n.Value, "\n") {
		n.Style = yaml.LiteralStyle
	}
	for _, child := range n.Content {
		plainStyle(child)
	}
}

// fromYAML is JSON with the digits of the YAML text, because a spec's params may hold numbers that no double can.
func fromYAML(doc []byte) ([]byte, error) {
	var n yaml.Node
	if err := yaml.Unmarshal(doc, &n); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if n.Kind == 0 {
		return []byte("null"), nil
	}
	if err := writeJSON(&b, &n, 0); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// maxDepth of a document; aliases could otherwise nest for ever.
const maxDepth = 200

func writeJSON(b *bytes.Buffer, n *yaml.Node, depth int) error {
	if depth > maxDepth || b.Len() > 64<<20 {
		return fmt.Errorf("line %d: the document is nested too deeply or too large", n.Line)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return writeJSON(b, n.Content[0], depth+1)
	case yaml.AliasNode:
		return writeJSON(b, n.Alias, depth+1)
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, item, depth+1); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
				return fmt.Errorf("line %d: only plain keys are possible", key.Line)
			}
			writeString(b, key.Value)
			b.WriteByte(':')
			if err := writeJSON(b, n.Content[i+1], depth+1); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	}
	return writeScalar(b, n)
}

func writeScalar(b *bytes.Buffer, n *yaml.Node) error {
	switch n.Tag {
	case "!!null":
		b.WriteString("null")
	case "!!bool":
		var v bool
		if err := n.Decode(&v); err != nil {
			return err
		}
		fmt.Fprint(b, v)
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			b.WriteString(n.Value)
			return nil
		}
		var v any
		if err := n.Decode(&v); err != nil {
			return err
		}
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("line %d: %s is no number that JSON has", n.Line, n.Value)
		}
		b.Write(text)
	default:
		writeString(b, n.Value)
	}
	return nil
}

func writeString(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string cannot fail
	b.Truncate(b.Len() - 1)
}
