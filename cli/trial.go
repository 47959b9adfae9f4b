package cli

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
	"github.com/inflect-dev/inflect/pipeline"
)

// maxEvents bounds the events of one trial.
const maxEvents = 1000

func (a *App) pipelinesTest() *ucli.Command {
	return &ucli.Command{
		Name: "test", Usage: "Show what a pipeline makes of events, step by step; nothing is produced", ArgsUsage: "[NAME]",
		Description: `Events are JSON values, one a line, from --events or stdin, or the newest records of the source with --newest.
A saved pipeline runs the code that its revision was built into, a spec from -f the server's files as they are. Exit code 1 when
an event fails.

   echo '{"id": 1}' | inflect pipelines test orders
   inflect pipelines test -f orders.yaml --newest 10`,
		Flags: []ucli.Flag{serverFlag(), outputFlag("table"),
			&ucli.StringFlag{Name: "file", Aliases: []string{"f"}, Usage: "`FILE` with the spec, in place of a saved pipeline"},
			&ucli.Int64Flag{Name: "revision", Usage: "`REVISION` of the saved pipeline; the newest when not given"},
			&ucli.StringFlag{Name: "events", Usage: "`FILE` with JSON values, one a line"},
			&ucli.IntFlag{Name: "newest", Usage: "take the `N` newest records of the source topic"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			trial, source, err := a.trial(c, server)
			if err != nil {
				return err
			}
			if trial.Events, err = a.events(c, server, source); err != nil {
				return err
			}
			results, err := server.Try(c.Context, trial)
			if err != nil {
				return err
			}
			if err := a.print(c, results, func() table { return trialTable(results) }); err != nil {
				return err
			}
			for _, r := range results {
				for _, s := range r.Stages {
					if s.Outcome == "failed" {
						return &exitError{code: ExitFailed}
					}
				}
			}
			return nil
		}),
	}
}

// trial is what is to be tried, and where its events come from.
func (a *App) trial(c *ucli.Context, server *client.Client) (client.Trial, pipeline.Source, error) {
	if file := c.String("file"); file != "" {
		if c.Args().Present() {
			return client.Trial{}, pipeline.Source{}, usage("give either a pipeline's name or -f, and not both")
		}
		specs, err := a.specs([]string{file})
		if err != nil {
			return client.Trial{}, pipeline.Source{}, err
		}
		if len(specs) != 1 {
			return client.Trial{}, pipeline.Source{}, usage("%s holds %d specs: only one can be tried at a time", file, len(specs))
		}
		return client.Trial{Spec: &specs[0].spec}, specs[0].spec.Source, nil
	}
	name, err := one(c, "pipeline")
	if err != nil {
		return client.Trial{}, pipeline.Source{}, err
	}
	p, err := server.Pipeline(c.Context, name)
	return client.Trial{Pipeline: name, Revision: c.Int64("revision")}, p.Source, err
}

func (a *App) events(c *ucli.Context, server *client.Client, from pipeline.Source) ([]pipeline.TestEvent, error) {
	if n := c.Int("newest"); n > 0 {
		records, err := server.Records(c.Context, from.Topic, pipeline.RecordQuery{Limit: n})
		if err != nil {
			return nil, err
		}
		if len(records) == 0 {
			return nil, fmt.Errorf("topic %s has no records", from.Topic)
		}
		var events []pipeline.TestEvent
		for _, r := range records {
			events = append(events, eventOf(r, from.Schema != nil))
		}
		return events, nil
	}
	in := a.Stdin
	if file := c.String("events"); file != "" && file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("reading --events: %w", err)
		}
		defer f.Close()
		in = f
	}
	return readEvents(in)
}

// eventOf is a record as an event of a trial. The server shows a framed record without its frame and puts it back by the
// incoming schema; where the pipeline has none, its steps get the frame in production and so they do here.
func eventOf(r pipeline.Record, schema bool) pipeline.TestEvent {
	e := pipeline.TestEvent{Headers: map[string]string{}, Tombstone: r.Value == nil}
	if r.Key != nil {
		key := string(r.Key)
		e.Key = &key
	}
	for _, h := range r.Headers {
		e.Headers[h.Name] = string(h.Value)
	}
	switch {
	case r.Value == nil:
	case r.SchemaID != nil && !schema && json.Valid(r.Value): // Only the frame of JSON is taken off.
		framed := binary.BigEndian.AppendUint32([]byte{0}, uint32(*r.SchemaID))
		e.ValueBase64 = base64.StdEncoding.EncodeToString(append(framed, r.Value...))
	case json.Valid(r.Value):
		e.Value = r.Value
	default:
		e.ValueBase64 = base64.StdEncoding.EncodeToString(r.Value)
	}
	return e
}

func readEvents(in io.Reader) ([]pipeline.TestEvent, error) {
	var events []pipeline.TestEvent
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if !json.Valid(line) {
			return nil, fmt.Errorf("reading events: line %d is not JSON: give one JSON value a line", n)
		}
		if events = append(events, pipeline.TestEvent{Value: bytes.Clone(line)}); len(events) > maxEvents {
			return nil, fmt.Errorf("reading events: there are more than %d", maxEvents)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading events: %w", err)
	}
	if len(events) == 0 {
		return nil, errors.New("reading events: there are none: give JSON values, one a line, on stdin or with --events, or --newest N")
	}
	return events, nil
}

func trialTable(results []pipeline.TestResult) table {
	t := table{{"EVENT", "STAGE", "OUTCOME", "TIME", "RESULT"}}
	for i, r := range results {
		for _, s := range r.Stages {
			result := short(string(s.Output))
			if s.Error != nil {
				result = s.Error.Message
				if s.Error.File != "" {
					result = fmt.Sprintf("%s:%d:%d: %s", s.Error.File, s.Error.Line, s.Error.Column, result)
				}
			}
			t = append(t, []string{fmt.Sprint(i + 1), s.Stage, s.Outcome, fmt.Sprintf("%.0fµs", s.DurationUS), result})
		}
		var topics []string
		for _, rec := range r.Records {
			topics = append(topics, rec.Topic)
		}
		t = append(t, []string{fmt.Sprint(i + 1), "", r.Outcome, "", strings.Join(topics, " ")})
	}
	return t
}

// short cuts what would not fit into a line.
func short(s string) string {
	const most = 120
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}
