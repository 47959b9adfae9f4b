package engine

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/plugins/record"
)

// closeTimeout is how long open scrapes may take when the process ends.
const closeTimeout = 2 * time.Second

// errParsed ends the first pass of [Run] once the flags are known.
var errParsed = errors.New("flags are parsed")

// Run is Benthos' CLI, of which run and streams become the engine. It returns the process' exit code.
//
// The components that exist and the config's defaults have to be given to Benthos before it reads the command line, but
// depend on what stands there. So the line is read twice: the first time up to the point where run or streams would
// start, to learn our flags, the second time for good.
func Run(ctx context.Context, version string, opts ...service.CLIOptFunc) (int, error) {
	var s settings
	first := slices.Concat(opts, []service.CLIOptFunc{
		service.CLIOptSetEnvironment(service.GlobalEnvironment().Clone()),
		service.CLIOptCustomRunFlags(flags(), func(c *cli.Context) error {
			var err error
			if s, err = read(c); err != nil {
				return err
			}
			return errParsed
		}),
	})
	code, err := service.RunCLIToCode(ctx, first...)
	if !errors.Is(err, errParsed) {
		return code, err
	}
	e, err := newEngine(s, version)
	if err != nil {
		return 1, err
	}
	return e.run(ctx, opts)
}

type engine struct {
	settings
	env      *service.Environment
	exporter *exporter
	doors    *doors
}

func newEngine(s settings, version string) (*engine, error) {
	e := &engine{settings: s, env: service.GlobalEnvironment().Clone(), exporter: newExporter()}
	if s.streams {
		var err error
		if e.env, err = restricted(s.components); err != nil {
			return nil, err
		}
	}
	if err := e.exporter.addTo(e.env); err != nil {
		return nil, fmt.Errorf("registering the metrics exporter: %w", err)
	}
	e.doors = &doors{instance: s.instance, version: version, benthos: e.exporter.registry}
	return e, nil
}

func (e *engine) run(ctx context.Context, opts []service.CLIOptFunc) (int, error) {
	for name, value := range map[string]string{envTransforms: e.transforms, EnvInstance: e.given} {
		if value == "" {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			return 1, fmt.Errorf("setting %s: %w", name, err)
		}
	}
	if e.streamsDir != "" {
		scratch, err := os.MkdirTemp("", "inflect-streams-")
		if err != nil {
			return 1, fmt.Errorf("making room for streams: %w", err)
		}
		defer os.RemoveAll(scratch)
		names, files, err := settled(ctx, e.streamsDir, scratch, tornPatience, tornPause)
		if err != nil {
			return 1, err
		}
		e.doors.expected = names
		opts = append(opts[:len(opts):len(opts)], service.CLIOptSetArgs(append(slices.Clone(os.Args), files...)...))
	}
	tuneGC()
	var before map[string]string
	if e.streams {
		var err error
		if before, err = scrub(); err != nil {
			return 1, err
		}
	}
	var background sync.WaitGroup
	defer background.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var stats *record.Stats
	opts = append(opts[:len(opts):len(opts)],
		service.CLIOptSetEnvironment(e.env),
		service.CLIOptSetMainSchemaFrom(e.schema),
		service.CLIOptCustomRunFlags(flags(), func(*cli.Context) error { return nil }),
		service.CLIOptOnConfigParse(func(conf *service.ParsedConfig) error {
			if err := e.shut(conf); err != nil {
				return err
			}
			// StatsOf rather than Share: a resource of the root config may have asked before us.
			stats = record.StatsOf(conf.Resources())
			e.doors.stats = stats
			if e.metricsListen == "" {
				return nil
			}
			return e.doors.open(e.metricsListen)
		}),
		service.CLIOptOnStreamStart(func(*service.RunningStreamSummary) error {
			e.doors.started.Store(true)
			background.Go(func() { e.noticeStop(ctx) })
			if e.streams {
				j := &janitor{url: "http://" + e.streamsListen + "/streams", password: e.password, forget: func(name string) {
					stats.Forget(name)
					e.exporter.forget(name)
				}}
				background.Go(func() { j.run(ctx) })
			}
			return nil
		}))
	if e.streams {
		opts = append(opts, service.CLIOptSetEnvVarLookup(func(_ context.Context, name string) (string, bool) {
			v, ok := before[name]
			return v, ok
		}))
	}
	code, err := service.RunCLIToCode(ctx, opts...)
	cancel()
	closing, done := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer done()
	e.doors.close(closing)
	return code, err
}

// shut refuses a root config that would open the streams API to others without a password.
func (e *engine) shut(conf *service.ParsedConfig) error {
	if !e.streams {
		return nil
	}
	asks, err := conf.FieldBool("http", "basic_auth", "enabled")
	if err != nil {
		return fmt.Errorf("reading the root config: %w", err)
	}
	address, err := conf.FieldString("http", "address")
	if err != nil {
		return fmt.Errorf("reading the root config: %w", err)
	}
	if asks || local(address) {
		return nil
	}
	return fmt.Errorf("the root config opens the streams API at %s to everybody, and whoever can post a stream owns the process: leave http.basic_auth on", address)
}

// local reports whether only this machine can reach an address.
func local(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// schema is Benthos' root config with our defaults: the same that config/benthos.yaml spells out for people.
func (e *engine) schema() *service.ConfigSchema {
	s := e.env.FullConfigSchema("", "")
	s.SetFieldDefault(false, "error_handling", "strict")
	s.SetFieldDefault(map[string]any{"mapping": "", exporterName: map[string]any{}}, "metrics")
	s.SetFieldDefault("30s", "shutdown_timeout")
	s.SetFieldDefault(false, "http", "debug_endpoints")
	if !e.streams {
		s.SetFieldDefault(false, "http", "enabled")
		return s
	}
	hash := sha256.Sum256([]byte(e.password))
	s.SetFieldDefault(e.streamsListen, "http", "address")
	s.SetFieldDefault(true, "http", "basic_auth", "enabled")
	s.SetFieldDefault(User, "http", "basic_auth", "username")
	s.SetFieldDefault("sha256", "http", "basic_auth", "algorithm")
	s.SetFieldDefault(base64.StdEncoding.EncodeToString(hash[:]), "http", "basic_auth", "password_hash")
	return s
}

// noticeStop makes the process unready as soon as it is told to end, while its streams still finish their work.
func (e *engine) noticeStop(ctx context.Context) {
	stop, cancel := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer cancel()
	<-stop.Done()
	e.doors.stopping.Store(true)
}
