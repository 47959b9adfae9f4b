//go:build !connect

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/twmb/franz-go/pkg/kgo"
	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/api/catalog"
	"github.com/inflect-dev/inflect/api/deadletter"
	"github.com/inflect-dev/inflect/api/evolution"
	"github.com/inflect-dev/inflect/config"
	"github.com/inflect-dev/inflect/configgen"
	"github.com/inflect-dev/inflect/configgen/dryrun"
	"github.com/inflect-dev/inflect/configgen/kube"
	"github.com/inflect-dev/inflect/configgen/postgres"
	"github.com/inflect-dev/inflect/configgen/render"
	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/local"
	"github.com/inflect-dev/inflect/plugins/engine"
	"github.com/inflect-dev/inflect/ui"
)

// The pauses between attempts to reach a database that is away, and between looks at the transform directory.
const (
	migratePause = time.Second
	watchPause   = 500 * time.Millisecond
)

// compareEvery is the number of resyncs from one comparison of the transforms to the next: it bundles all of them.
const compareEvery = 4

func serveCommand() *ucli.Command {
	return &ucli.Command{
		Name:  "serve",
		Usage: "Run the control plane: API, page and config service",
		Description: `Keeps pipelines in Postgres and makes engines (inflect streams) run them.

   INFLECT_POSTGRES=postgres://inflect:…@db/inflect INFLECT_STREAMS_PASSWORD=… \
   inflect serve --brokers kafka:9092 --registry http://registry:8081 --engine http://engine:4195 --engine-status http://engine:4196

On an address that others can reach it asks for API tokens; the first one is made by 'inflect tokens create --bootstrap'.`,
		Flags:  config.ServeFlags(),
		Action: untilSignal(serve),
	}
}

// untilSignal is the action of a command that runs with settings until it is told to stop.
func untilSignal(run func(context.Context, config.Settings, io.Writer) error) ucli.ActionFunc {
	return func(c *ucli.Context) error {
		s, err := config.Read(c)
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
		defer stop()
		context.AfterFunc(ctx, stop) // a second signal ends at once
		return run(ctx, s, c.App.ErrWriter)
	}
}

func serve(ctx context.Context, s config.Settings, out io.Writer) (err error) {
	log := logger(s, out)
	page, err := listen(s.Listen)
	if err != nil {
		return err
	}
	p, err := newPlane(s, log)
	if err != nil {
		return errors.Join(err, page.Close())
	}
	parts := newStack()
	p.start(parts, page)
	log.Info("serving", "url", p.url(), "settings", s.Redacted())
	err = parts.wait(ctx)
	return errors.Join(err, parts.stop(s.Shutdown))
}

func logger(s config.Settings, out io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // checked by config.Read
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level}))
}

// plane is the control plane: what it is made of, and who stands on whom.
type plane struct {
	settings   config.Settings
	log        *slog.Logger
	address    net.Addr
	security   []kgo.Opt
	store      *postgres.Store
	kafka      *catalog.Kafka
	registry   *catalog.Registry
	engines    *streams.Client
	cluster    *kube.Cluster
	workloads  *configgen.Workloads
	reconciler *configgen.Reconciler
	api        *api.API
	// migrated is closed when the database is there.
	migrated chan struct{}
}

// newPlane builds everything and reaches nothing: whatever is away may come later.
func newPlane(s config.Settings, log *slog.Logger) (*plane, error) {
	for _, missing := range []struct {
		given bool
		flag  string
	}{
		{s.Postgres != "", "--postgres or INFLECT_POSTGRES"},
		{len(s.Kafka.Brokers) > 0, "--brokers"},
		{s.Kube.Settings != "" || len(s.Engines.URLs) > 0, "--engine, or --kube-settings,"},
		{s.Kube.Settings != "" || len(s.Engines.Status) > 0, "--engine-status"},
	} {
		if !missing.given {
			return nil, fmt.Errorf("%s is missing", missing.flag)
		}
	}
	p := &plane{settings: s, log: log, migrated: make(chan struct{})}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := p.connect(); err != nil {
		return nil, err
	}
	check, err := childProcess(s, "check")
	if err != nil {
		return nil, err
	}
	trial, err := childProcess(s, "dryrun")
	if err != nil {
		return nil, err
	}
	schema, err := childProcess(s, "evolution")
	if err != nil {
		return nil, err
	}
	schema.Env, schema.Timeout = []string{}, schemaTimeout // no environment: there is nothing to look up
	versions := evolution.Client{Run: schema.Run}
	gate := &configgen.Gate{Transforms: s.Transforms, Topics: p.kafka, Linter: dryrun.Linter{Child: check}, Render: rendering(s)}
	if p.registry != nil {
		gate.Schemas = p.registry
	}
	target, err := p.target(gate)
	if err != nil {
		return nil, err
	}
	p.reconciler = configgen.New(configgen.Options{Store: p.store, Target: target, Gate: gate, Offsets: p.kafka, Growth: p.kafka, Behind: p.kafka, Log: log,
		Registerer: metrics, Resync: s.Resync})
	runner := configgen.Runner{Gate: gate, Builds: p.store, Child: trial}
	options := api.Options{
		Pipelines: p.store, History: p.store, States: p.store, Audit: p.store, TestCases: p.store, Tokens: p.store,
		Engines: p.reconciler, Operations: p.reconciler, Changes: p.reconciler, Scaling: p.reconciler,
		Checker: configgen.Checker{Gate: gate}, Runner: runner,
		Topics: p.kafka, Transforms: api.NewDirectory(s.Transforms), Generator: versions, Comparer: versions, DeadLetters: deadletter.New(p.kafka, deadletter.Options{Runner: runner}),
		Probes:  map[string]func(context.Context) error{"postgres": p.database, "kafka": p.kafka.Ping},
		Metrics: promhttp.HandlerFor(metrics, promhttp.HandlerOpts{MaxRequestsInFlight: 4}), Page: ui.Handler(),
		RequireTokens: !s.Open(), Hosts: s.Hosts, Version: version, Log: log,
	}
	if p.registry != nil {
		options.Schemas = p.registry
		options.Probes["registry"] = p.registry.Ping
	}
	if p.api, err = api.New(options); err != nil {
		return nil, err
	}
	return p, nil
}

// schemaTimeout is how long a schema may keep a child process busy: making events takes a moment unless it is hostile, and
// the process takes its time to start on a busy machine.
const schemaTimeout = 20 * time.Second

// maxChildren is how many child processes of one kind run at the same time.
const maxChildren = 4

// childProcess is this program again, under a hidden subcommand.
func childProcess(s config.Settings, subcommand string) (dryrun.Child, error) {
	command, err := dryrun.Self(subcommand)
	return dryrun.Child{Command: command, Env: engineEnvironment(s), Slots: make(chan struct{}, maxChildren)}, err
}

// connect makes the clients; none of them connects yet.
func (p *plane) connect() error {
	s := p.settings
	var err error
	if p.store, err = postgres.Connect(s.Postgres, postgres.Options{Logger: p.log}); err != nil {
		return err
	}
	if p.security, err = kafkaSecurity(s.Kafka); err != nil {
		return err
	}
	if p.kafka, err = catalog.OpenKafka(catalog.KafkaOptions{Brokers: s.Kafka.Brokers, Client: p.security}); err != nil {
		return err
	}
	if s.Registry.URL != "" {
		transport, err := registryTransport(s.Registry)
		if err != nil {
			return err
		}
		p.registry, err = catalog.OpenRegistry(catalog.RegistryOptions{URLs: []string{s.Registry.URL}, User: s.Registry.User,
			Password: s.Registry.Password, Token: s.Registry.Token, Transport: transport})
		if err != nil {
			return err
		}
	}
	var list []streams.Engine
	for i, url := range s.Engines.URLs {
		list = append(list, streams.Engine{Streams: url, Metrics: s.Engines.Status[i], User: engine.User, Password: s.Engines.Password})
	}
	p.engines = streams.New(list, streams.Options{StopTimeout: s.Shutdown})
	return nil
}

// database says why rows cannot be had: the database is away, or is being brought to this program's tables still.
func (p *plane) database(ctx context.Context) error {
	if err := p.store.Ping(ctx); err != nil {
		return err
	}
	select {
	case <-p.migrated:
		return nil
	default:
		return errors.New("its tables are not there yet: they are being made")
	}
}

// kafkaOptions make a Kafka client of the same cluster.
func (p *plane) kafkaOptions() []kgo.Opt {
	return append([]kgo.Opt{kgo.SeedBrokers(p.settings.Kafka.Brokers...)}, p.security...)
}

func rendering(s config.Settings) render.Settings {
	k := s.Kafka
	return render.Settings{
		Brokers:  k.Brokers,
		Kafka:    render.KafkaSecurity{TLS: k.TLS || k.CA != "" || k.Cert != "", CAFile: k.CA, CertFile: k.Cert, KeyFile: k.Key, SASL: k.SASL},
		Registry: render.RegistrySecurity{Basic: s.Registry.User != "", Token: s.Registry.Token != "", TLS: s.Registry.CA != "", CAFile: s.Registry.CA},
	}
}

// start runs the control plane on the listener. The API answers at once and says what is missing while the database is
// away; pipelines that run are not touched by that (invariant 4).
func (p *plane) start(parts *stack, page net.Listener) {
	p.address = page.Addr()
	parts.start("the clients", func(ctx context.Context) error {
		<-ctx.Done()
		p.engines.Close()
		if p.workloads != nil {
			p.workloads.Close()
		}
		p.kafka.Close()
		p.store.Close()
		return nil
	})
	if p.cluster != nil {
		parts.start("the watch of the cluster", p.cluster.Run)
		parts.start("the end of orphaned transactions", p.fence)
	}
	parts.start("the config service", func(ctx context.Context) error {
		if !eventually(ctx, migratePause, p.store.Migrate, func(err error) { p.log.Warn("the database is away", "error", err) }) {
			return nil
		}
		close(p.migrated)
		return p.reconciler.Run(ctx)
	})
	if p.settings.Watch {
		parts.start("the watch of the transforms", p.watchTransforms)
	}
	parts.start("the API", func(ctx context.Context) error { return p.serve(ctx, page) })
}

// watchTransforms gives pipelines new revisions when the files change that they are made of. The files are compared once in
// a while as well: they may have changed while another replica led, or with the image of this one.
func (p *plane) watchTransforms(ctx context.Context) error {
	var one sync.Mutex
	rebundle := func() {
		one.Lock()
		defer one.Unlock()
		if _, err := os.Stat(p.settings.Transforms); err != nil {
			return // they are yet to be brought, which says nothing about the code that runs
		}
		names, err := p.reconciler.Rebundle(ctx)
		if err != nil {
			p.log.Warn("redeploying after a change of the transforms", "error", err)
		}
		if len(names) > 0 {
			p.log.Info("the transforms changed", "pipelines", names)
		}
	}
	var compare sync.WaitGroup
	defer compare.Wait()
	compare.Go(func() {
		tick := time.NewTicker(compareEvery * p.settings.Resync)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				rebundle()
			}
		}
	})
	return local.Watch(ctx, p.settings.Transforms, watchPause, rebundle)
}

func (p *plane) serve(ctx context.Context, page net.Listener) error {
	server := &http.Server{Handler: p.api, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug)}
	server.RegisterOnShutdown(p.api.End)
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.settings.Shutdown/2)
		defer cancel()
		if err := server.Shutdown(closing); err != nil {
			_ = server.Close()
		}
	})
	err := server.Serve(page)
	if stop() {
		return fmt.Errorf("serving: %w", err)
	}
	<-stopped
	return nil
}

func (p *plane) url() string { return "http://" + p.address.String() }
