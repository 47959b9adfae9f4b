package cli

import (
	"fmt"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
	"github.com/inflect-dev/inflect/pipeline"
)

// formatLines is the format of a sample that other commands read.
const formatLines = "lines"

func (a *App) topicsSample() *ucli.Command {
	return &ucli.Command{
		Name: "sample", Usage: "Write events to stdout: a topic's newest, or generated from a schema", ArgsUsage: "[TOPIC]",
		Description: `   inflect topics sample orders | inflect pipelines test orders-eu
   inflect topics sample --schema orders-value --count 100 --edge-cases
   inflect topics sample --schema orders-value --count 1 --near-misses -o table`,
		Flags: []ucli.Flag{serverFlag(),
			// Pipes break if the environment may ask for another format.
			&ucli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: formatLines,
				Usage: "`FORMAT`: lines, each an event in JSON; or, with what is special about each event, table, json or yaml"},
			&ucli.StringFlag{Name: "schema", Usage: "generate events of this `SUBJECT` in place of a topic's"},
			&ucli.StringFlag{Name: "version", Value: "latest", Usage: "`VERSION` of the subject"},
			&ucli.IntFlag{Name: "count", Value: 10, Usage: "how many, `N`; 0 for --edge-cases and --near-misses alone"},
			&ucli.Int64Flag{Name: "seed", Value: 1, Usage: "the same `N` generates the same events"},
			&ucli.BoolFlag{Name: "edge-cases", Usage: "and one for each edge of the schema"},
			&ucli.BoolFlag{Name: "near-misses", Usage: "and some that the schema must refuse"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			request, err := sampleRequest(c)
			if err != nil {
				return err
			}
			samples, err := server.Sample(c.Context, request)
			if err != nil {
				return err
			}
			if c.String("output") == formatLines {
				return a.sampleLines(samples)
			}
			return a.print(c, samples, func() table {
				t := table{{"FITS", "WHAT", "EVENT"}}
				for _, s := range samples {
					fits := "yes"
					if s.Invalid {
						fits = "no"
					}
					t = append(t, []string{fits, s.Note, short(string(s.Event.Value))})
				}
				return t
			})
		}),
	}
}

// sampleRequest refuses flags that would change nothing.
func sampleRequest(c *ucli.Context) (client.SampleRequest, error) {
	r := client.SampleRequest{Count: c.Int("count"), Seed: c.Int64("seed"), EdgeCases: c.Bool("edge-cases"), NearMisses: c.Bool("near-misses")}
	if r.Count < 0 || r.Count == 0 && !r.EdgeCases && !r.NearMisses {
		return r, usage("--count is %d, but must be at least 1, or 0 for --edge-cases and --near-misses alone", r.Count)
	}
	if subject := c.String("schema"); subject != "" {
		if c.NArg() > 0 {
			return r, usage("name either a topic or --schema: events come from %s or are generated", c.Args().First())
		}
		r.Schema = &pipeline.Schema{Subject: subject, Version: pipeline.Version(c.String("version"))}
		return r, nil
	}
	for _, flag := range []string{"version", "seed", "edge-cases", "near-misses"} {
		if c.IsSet(flag) {
			return r, usage("--%s is about events that are generated: name their --schema", flag)
		}
	}
	var err error
	r.Topic, err = one(c, "topic")
	return r, err
}

func (a *App) sampleLines(samples []pipeline.Sample) error {
	for _, s := range samples {
		if s.Event.Value == nil {
			// What is no JSON cannot be a line of JSON.
			fmt.Fprintf(a.Stderr, "inflect: left out an event that is not JSON %s\n", s.Note)
			continue
		}
		if _, err := fmt.Fprintln(a.Stdout, strings.TrimSpace(string(s.Event.Value))); err != nil {
			return err
		}
	}
	return nil
}
