package cli

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
	"github.com/inflect-dev/inflect/pipeline"
)

func (a *App) schemas() *ucli.Command {
	return &ucli.Command{
		Name: "schemas", Aliases: []string{"schema"}, Usage: "Look at subjects and check new versions of them",
		Subcommands: []*ucli.Command{a.schemasList(), a.schemasGet(), a.schemasCheck()},
	}
}

func (a *App) schemasList() *ucli.Command {
	return &ucli.Command{
		Name: "list", Usage: "Show subjects",
		Flags: []ucli.Flag{serverFlag(), outputFlag("table"), &ucli.StringFlag{Name: "search", Usage: "part of the name: `TEXT`"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			names, err := server.Subjects(c.Context, c.String("search"))
			if err != nil {
				return err
			}
			return a.print(c, names, func() table {
				t := table{{"SUBJECT"}}
				for _, name := range names {
					t = append(t, []string{name})
				}
				return t
			})
		}),
	}
}

func (a *App) schemasGet() *ucli.Command {
	return &ucli.Command{
		Name: "get", Usage: "Show the text of a subject's schema", ArgsUsage: "SUBJECT",
		Flags: []ucli.Flag{serverFlag(), outputFlag("text"), &ucli.StringFlag{Name: "version", Value: "latest", Usage: "`VERSION` of the subject"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			subject, err := one(c, "subject")
			if err != nil {
				return err
			}
			found, err := server.Schema(c.Context, subject, pipeline.Version(c.String("version")))
			if err != nil {
				return err
			}
			if c.String("output") == "text" {
				_, err := fmt.Fprintln(a.Stdout, strings.TrimSuffix(found.Text, "\n"))
				return err
			}
			return a.print(c, found, func() table {
				return table{{"SUBJECT", "VERSION", "ID", "TYPE"}, {found.Subject, fmt.Sprint(found.Version), fmt.Sprint(found.ID), found.Type}}
			})
		}),
	}
}

func (a *App) schemasCheck() *ucli.Command {
	return &ucli.Command{
		Name: "check", Usage: "Say what a new version of a subject would do to the pipelines that use it", ArgsUsage: "SUBJECT",
		Description: `Nothing is registered. The registry is asked for its verdict, and every pipeline that reads or writes the subject is tried on
generated events. Exit code 1 when the registry would refuse the version, be it for an older one, or a pipeline breaks, and
with --strict also when a pipeline could not be tried.

Versions before the newest count where the subject's rule is transitive, such as BACKWARD_TRANSITIVE, and with --transitive.

   inflect schemas check orders-value -f orders.avsc
   inflect schemas check orders-value -f orders.json --reference common.json=common-value:3`,
		Flags: []ucli.Flag{serverFlag(), outputFlag("table"),
			&ucli.StringFlag{Name: "file", Aliases: []string{"f"}, Required: true, Usage: "`FILE` with the schema's text, - for stdin"},
			&ucli.StringFlag{Name: "type", Usage: "`TYPE`: JSON, AVRO or PROTOBUF; by default what .avsc or .proto says, or what the subject has"},
			&ucli.StringSliceFlag{Name: "reference", Usage: "what the schema refers to: `NAME=SUBJECT:VERSION`; repeatable"},
			&ucli.IntFlag{Name: "events", Usage: "how many events to generate of each version, `N` (default: 100)"},
			&ucli.BoolFlag{Name: "transitive", Usage: "look at all older versions, whatever the subject's rule"},
			&ucli.BoolFlag{Name: "strict", Usage: "fail as well when a pipeline could not be tried"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			subject, err := one(c, "subject")
			if err != nil {
				return err
			}
			schema, err := a.newSchema(c)
			if err != nil {
				return err
			}
			found, err := server.CheckSchema(c.Context, subject, schema)
			if err != nil {
				return err
			}
			if c.String("output") == "table" {
				a.said(found)
			}
			if err := a.print(c, found, func() table { return checkTable(found) }); err != nil {
				return err
			}
			if found.Verdict == "breaks" || c.Bool("strict") && found.Verdict == "unknown" {
				return &exitError{code: ExitFailed}
			}
			return nil
		}),
	}
}

func (a *App) newSchema(c *ucli.Context) (client.NewSchema, error) {
	file := c.String("file")
	out := client.NewSchema{Type: strings.ToUpper(c.String("type")), Events: c.Int("events"), Transitive: c.Bool("transitive")}
	if c.IsSet("events") && out.Events < 1 {
		return out, usage("--events is %d, but must be at least 1", out.Events)
	}
	text, err := a.read(file)
	if err != nil {
		return out, fmt.Errorf("reading the schema: %w", err)
	}
	out.Schema = string(text)
	if out.Type == "" {
		out.Type = map[string]string{".avsc": "AVRO", ".proto": "PROTOBUF"}[filepath.Ext(file)]
	}
	for _, text := range c.StringSlice("reference") {
		name, rest, ok := strings.Cut(text, "=")
		at := strings.LastIndex(rest, ":")
		if !ok || at < 0 {
			return out, usage("--reference %q is not NAME=SUBJECT:VERSION", text)
		}
		version, err := strconv.Atoi(rest[at+1:])
		if err != nil {
			return out, usage("--reference %q: the version is not a number", text)
		}
		out.References = append(out.References, pipeline.SchemaReference{Name: name, Subject: rest[:at], Version: version})
	}
	return out, nil
}

// said is what concerns no pipeline in particular.
func (a *App) said(c client.SchemaCheck) {
	level := ""
	if c.Registry.Level != "" {
		level = " (" + c.Registry.Level + ")"
	}
	fmt.Fprintf(a.Stdout, "%s: the registry%s %s\n", c.Subject, level, wouldSay(c.Registry))
	a.messages(c.Registry)
	fmt.Fprintf(a.Stdout, "%d differences to version %d\n", len(c.Differences), c.Version)
	a.differences(c.Differences)
	for _, o := range c.Older {
		fmt.Fprintf(a.Stdout, "%d differences to version %d, for which the registry %s\n", len(o.Differences), o.Version, wouldSay(o.Registry))
		if o.Reason != "" {
			fmt.Fprintf(a.Stdout, "  it could not be compared or tried in full: %s\n", o.Reason)
		}
		a.messages(o.Registry)
		a.differences(o.Differences)
	}
	if c.OlderLeftOut > 0 {
		fmt.Fprintf(a.Stdout, "%d versions before those were not looked at\n", c.OlderLeftOut)
	}
	if len(c.Pipelines) == 0 {
		fmt.Fprintln(a.Stdout, "no pipeline uses it")
	}
}

func wouldSay(c pipeline.Compatibility) string {
	if c.Compatible {
		return "takes it"
	}
	return "would refuse it"
}

func (a *App) messages(c pipeline.Compatibility) {
	for _, m := range c.Messages {
		fmt.Fprintf(a.Stdout, "  %s\n", m)
	}
}

func (a *App) differences(all []pipeline.SchemaDifference) {
	for _, d := range all {
		path := d.Path
		if path == "" {
			path = "the event"
		}
		fmt.Fprintf(a.Stdout, "  %s %s\n", path, d.Message)
	}
}

// ofWhich says whose events a trial ran.
var ofWhich = map[string]string{"new": "events of the new version", "current": "events of the present version", "incoming": "events of its incoming schema",
	"older": "events of version", "topic": "newest records of its source topic", "oldest": "oldest records of its source topic"}

func checkTable(c client.SchemaCheck) table {
	if len(c.Pipelines) == 0 {
		return nil
	}
	t := table{{"PIPELINE", "AS", "VERSION", "VERDICT", "WHY"}}
	for _, p := range c.Pipelines {
		t = append(t, []string{p.Pipeline, p.As, string(p.Version), p.Verdict, p.Reason})
		for _, trial := range p.Trials {
			now, before := became(trial.Outcomes), became(trial.OutcomesBefore)
			if now != before {
				now += " (as things are: " + before + ")"
			}
			of := ofWhich[trial.Of]
			if trial.Version > 0 {
				of += " " + strconv.Itoa(trial.Version)
			}
			t = append(t, []string{"", "", "", "", fmt.Sprintf("%d %s: %s", trial.Events, of, now)})
			for _, m := range trial.Problems {
				t = append(t, []string{"", "", "", "", misfit(m)})
			}
		}
	}
	return t
}

// misfit is one line about events that failed in the same way.
func misfit(m client.Misfit) string {
	where := m.Stage
	if m.Pipeline != "" {
		where = "pipeline " + m.Pipeline + ", " + where
	}
	news := ""
	if m.Before > 0 && !m.New {
		news = ", as before"
	}
	return fmt.Sprintf("  %d × %s in %s%s: %s", m.Count, m.Code, where, news, m.Message)
}
