package cli

import (
	"fmt"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
	"github.com/inflect-dev/inflect/pipeline"
)

func (a *App) dlq() *ucli.Command {
	return &ucli.Command{
		Name: "dlq", Usage: "Look at dead letters and send them once more",
		Subcommands: []*ucli.Command{a.dlqList(), a.dlqShow(), a.dlqReplay()},
	}
}

func (a *App) dlqList() *ucli.Command {
	return &ucli.Command{
		Name: "list", Usage: "Show why records of a pipeline failed, grouped by cause", ArgsUsage: "PIPELINE",
		Flags: []ucli.Flag{serverFlag(), outputFlag("table"),
			&ucli.StringFlag{Name: "group", Usage: "show one group's records, by its `FINGERPRINT`"},
			&ucli.IntFlag{Name: "records", Value: 5, Usage: "how many records of a group, `N`"},
			&ucli.IntFlag{Name: "scan", Usage: "how many of the topic's newest records are looked at, `N`"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			name, err := one(c, "pipeline")
			if err != nil {
				return err
			}
			found, err := server.DeadLetters(c.Context, name,
				pipeline.DeadLetterQuery{Fingerprint: c.String("group"), Records: c.Int("records"), Scan: c.Int("scan")})
			if err != nil {
				return err
			}
			return a.print(c, found, func() table {
				if !found.Complete {
					fmt.Fprintf(a.Stderr, "inflect: these are of the newest %d records of topic %s; older ones are not counted: --scan looks further\n", found.Scanned, found.Topic)
				}
				if c.String("group") != "" {
					return letters(found)
				}
				t := table{{"GROUP", "COUNT", "REPLAYED", "LAST", "STAGE", "CODE", "MESSAGE"}}
				for _, g := range found.Groups {
					t = append(t, []string{g.Fingerprint, fmt.Sprint(g.Count), fmt.Sprint(g.Replayed), g.Last.Local().Format(time.DateTime), g.Stage, g.Code, short(g.Message)})
				}
				return t
			})
		}),
	}
}

func letters(found pipeline.DeadLetters) table {
	t := table{{"ID", "ATTEMPT", "SOURCE", "MESSAGE", "VALUE"}}
	for _, g := range found.Groups {
		for _, r := range g.Records {
			from := ""
			if r.Source != nil {
				from = fmt.Sprintf("%s/%d@%d", r.Source.Topic, r.Source.Partition, r.Source.Offset)
			}
			t = append(t, []string{fmt.Sprintf("%d@%d", r.Record.Partition, r.Record.Offset), fmt.Sprint(r.Attempt), from, short(r.Message), short(string(r.Record.Value))})
		}
	}
	return t
}
