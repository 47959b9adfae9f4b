package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/transforms"
)

// benchBatch is how many events go through the processor at a time, as from a topic under load.
const benchBatch = 500

func (a *App) transformsBench() *ucli.Command {
	return &ucli.Command{
		Name: "bench", Usage: "Measure a step on events of yours, in the processor that the engine runs", ArgsUsage: "FILE.ts#EXPORT",
		Description: `   inflect topics sample orders --count 1000 > events.ndjson
   inflect transforms bench orders.ts#keepPaid --kind filter --events events.ndjson`,
		Flags: []ucli.Flag{directoryFlag(), outputFlag("table"),
			&ucli.StringFlag{Name: "events", Required: true, Usage: "`FILE` with JSON values, one a line"},
			&ucli.StringFlag{Name: "kind", Value: "transform", Usage: "`KIND`: transform or filter"},
			&ucli.StringFlag{Name: "params", Value: "{}", Usage: "the step's parameters, `JSON`"},
			&ucli.DurationFlag{Name: "for", Value: 3 * time.Second, Usage: "how long, `DURATION`"}},
		Action: func(c *ucli.Context) error {
			ref, err := one(c, "transform")
			if err != nil {
				return err
			}
			f, err := os.Open(c.String("events"))
			if err != nil {
				return fmt.Errorf("reading --events: %w", err)
			}
			defer f.Close()
			events, err := readEvents(f)
			if err != nil {
				return err
			}
			p, err := benchProcessor(c, ref)
			if err != nil {
				return err
			}
			defer p.Close(context.WithoutCancel(c.Context))
			r, err := measure(c.Context, p, events, c.Duration("for"))
			if err != nil {
				return err
			}
			return a.print(c, r, func() table {
				return table{
					{"events", fmt.Sprintf("%d in %s", r.Events, time.Duration(r.Seconds*float64(time.Second)).Round(time.Millisecond))},
					{"throughput", fmt.Sprintf("%.0f events/s, %.1f MB/s", r.PerSecond, r.MegabytesPerSecond)},
					{"an event", fmt.Sprintf("%.2fµs, parsing and writing included", r.Microseconds)},
					{"failed", fmt.Sprint(r.Failed)},
				}
			})
		},
	}
}

func benchProcessor(c *ucli.Context, ref string) (*service.OwnedProcessor, error) {
	dir, err := filepath.Abs(c.String("transforms"))
	if err != nil {
		return nil, fmt.Errorf("finding --transforms: %w", err)
	}
	if err := os.Setenv(envTransforms, dir); err != nil {
		return nil, fmt.Errorf("naming the transform directory: %w", err)
	}
	file, export := transforms.SplitRef(ref)
	spec := service.NewConfigSpec().Field(service.NewProcessorField("processor"))
	conf, err := spec.ParseYAML(fmt.Sprintf("processor: {inflect_js: {steps: [{name: step, kind: %q, file: %q, export: %q, params: %s}]}}",
		c.String("kind"), file, export, c.String("params")), nil)
	if err != nil {
		return nil, fmt.Errorf("preparing %s: %w", ref, err)
	}
	p, err := conf.FieldProcessor("processor")
	if err != nil {
		return nil, fmt.Errorf("preparing %s: %w", ref, err)
	}
	return p, nil
}

// measurement is what a step cost.
type measurement struct {
	Events             int     `json:"events"`
	Failed             int     `json:"failed"`
	Seconds            float64 `json:"seconds"`
	PerSecond          float64 `json:"events_per_second"`
	MegabytesPerSecond float64 `json:"megabytes_per_second"`
	Microseconds       float64 `json:"microseconds_per_event"`
}

func measure(ctx context.Context, p *service.OwnedProcessor, events []pipeline.TestEvent, length time.Duration) (measurement, error) {
	var m measurement
	var size int
	for began, at := time.Now(), 0; m.Seconds < length.Seconds(); m.Seconds = time.Since(began).Seconds() {
		batch := make(service.MessageBatch, benchBatch)
		for i := range batch {
			e := events[at%len(events)].Value
			at++
			size += len(e)
			batch[i] = service.NewMessage(e)
		}
		out, err := service.ExecuteProcessors(ctx, []*service.OwnedProcessor{p}, batch)
		if err != nil {
			return m, fmt.Errorf("measuring: %w", err)
		}
		m.Events += len(batch)
		for _, b := range out {
			for _, msg := range b {
				// The bytes are what the output would ask for.
				if _, err := msg.AsBytes(); err != nil || msg.GetError() != nil {
					m.Failed++
				}
			}
		}
		if ctx.Err() != nil {
			return m, errors.New("interrupted")
		}
	}
	m.PerSecond = float64(m.Events) / m.Seconds
	m.MegabytesPerSecond = float64(size) / 1e6 / m.Seconds
	m.Microseconds = m.Seconds / float64(m.Events) * 1e6
	return m, nil
}
