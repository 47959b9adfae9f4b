package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
	"github.com/inflect-dev/inflect/pipeline"
)

func (a *App) pipelinesScaling() *ucli.Command {
	return &ucli.Command{
		Name: "scaling", Usage: "Show a pipeline's instances, how their number changed, and why", ArgsUsage: "NAME",
		Flags: []ucli.Flag{serverFlag(), outputFlag("table"), &ucli.IntFlag{Name: "last", Value: 20, Usage: "`NUMBER` of changes to show, 1 to 500"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			name, err := one(c, "pipeline")
			if err != nil {
				return err
			}
			if n := c.Int("last"); n < 1 || n > 500 {
				return usage("--last %d is not between 1 and 500", n)
			}
			s, err := server.Scaling(c.Context, name, c.Int("last"))
			if err != nil {
				return err
			}
			if c.String("output") != "table" {
				return a.print(c, s, nil)
			}
			for _, t := range []table{scaleTable(s), instancesTable(s.Instances), changesTable(s.History)} {
				if err := t.write(a.Stdout); err != nil {
					return err
				}
				fmt.Fprintln(a.Stdout)
			}
			return nil
		}),
	}
}

func scaleTable(s client.Scaling) table {
	t := table{
		{"instances", fmt.Sprintf("%d, of which %d are ready", s.Replicas, s.Ready)},
		{"bounds", fmt.Sprintf("%d to %d; the source has %d partitions", s.Min, s.Max, s.Partitions)},
		{"lag", number(s.Lag)},
	}
	if s.Threshold > 0 {
		t = append(t, []string{"one more for", fmt.Sprintf("%d records, so that the lag wants %d", s.Threshold, s.Wanted)})
	}
	if s.Growth != nil {
		t = append(t, []string{"may grow to", fmt.Sprintf("%d partitions, which are left alone for %s", s.Growth.Max, time.Duration(s.Growth.MetadataAge))})
	}
	if s.Reason != "" {
		t = append(t, []string{"note", s.Reason})
	}
	return t
}

func instancesTable(instances []pipeline.ScaleInstance) table {
	t := table{{"INSTANCE", "STATE", "READY", "REVISION", "PARTITIONS", "LAG", "RESTARTS", "NODE"}}
	for _, i := range instances {
		var parts []string
		var lag int64
		for _, p := range i.Partitions {
			parts = append(parts, strconv.Itoa(int(p.Partition)))
			lag += p.Lag
		}
		t = append(t, []string{i.ID, strings.TrimSpace(i.State + " " + i.Reason), strconv.FormatBool(i.Ready), number(i.Revision), strings.Join(parts, " "), number(lag), strconv.Itoa(i.Restarts), i.Node})
	}
	return t
}

func changesTable(changes []pipeline.ScalingChange) table {
	t := table{{"TIME", "OF", "FROM", "TO", "CAUSE", "BY", "WHY"}}
	for _, c := range changes {
		t = append(t, []string{c.Time.Local().Format(time.DateTime), string(c.Of), strconv.Itoa(c.From), strconv.Itoa(c.To), string(c.Cause), c.Actor, c.Message})
	}
	return t
}
