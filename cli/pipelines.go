package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
	"github.com/inflect-dev/inflect/pipeline"
)

func (a *App) pipelines() *ucli.Command {
	return &ucli.Command{
		Name: "pipelines", Aliases: []string{"pipeline"}, Usage: "List, change and watch pipelines",
		Subcommands: []*ucli.Command{
			a.pipelinesList(), a.pipelinesGet(), a.pipelinesApply(), a.pipelinesDiff(), a.pipelinesValidate(), a.pipelinesExport(), a.pipelinesDelete(),
			a.pipelinesState("pause", "Stop reading, keep the place", pipeline.Paused),
			a.pipelinesState("resume", "Go on reading", pipeline.Running),
			a.pipelinesState("stop", "Take off the engines", pipeline.Stopped),
			a.pipelinesOperate("restart", "Stop and start on every engine", (*client.Client).Restart),
			a.pipelinesOperate("drain", "Finish what is in flight, commit it, and pause", (*client.Client).Drain),
			a.pipelinesReplay(), a.pipelinesHistory(), a.pipelinesRollback(), a.pipelinesStatus(), a.pipelinesScaling(), a.pipelinesTest(),
		},
	}
}

func (a *App) pipelinesList() *ucli.Command {
	return &ucli.Command{
		Name: "list", Usage: "Show pipelines with their state, rates and lag",
		Flags: []ucli.Flag{serverFlag(), outputFlag("table"),
			&ucli.StringFlag{Name: "search", Usage: "part of a name, description, owner or topic: `TEXT`"},
			&ucli.StringFlag{Name: "state", Usage: "wanted `STATE`: running, paused or stopped"},
			&ucli.StringFlag{Name: "owner", Usage: "`OWNER`"},
			&ucli.StringSliceFlag{Name: "label", Aliases: []string{"l"}, Usage: "`NAME=VALUE`; repeatable"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			q := pipeline.Query{Search: c.String("search"), State: pipeline.State(c.String("state")), Owner: c.String("owner"), Labels: map[string]string{}}
			for _, l := range c.StringSlice("label") {
				name, value, ok := strings.Cut(l, "=")
				if !ok {
					return usage("--label %q is not NAME=VALUE", l)
				}
				q.Labels[name] = value
			}
			found, err := server.Pipelines(c.Context, q)
			if err != nil {
				return err
			}
			return a.print(c, found, func() table {
				t := table{{"NAME", "PHASE", "REVISION", "READ/S", "DELIVERED", "FILTERED", "DEAD", "LAG", "SOURCE", "TARGET"}}
				for _, p := range found {
					s := p.Status
					t = append(t, []string{p.Name, string(s.Phase), revision(s), fmt.Sprintf("%.1f", s.Rates.Read), number(s.Counts.Delivered),
						number(s.Counts.Filtered), number(s.Counts.DeadLettered), number(s.Lag), p.Source.Topic, p.Target.Topic})
				}
				return t
			})
		}),
	}
}

func revision(s pipeline.Status) string {
	if s.AppliedRevision == s.Revision || s.AppliedRevision == 0 {
		return number(s.Revision)
	}
	return fmt.Sprintf("%d (runs %d)", s.Revision, s.AppliedRevision)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func (a *App) pipelinesGet() *ucli.Command {
	return &ucli.Command{
		Name: "get", Usage: "Show one pipeline's spec, as `pipelines apply` takes it", ArgsUsage: "NAME",
		Flags: []ucli.Flag{serverFlag(), outputFlag("yaml")},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			name, err := one(c, "pipeline")
			if err != nil {
				return err
			}
			p, err := server.Pipeline(c.Context, name)
			if err != nil {
				return err
			}
			return a.print(c, p.Spec, func() table {
				t := table{{"name", p.Name}, {"revision", number(p.Revision)}, {"updated", p.UpdatedAt.Local().Format(time.DateTime) + " by " + p.UpdatedBy},
					{"source", p.Source.Topic}}
				for _, s := range p.Steps {
					from := s.Transform
					if from == "" {
						from = "inline code"
					}
					t = append(t, []string{"step " + s.Name, string(s.Kind) + " " + from})
				}
				t = append(t, []string{"target", p.Target.Topic})
				if p.DLQ != nil {
					t = append(t, []string{"dead letters", p.DLQ.Topic})
				}
				return t
			})
		}),
	}
}

func (a *App) pipelinesExport() *ucli.Command {
	return &ucli.Command{
		Name: "export", Usage: "Write pipelines to stdout, to be applied elsewhere or run alone", ArgsUsage: "[NAME...]",
		Description: `   inflect pipelines export > all.yaml             # every spec; apply -f all.yaml takes it
   inflect pipelines export --run orders > o.yaml  # the whole config: inflect run o.yaml`,
		Flags: []ucli.Flag{serverFlag(), &ucli.BoolFlag{Name: "run", Usage: "write the config of one pipeline for `inflect run`, its code included"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			if c.Bool("run") {
				name, err := one(c, "pipeline")
				if err != nil {
					return err
				}
				config, err := server.Config(c.Context, name)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(a.Stdout, "%s\nerror_handling:\n  strict: false\n", strings.TrimSuffix(string(config), "\n"))
				return err
			}
			specs, err := named(c.Context, server, c.Args().Slice())
			if err != nil {
				return err
			}
			for i, s := range specs {
				b, err := text(s)
				if err != nil {
					return err
				}
				if i > 0 {
					fmt.Fprintln(a.Stdout, "---")
				}
				if _, err := a.Stdout.Write(b); err != nil {
					return err
				}
			}
			return nil
		}),
	}
}

// named is the specs of the names, or of all pipelines.
func named(ctx context.Context, server *client.Client, names []string) ([]pipeline.Spec, error) {
	var out []pipeline.Spec
	if len(names) == 0 {
		all, err := server.Pipelines(ctx, pipeline.Query{})
		for _, p := range all {
			out = append(out, p.Spec)
		}
		return out, err
	}
	for _, n := range names {
		p, err := server.Pipeline(ctx, n)
		if err != nil {
			return nil, err
		}
		out = append(out, p.Spec)
	}
	return out, nil
}

func (a *App) pipelinesDelete() *ucli.Command {
	return &ucli.Command{
		Name: "delete", Usage: "Remove pipelines; their topics stay", ArgsUsage: "NAME...", Flags: []ucli.Flag{serverFlag()},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			return a.each(c, "pipeline", func(name string) error {
				if err := server.Delete(c.Context, name, 0); err != nil {
					return err
				}
				_, err := fmt.Fprintf(a.Stdout, "%s deleted\n", name)
				return err
			})
		}),
	}
}

func (a *App) pipelinesState(verb, does string, state pipeline.State) *ucli.Command {
	return &ucli.Command{
		Name: verb, Usage: does, ArgsUsage: "NAME...", Flags: []ucli.Flag{serverFlag()},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			return a.each(c, "pipeline", func(name string) error {
				p, err := server.SetState(c.Context, name, state)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(a.Stdout, "%s is to be %s (revision %d)\n", name, state, p.Revision)
				return err
			})
		}),
	}
}

func (a *App) pipelinesOperate(verb, does string, do func(*client.Client, context.Context, string) (pipeline.Status, error)) *ucli.Command {
	return &ucli.Command{
		Name: verb, Usage: does, ArgsUsage: "NAME...", Flags: []ucli.Flag{serverFlag()},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			return a.each(c, "pipeline", func(name string) error {
				s, err := do(server, c.Context, name)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(a.Stdout, "%s is %s, lag %d\n", name, s.Phase, s.Lag)
				return err
			})
		}),
	}
}

func (a *App) pipelinesReplay() *ucli.Command {
	return &ucli.Command{
		Name: "replay", Usage: "Move a pipeline's place and go on from there", ArgsUsage: "NAME",
		Description: `   inflect pipelines replay orders --to beginning
   inflect pipelines replay orders --to 2026-05-01T00:00:00Z
   inflect pipelines replay orders --to 1200          # this offset in every partition

Records that are read again are delivered again.`,
		Flags: []ucli.Flag{serverFlag(), &ucli.StringFlag{Name: "to", Required: true, Usage: "`PLACE`: beginning, a time (RFC 3339) or an offset"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			name, err := one(c, "pipeline")
			if err != nil {
				return err
			}
			to, err := place(c.String("to"))
			if err != nil {
				return err
			}
			s, err := server.Replay(c.Context, name, to)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.Stdout, "%s goes on from %s, lag %d\n", name, c.String("to"), s.Lag)
			return err
		}),
	}
}

func place(text string) (pipeline.Replay, error) {
	if text == "beginning" {
		return pipeline.Replay{Beginning: true}, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return pipeline.Replay{Offset: &n}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return pipeline.Replay{Time: &t}, nil
	}
	return pipeline.Replay{}, usage("--to %q is not beginning, a time such as 2026-05-01T00:00:00Z, or an offset", text)
}

func (a *App) pipelinesHistory() *ucli.Command {
	return &ucli.Command{
		Name: "history", Usage: "Show a pipeline's revisions and what each changed", ArgsUsage: "NAME",
		Flags: []ucli.Flag{serverFlag(), outputFlag("table")},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			name, err := one(c, "pipeline")
			if err != nil {
				return err
			}
			revisions, err := server.Revisions(c.Context, name)
			if err != nil {
				return err
			}
			return a.print(c, revisions, func() table {
				t := table{{"REVISION", "TIME", "AUTHOR", "RAN", "CHANGED"}}
				for _, r := range revisions {
					var fields []string
					for _, ch := range r.Changes {
						fields = append(fields, ch.Field)
					}
					t = append(t, []string{number(r.Revision), r.CreatedAt.Local().Format(time.DateTime), r.Author, strconv.FormatBool(r.Applied), strings.Join(fields, ", ")})
				}
				return t
			})
		}),
	}
}

func (a *App) pipelinesRollback() *ucli.Command {
	return &ucli.Command{
		Name: "rollback", Usage: "Make an earlier revision the newest, with its code", ArgsUsage: "NAME",
		Flags: []ucli.Flag{serverFlag(), &ucli.Int64Flag{Name: "to", Required: true, Usage: "`REVISION`, see `pipelines history`"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			name, err := one(c, "pipeline")
			if err != nil {
				return err
			}
			p, err := server.Rollback(c.Context, name, c.Int64("to"))
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.Stdout, "%s is at revision %d, which is revision %d again\n", name, p.Revision, c.Int64("to"))
			return err
		}),
	}
}
