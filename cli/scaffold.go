package cli

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/transforms"
)

//go:embed scaffold
var scaffold embed.FS

const (
	typesFile = "inflect.d.ts"
	// typesMark is the line of typesFile that says of which schemas its events are, so that it can be made again.
	typesMark = "// Schemas: "
)

func (a *App) transformsNew() *ucli.Command {
	return &ucli.Command{
		Name: "new", Usage: "Make a directory for your own transforms, with an example and its tests", ArgsUsage: "DIRECTORY",
		Description: "Files that are there are left alone.",
		Action: func(c *ucli.Context) error {
			dir, err := one(c, "directory")
			if err != nil {
				return err
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return fmt.Errorf("making the directory: %w", err)
			}
			for _, name := range []string{"tsconfig.json", "example.ts", "example.yaml"} {
				b, err := scaffold.ReadFile("scaffold/" + name)
				if err != nil {
					return err
				}
				if err := a.write(filepath.Join(dir, name), b); err != nil {
					return err
				}
			}
			types, err := typesText(nil)
			if err != nil {
				return err
			}
			if err := a.write(filepath.Join(dir, typesFile), []byte(types)); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.Stdout, "\nNow: inflect test %s/...\n", strings.TrimSuffix(dir, "/"))
			return err
		},
	}
}

// write makes a file unless it is there.
func (a *App) write(file string, content []byte) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		_, err = fmt.Fprintf(a.Stdout, "%s is there already\n", file)
		return err
	}
	if err != nil {
		return fmt.Errorf("making %s: %w", file, err)
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", file, err), f.Close())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	_, err = fmt.Fprintf(a.Stdout, "%s made\n", file)
	return err
}

func (a *App) transformsTypes() *ucli.Command {
	return &ucli.Command{
		Name: "types", Usage: "Write " + typesFile + ", by which an editor knows ctx and the events of schemas", ArgsUsage: "[DIRECTORY]",
		Description: `   inflect transforms types --schema orders-value ./transforms

The schemas are remembered in the file: without --schema their types are made anew. In a step:

   import type { OrdersValue } from "inflect/events";

   export const paid = (order: OrdersValue, ctx: Inflect.Context) => order.status === "paid";`,
		Flags: []ucli.Flag{serverFlag(), &ucli.StringSliceFlag{Name: "schema", Usage: "`SUBJECT[@VERSION]` whose events get a type; repeatable"}},
		Action: func(c *ucli.Context) error {
			dir := "."
			if c.NArg() > 0 {
				var err error
				if dir, err = one(c, "directory"); err != nil {
					return err
				}
			}
			file := filepath.Join(dir, typesFile)
			subjects := c.StringSlice("schema")
			if len(subjects) == 0 {
				subjects = remembered(file)
			}
			schemas, err := a.schemasNamed(c, subjects)
			if err != nil {
				return err
			}
			types, err := typesText(schemas)
			if err != nil {
				return err
			}
			if err := os.WriteFile(file, []byte(types), 0o644); err != nil {
				return fmt.Errorf("writing types: %w", err)
			}
			_, err = fmt.Fprintf(a.Stdout, "%s written, with the events of %d schemas\n", file, len(schemas))
			return err
		},
	}
}

// remembered are the schemas that a types file was made of.
func remembered(file string) []string {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		if names, ok := strings.CutPrefix(strings.TrimSpace(line), typesMark); ok {
			return strings.Split(names, ", ")
		}
	}
	return nil
}

// namedSchema is a schema under the name by which it was asked for.
type namedSchema struct {
	name   string
	schema pipeline.RegisteredSchema
}

func (a *App) schemasNamed(c *ucli.Context, subjects []string) ([]namedSchema, error) {
	if len(subjects) == 0 {
		return nil, nil
	}
	server, err := a.connect(c)
	if err != nil {
		return nil, err
	}
	out := make([]namedSchema, 0, len(subjects))
	for _, name := range subjects {
		s, err := schemaNamed(c, server, name)
		if err != nil {
			return nil, fmt.Errorf("schema %s: %w", name, err)
		}
		out = append(out, namedSchema{name, s})
	}
	return out, nil
}

func schemaNamed(c *ucli.Context, server *client.Client, name string) (pipeline.RegisteredSchema, error) {
	subject, version, ok := strings.Cut(name, "@")
	if !ok {
		version = "latest"
	}
	return server.Schema(c.Context, subject, pipeline.Version(version))
}

// typesText is the whole of a types file.
func typesText(schemas []namedSchema) (string, error) {
	var out strings.Builder
	if len(schemas) > 0 {
		var names []string
		for _, s := range schemas {
			names = append(names, s.name)
		}
		out.WriteString(typesMark + strings.Join(names, ", ") + "\n")
	}
	out.WriteString(transforms.Declarations)
	if len(schemas) == 0 {
		return out.String(), nil
	}
	out.WriteString("\ndeclare module \"inflect/events\" {\n")
	taken := map[string]bool{}
	for _, s := range schemas {
		text, err := typeOf(s, taken)
		if err != nil {
			return "", fmt.Errorf("schema %s: %w", s.name, err)
		}
		out.WriteString(text)
	}
	out.WriteString("}\n")
	return out.String(), nil
}

var notAName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// typeName is a name for TypeScript: orders-value becomes OrdersValue.
func typeName(text string, taken map[string]bool) string {
	var b strings.Builder
	for _, part := range notAName.Split(text, -1) {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	name := b.String()
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "T" + name
	}
	unique := name
	for n := 2; taken[unique]; n++ {
		unique = fmt.Sprintf("%s%d", name, n)
	}
	taken[unique] = true
	return unique
}
