//go:build !connect

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/config"
	"github.com/inflect-dev/inflect/local"
	"github.com/inflect-dev/inflect/pipeline"
)

// stopSlack is how much longer than --shutdown-timeout, which the engine gets, everything may take to stop.
const stopSlack = 10 * time.Second

func upCommand() *ucli.Command {
	return &ucli.Command{
		Name:  "up",
		Usage: "Start everything on this machine, with a demo",
		Description: `Starts a Kafka broker, a schema registry, Postgres, the engine, the control plane and the page, and keeps their state
under --data. Each of --brokers, --registry and --postgres that is given takes the place of the embedded one.

   inflect up
   inflect up --brokers kafka:9092 --registry http://registry:8081 --no-demo`,
		Flags:  config.UpFlags(),
		Action: untilSignal(up),
	}
}

// up is one run of `inflect up`.
func up(ctx context.Context, s config.Settings, out io.Writer) (err error) {
	unlock, err := local.Lock(s.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	log := logger(s, out)
	u := &upRun{settings: s, log: log, out: out, stack: newStack()}
	defer func() { err = errors.Join(err, u.stack.stop(s.Shutdown+stopSlack), u.close()) }()
	if err := u.start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	if err := u.stack.wait(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, "stopping; ctrl-C again ends at once")
	return nil
}

// upRun is what a run has started so far.
type upRun struct {
	settings config.Settings
	log      *slog.Logger
	out      io.Writer
	stack    *stack
	ports    *local.Ports
	closers  []io.Closer
}

func (u *upRun) close() error {
	var err error
	for _, c := range u.closers {
		err = errors.Join(err, c.Close())
	}
	return err
}

// start starts the parts from the ground up: each stands on those before it.
func (u *upRun) start(ctx context.Context) (err error) {
	// A taken port is said before anything else is started.
	page, err := listen(u.settings.Listen)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, page.Close())
		}
	}()
	if u.ports, err = local.OpenPorts(u.settings.Data); err != nil {
		return err
	}
	u.closers = append(u.closers, u.ports)
	if u.settings.Transforms, err = filepath.Abs(u.settings.Transforms); err != nil {
		return fmt.Errorf("finding --transforms: %w", err)
	}
	if err := os.MkdirAll(u.settings.Transforms, 0o755); err != nil {
		return fmt.Errorf("making --transforms: %w", err)
	}
	if u.settings.Demo {
		if err := local.WriteDemoTransforms(u.settings.Transforms); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context) error{u.kafka, u.registry, u.postgres, u.engine} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	plane, err := newPlane(u.settings, u.log)
	if err != nil {
		return err
	}
	plane.start(u.stack, page)
	if u.settings.Demo {
		if err := u.demo(plane); err != nil {
			return err
		}
	}
	u.report(plane)
	return nil
}

func (u *upRun) kafka(context.Context) error {
	if len(u.settings.Kafka.Brokers) > 0 {
		return nil
	}
	l, err := u.ports.Listen("kafka")
	if err != nil {
		return err
	}
	k, err := local.StartKafka(filepath.Join(u.settings.Data, "kafka"), l)
	if err != nil {
		return err
	}
	u.settings.Kafka = config.Kafka{Brokers: []string{k.Broker}}
	u.stack.start("the embedded Kafka", k.Run)
	return nil
}

func (u *upRun) registry(context.Context) error {
	if u.settings.Registry.URL != "" {
		return nil
	}
	l, err := u.ports.Listen("registry")
	if err != nil {
		return err
	}
	r, err := local.StartRegistry(u.settings.Data, l)
	if err != nil {
		return err
	}
	u.settings.Registry = config.Registry{URL: r.URL}
	u.stack.start("the embedded schema registry", r.Run)
	return nil
}

func (u *upRun) postgres(ctx context.Context) error {
	if u.settings.Postgres != "" {
		return nil
	}
	address, err := u.ports.Address("postgres")
	if err != nil {
		return err
	}
	output, err := u.logFile("postgres")
	if err != nil {
		return err
	}
	p, err := local.NewPostgres(ctx, u.settings.Data, address, output)
	if err != nil {
		return err
	}
	u.settings.Postgres = p.DSN()
	u.stack.start("Postgres", func(ctx context.Context) error { return local.Keep(ctx, u.log, "Postgres", p.Run) })
	if err := p.Ready(ctx); err != nil {
		return fmt.Errorf("%w: see %s", err, output.Name())
	}
	return nil
}

func (u *upRun) engine(ctx context.Context) error {
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	output, err := u.logFile("engine")
	if err != nil {
		return err
	}
	e, err := local.NewEngine(binary, u.settings.Data, u.ports, engineEnvironment(u.settings), u.settings.Shutdown, io.MultiWriter(output, &problems{to: u.out}))
	if err != nil {
		return err
	}
	u.settings.Engines = config.Engines{URLs: []string{e.URL}, Status: []string{e.Status}, Password: e.Password}
	u.stack.start("the engine", func(ctx context.Context) error { return e.Run(ctx, u.log) })
	return e.Ready(ctx)
}

// demo makes the demo's topics, schemas and pipelines, each where it is missing, and starts the feed. Pipelines that
// were deleted stay deleted: they are made once for a data directory.
func (u *upRun) demo(plane *plane) error {
	feed, err := local.DemoFeed(u.log)
	if err != nil {
		return err
	}
	options, err := registryOptions(u.settings.Registry)
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(plane.kafkaOptions()...)
	if err != nil {
		return fmt.Errorf("opening the demo: %w", err)
	}
	registry, err := sr.NewClient(options...)
	if err != nil {
		client.Close()
		return fmt.Errorf("opening the demo: %w", err)
	}
	mark := filepath.Join(u.settings.Data, "demo")
	u.stack.start("the demo", func(ctx context.Context) error {
		defer client.Close()
		return local.Keep(ctx, u.log, "the demo", func(ctx context.Context) error {
			if err := local.PrepareDemo(ctx, client, registry); err != nil {
				return err
			}
			if err := createOnce(ctx, mark, plane); err != nil {
				return err
			}
			return feed.Run(ctx, client)
		})
	})
	return nil
}

func createOnce(ctx context.Context, mark string, plane *plane) error {
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-plane.migrated:
	}
	specs, err := local.DemoPipelines()
	if err != nil {
		return err
	}
	for _, spec := range specs {
		if _, err := plane.store.Create(ctx, spec, "demo"); err != nil && pipeline.CodeOf(err) != pipeline.CodeExists {
			return fmt.Errorf("making the demo's pipeline %s: %w", spec.Name, err)
		}
	}
	return os.WriteFile(mark, nil, 0o644)
}

func (u *upRun) logFile(name string) (*os.File, error) {
	dir := filepath.Join(u.settings.Data, "logs")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("opening logs: %w", err)
	}
	f, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, fmt.Errorf("opening logs: %w", err)
	}
	u.closers = append(u.closers, f)
	return f, nil
}

func (u *upRun) report(p *plane) {
	shown := u.settings.Redacted()
	fmt.Fprintf(u.out, "\n  Inflect is up: %s\n\n", p.url())
	for _, line := range [][2]string{
		{"Kafka", strings.Join(shown.Kafka.Brokers, ",")},
		{"Registry", shown.Registry.URL},
		{"Postgres", shown.Postgres},
		{"Engine", shown.Engines.Status[0] + "/metrics"},
		{"Transforms", shown.Transforms},
		{"Logs", filepath.Join(shown.Data, "logs")},
	} {
		fmt.Fprintf(u.out, "  %-11s %s\n", line[0], line[1])
	}
	fmt.Fprintln(u.out)
}

// problems passes on the lines of an engine's log that are warnings or errors; all of it is in the file.
type problems struct{ to io.Writer }

func (p *problems) Write(b []byte) (int, error) {
	for line := range strings.Lines(string(b)) {
		if strings.Contains(line, "level=error") || strings.Contains(line, "level=warn") {
			if _, err := io.WriteString(p.to, "engine: "+line); err != nil {
				return 0, err
			}
		}
	}
	return len(b), nil
}
