package cli

import (
	"encoding/json"
	"fmt"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
	"github.com/inflect-dev/inflect/pipeline"
)

func (a *App) topics() *ucli.Command {
	return &ucli.Command{
		Name: "topics", Aliases: []string{"topic"}, Usage: "Look at topics and their records",
		Subcommands: []*ucli.Command{a.topicsList(), a.topicsGet(), a.topicsRecords(), a.topicsSample(), a.topicsProduce()},
	}
}

func (a *App) topicsList() *ucli.Command {
	return &ucli.Command{
		Name: "list", Usage: "Show topics",
		Flags: []ucli.Flag{serverFlag(), outputFlag("table"), &ucli.StringFlag{Name: "search", Usage: "part of the name: `TEXT`"},
			&ucli.BoolFlag{Name: "internal", Usage: "Kafka's own, too"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			all, err := server.Topics(c.Context, c.String("search"))
			if err != nil {
				return err
			}
			found := all[:0]
			for _, t := range all {
				if !t.Internal || c.Bool("internal") {
					found = append(found, t)
				}
			}
			return a.print(c, found, func() table {
				t := table{{"NAME", "PARTITIONS", "REPLICATION"}}
				for _, topic := range found {
					t = append(t, []string{topic.Name, fmt.Sprint(topic.Partitions), fmt.Sprint(topic.Replication)})
				}
				return t
			})
		}),
	}
}

func (a *App) topicsGet() *ucli.Command {
	return &ucli.Command{
		Name: "get", Usage: "Show one topic's partitions and who uses it", ArgsUsage: "TOPIC", Flags: []ucli.Flag{serverFlag(), outputFlag("table")},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			name, err := one(c, "topic")
			if err != nil {
				return err
			}
			topic, err := server.Topic(c.Context, name)
			if err != nil {
				return err
			}
			return a.print(c, topic, func() table {
				t := table{{"PARTITION", "START", "END", "LEADER"}}
				for _, p := range topic.Partitions {
					t = append(t, []string{fmt.Sprint(p.Partition), number(p.StartOffset), number(p.EndOffset), fmt.Sprint(p.Leader)})
				}
				for _, u := range topic.UsedBy {
					t = append(t, []string{"used by " + u.Pipeline + " as " + u.As})
				}
				return t
			})
		}),
	}
}

func (a *App) topicsRecords() *ucli.Command {
	return &ucli.Command{
		Name: "records", Usage: "Show records of a topic, the newest ones or from a place on", ArgsUsage: "TOPIC",
		Flags: []ucli.Flag{serverFlag(), outputFlag("table"),
			&ucli.IntFlag{Name: "limit", Value: 10, Usage: "how many, `N`"},
			&ucli.IntFlag{Name: "partition", Usage: "only of partition `N`"},
			&ucli.Int64Flag{Name: "offset", Usage: "from this `OFFSET` of --partition on"},
			&ucli.TimestampFlag{Name: "time", Layout: time.RFC3339, Usage: "from this `TIME` (RFC 3339) on"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			name, err := one(c, "topic")
			if err != nil {
				return err
			}
			q := pipeline.RecordQuery{Limit: c.Int("limit"), Time: c.Timestamp("time")}
			if c.IsSet("partition") {
				p := int32(c.Int("partition"))
				q.Partition = &p
			}
			if c.IsSet("offset") {
				o := c.Int64("offset")
				q.Offset = &o
			}
			records, err := server.Records(c.Context, name, q)
			if err != nil {
				return err
			}
			return a.print(c, records, func() table {
				t := table{{"PARTITION", "OFFSET", "TIME", "KEY", "VALUE"}}
				for _, r := range records {
					value := short(string(r.Value))
					if r.Value == nil {
						value = "(tombstone)"
					}
					t = append(t, []string{fmt.Sprint(r.Partition), number(r.Offset), r.Timestamp.Local().Format(time.DateTime), short(string(r.Key)), value})
				}
				return t
			})
		}),
	}
}

func (a *App) topicsProduce() *ucli.Command {
	return &ucli.Command{
		Name: "produce", Usage: "Write events to a topic, one JSON value a line from stdin", ArgsUsage: "TOPIC",
		Flags: []ucli.Flag{serverFlag(),
			&ucli.StringFlag{Name: "schema", Usage: "check and encode them by this `SUBJECT`; all conform or none is written"},
			&ucli.StringFlag{Name: "version", Value: "latest", Usage: "`VERSION` of the subject"},
			&ucli.StringFlag{Name: "key", Usage: "the records' key: `FIELD` of each event on its first level"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			topic, err := one(c, "topic")
			if err != nil {
				return err
			}
			events, err := readEvents(a.Stdin)
			if err != nil {
				return err
			}
			if field := c.String("key"); field != "" {
				if err := keyBy(events, field); err != nil {
					return err
				}
			}
			var schema *pipeline.Schema
			if subject := c.String("schema"); subject != "" {
				schema = &pipeline.Schema{Subject: subject, Version: pipeline.Version(c.String("version"))}
			}
			done, err := server.Produce(c.Context, topic, schema, events)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.Stdout, "%d written to %s\n", len(done), topic)
			return err
		}),
	}
}

// keyBy takes each event's key from one of its fields.
func keyBy(events []pipeline.TestEvent, field string) error {
	for i := range events {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(events[i].Value, &fields); err != nil || fields[field] == nil {
			return fmt.Errorf("event %d has no field %s to be its key", i+1, field)
		}
		key := string(fields[field])
		var text string
		if err := json.Unmarshal(fields[field], &text); err == nil {
			key = text
		}
		events[i].Key = &key
	}
	return nil
}
