package cli

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
	"github.com/inflect-dev/inflect/pipeline"
)

func (a *App) dlqReplay() *ucli.Command {
	return &ucli.Command{
		Name: "replay", Usage: "Send dead letters through their pipeline once more", ArgsUsage: "PIPELINE",
		Description: `Each dead letter is sent at most once, however often this is called. What has failed --max-attempts times is left alone.

   inflect dlq replay orders --group 1f0c…
   inflect dlq replay orders --all --rate 100
   inflect dlq replay orders --all --to pipeline      # other readers of the source see nothing of it

   inflect dlq show orders 0@17 > value.json          # mend one
   inflect dlq replay orders --id 0@17 --value-file value.json`,
		Flags: []ucli.Flag{serverFlag(),
			&ucli.BoolFlag{Name: "all", Usage: "all groups"},
			&ucli.StringFlag{Name: "group", Usage: "one group, by its `FINGERPRINT`"},
			&ucli.StringSliceFlag{Name: "id", Usage: "one dead letter, by its `PARTITION@OFFSET` as in dlq list --group; repeatable"},
			&ucli.StringFlag{Name: "value-file", Usage: "`FILE` with what to send in place of the value of the one --id, - for stdin"},
			&ucli.StringFlag{Name: "to", Usage: "`PLACE`: source, where other readers see them again, or pipeline, straight through its revision at work (default: source)"},
			&ucli.Float64Flag{Name: "rate", Usage: "at most so many a second, `N`; 0 for no limit"},
			&ucli.IntFlag{Name: "max-attempts", Usage: "leave alone what has failed so often, `N` (default: 3)"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			name, err := one(c, "pipeline")
			if err != nil {
				return err
			}
			q, err := a.replayOf(c)
			if err != nil {
				return err
			}
			done, err := replayAll(c, server, name, q)
			if err == nil || done.Replayed > 0 {
				fmt.Fprintln(a.Stdout, replayed(done)) // What the first calls did is done.
			}
			if err != nil {
				return err
			}
			if done.NotFound > 0 || done.Refused > 0 {
				return &exitError{code: ExitFailed}
			}
			return nil
		}),
	}
}

// replayOf is what the flags ask for.
func (a *App) replayOf(c *ucli.Context) (pipeline.DeadLetterReplay, error) {
	ids, file := c.StringSlice("id"), c.String("value-file")
	q := pipeline.DeadLetterReplay{All: c.Bool("all"), Fingerprint: c.String("group"), To: pipeline.ReplayTo(c.String("to")), Rate: c.Float64("rate"),
		MaxAttempts: c.Int("max-attempts")}
	given := 0
	for _, set := range []bool{q.All, q.Fingerprint != "", len(ids) > 0} {
		if set {
			given++
		}
	}
	switch {
	case given != 1:
		return q, usage("give one of --all, --group and --id")
	case file != "" && len(ids) != 1:
		return q, usage("--value-file is for one dead letter: give one --id")
	case q.To != "" && q.To != pipeline.ToSource && q.To != pipeline.ToPipeline:
		return q, usage("--to %q is not source or pipeline", q.To)
	}
	for _, id := range ids {
		at, err := placeOf(id)
		if err != nil {
			return q, err
		}
		q.Records = append(q.Records, at)
	}
	if file != "" {
		value, err := a.read(file)
		if err != nil {
			return q, fmt.Errorf("reading --value-file: %w", err)
		}
		q.Records[0].Value, q.Records[0].ValueBase64 = edit(value)
	}
	return q, nil
}

// edit is a value as the API takes it: JSON, which the server brings into the form of the incoming schema, or bytes.
func edit(value []byte) (json.RawMessage, *string) {
	if json.Valid(value) {
		return value, nil
	}
	text := base64.StdEncoding.EncodeToString(value)
	return nil, &text
}

// placeOf reads PARTITION@OFFSET.
func placeOf(id string) (pipeline.DeadLetterPlace, error) {
	partition, offset, _ := strings.Cut(id, "@")
	p, perr := strconv.ParseUint(partition, 10, 31)
	o, oerr := strconv.ParseUint(offset, 10, 63)
	if perr != nil || oerr != nil {
		return pipeline.DeadLetterPlace{}, usage("%q is no dead letter: write PARTITION@OFFSET, such as 0@17", id)
	}
	return pipeline.DeadLetterPlace{Partition: int32(p), Offset: int64(o)}, nil
}

// replayAll calls until nothing is left to do. What had been replayed before is what the first call says: later ones count
// those of the earlier.
func replayAll(c *ucli.Context, server *client.Client, name string, q pipeline.DeadLetterReplay) (pipeline.DeadLetterReplayed, error) {
	sum, err := server.ReplayDeadLetters(c.Context, name, q)
	for last := sum; err == nil && last.Remaining > 0 && last.Replayed > 0; {
		if last, err = server.ReplayDeadLetters(c.Context, name, q); err == nil {
			sum.Replayed += last.Replayed
			sum.LoopGuard, sum.NotFound, sum.Refused, sum.Remaining = last.LoopGuard, last.NotFound, last.Refused, last.Remaining
		}
	}
	return sum, err
}

// replayed says what was done and what was not.
func replayed(done pipeline.DeadLetterReplayed) string {
	parts := []string{fmt.Sprintf("%d sent once more", done.Replayed)}
	for _, left := range []struct {
		n    int
		what string
	}{
		{done.AlreadyReplayed, "were before"},
		{done.LoopGuard, "left alone by the loop guard"},
		{done.NotFound, "are not there"},
		{done.Refused, "cannot be sent that way"},
		{done.Remaining, "remain"},
	} {
		if left.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", left.n, left.what))
		}
	}
	return strings.Join(parts, ", ")
}

func (a *App) dlqShow() *ucli.Command {
	return &ucli.Command{
		Name: "show", Usage: "Write one dead letter's value to stdout, to be mended and replayed", ArgsUsage: "PIPELINE PARTITION@OFFSET",
		Description: `Avro and Protobuf are shown as JSON, which dlq replay --value-file takes. With -o json, the whole record.`,
		Flags:       []ucli.Flag{serverFlag(), &ucli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "value", Usage: "`FORMAT`: value, json or yaml"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			if c.NArg() != 2 {
				return usage("name a pipeline and a dead letter: `%s %s`", c.Command.HelpName, c.Command.ArgsUsage)
			}
			at, err := placeOf(c.Args().Get(1))
			if err != nil {
				return err
			}
			switch format := c.String("output"); format {
			case "value", "json", "yaml":
			default:
				return usage("-o %q is not value, json or yaml", format)
			}
			// The topic of the revision at work, as for list and replay; the one that is saved may name another.
			letters, err := server.DeadLetters(c.Context, c.Args().First(), pipeline.DeadLetterQuery{Scan: 1})
			if err != nil {
				return err
			}
			found, err := server.Records(c.Context, letters.Topic, pipeline.RecordQuery{Partition: &at.Partition, Offset: &at.Offset, Limit: 1})
			if err != nil {
				return err
			}
			if len(found) == 0 || found[0].Offset != at.Offset {
				return fmt.Errorf("there is no dead letter %s in topic %s", c.Args().Get(1), letters.Topic)
			}
			r := found[0]
			switch {
			case c.String("output") != "value":
				return a.print(c, r, func() table { return nil })
			case r.Truncated:
				return fmt.Errorf("the value is too large to be shown: %d bytes", r.Size)
			case r.Value == nil:
				return errors.New("the value is null: it is a tombstone")
			}
			_, err = a.Stdout.Write(r.Value)
			return err
		}),
	}
}

// read is the whole of a file, or of stdin.
func (a *App) read(file string) ([]byte, error) {
	in := a.Stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if len(b) > maxInput {
		err = fmt.Errorf("%s is larger than %d bytes", file, maxInput)
	}
	return b, err
}

// maxInput bounds what is read of one file; the server takes no more.
const maxInput = 16 << 20
