package cli

import (
	"fmt"
	"strings"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
	"github.com/inflect-dev/inflect/pipeline"
)

func (a *App) pipelinesStatus() *ucli.Command {
	return &ucli.Command{
		Name: "status", Usage: "Show what a pipeline does, where it is and what failed last", ArgsUsage: "NAME",
		Flags: []ucli.Flag{serverFlag(), outputFlag("table"),
			&ucli.BoolFlag{Name: "watch", Aliases: []string{"w"}, Usage: "show it again every --interval"},
			&ucli.DurationFlag{Name: "interval", Value: time.Second, Usage: "`DURATION` between two looks of --watch"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			name, err := one(c, "pipeline")
			if err != nil {
				return err
			}
			show := func() error {
				s, err := server.Status(c.Context, name)
				if err != nil {
					return err
				}
				return a.print(c, s, func() table { return statusTable(s) })
			}
			if err := show(); err != nil || !c.Bool("watch") {
				return err
			}
			if c.Duration("interval") < 100*time.Millisecond {
				return usage("--interval %s is too short: 100ms at least", c.Duration("interval"))
			}
			tick := time.NewTicker(c.Duration("interval"))
			defer tick.Stop()
			for {
				select {
				case <-c.Done():
					return nil
				case <-tick.C:
				}
				fmt.Fprintln(a.Stdout)
				if err := show(); err != nil {
					return err
				}
			}
		}),
	}
}

func statusTable(s pipeline.Status) table {
	phase := string(s.Phase)
	if s.Message != "" {
		phase += ": " + s.Message
	}
	c := s.Counts
	t := table{
		{"phase", phase},
		{"revision", revision(s)},
		{"read", fmt.Sprintf("%d (%.1f/s), %d in flight", c.Read, s.Rates.Read, c.InFlight)},
		{"delivered", fmt.Sprintf("%d (%.1f/s)", c.Delivered, s.Rates.Delivered)},
		{"filtered", fmt.Sprintf("%d (%.1f/s)", c.Filtered, s.Rates.Filtered)},
		{"dead letters", fmt.Sprintf("%d (%.1f/s)", c.DeadLettered, s.Rates.DeadLettered)},
		{"dropped", number(c.Dropped)},
		{"lag", lag(s)},
	}
	for _, i := range s.Instances {
		var parts []string
		for _, p := range i.Partitions {
			parts = append(parts, fmt.Sprintf("%s/%d", p.Topic, p.Partition))
		}
		t = append(t, []string{"instance " + i.ID, fmt.Sprintf("%s, revision %d, %s", strings.TrimSpace(i.State+" "+i.Reason), i.Revision, strings.Join(parts, " "))})
	}
	for _, e := range s.LastErrors {
		t = append(t, []string{"error", fmt.Sprintf("%s %s %s: %s", e.Time.Local().Format(time.TimeOnly), e.Stage, e.Code, e.Message)})
	}
	return t
}

func lag(s pipeline.Status) string {
	if s.CatchUpSeconds == nil || s.Lag == 0 {
		return number(s.Lag)
	}
	return fmt.Sprintf("%d, caught up in %s", s.Lag, (time.Duration(*s.CatchUpSeconds) * time.Second).String())
}
