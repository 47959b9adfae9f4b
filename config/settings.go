package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"gopkg.in/yaml.v3"
)

// Settings are what `inflect serve` and `inflect up` are told.
type Settings struct {
	// Listen is the address of API and page.
	Listen string
	// Insecure lets an address that others can reach go without authentication.
	Insecure bool
	// RequireTokens asks for tokens on loopback, too.
	RequireTokens bool
	// Hosts are further names under which browsers may address the server.
	Hosts []string

	// Postgres is a DSN; it may hold a password.
	Postgres string
	Kafka    Kafka
	Registry Registry
	Engines  Engines
	Kube     Kube

	// Transforms is the directory of the user's code.
	Transforms string
	// Watch looks at Transforms for changes and redeploys.
	Watch bool

	// Resync is how often everything is looked at again, Shutdown how long an orderly end may take.
	Resync, Shutdown time.Duration
	LogLevel         string

	// Data, Demo and EngineListen concern `up` alone.
	Data string
	Demo bool
}

// Kafka is how to reach the brokers.
type Kafka struct {
	Brokers []string
	TLS     bool
	// CA, Cert and Key are PEM files.
	CA, Cert, Key string
	// SASL is one of the mechanisms; empty for none. OAUTHBEARER takes a Token.
	SASL, User, Password, Token string
}

// mechanisms are those of SASL.
var mechanisms = []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"}

// Registry is how to reach the schema registry.
type Registry struct {
	URL, User, Password, Token string
	// CA is a PEM file.
	CA string
}

// Engines are the data plane's processes that pipelines are sent to.
type Engines struct {
	// URLs are their streams APIs, and Status, in the same order, their --metrics-listen addresses.
	URLs, Status []string
	Password     string
}

// Kube is how pipelines run on Kubernetes, where each has pods of its own instead of sharing Engines.
type Kube struct {
	// Settings is a file with what pods are like; empty where there is no Kubernetes.
	Settings string
	// Config is a kubeconfig; empty for the account of the pod that the control plane runs in.
	Config string
}

// The secrets, by their names in the environment.
const (
	envPostgres         = "INFLECT_POSTGRES"
	envKafkaPassword    = "INFLECT_KAFKA_PASSWORD"
	envKafkaToken       = "INFLECT_KAFKA_TOKEN"
	envRegistryPassword = "INFLECT_REGISTRY_PASSWORD"
	envRegistryToken    = "INFLECT_REGISTRY_TOKEN"
	envStreamsPassword  = "INFLECT_STREAMS_PASSWORD"
)

func env(name string) []string {
	return []string{"INFLECT_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))}
}

func text(name, value, usage string) cli.Flag {
	return &cli.StringFlag{Name: name, EnvVars: env(name), Value: value, Usage: usage}
}

func list(name, usage string) cli.Flag {
	return &cli.StringSliceFlag{Name: name, EnvVars: env(name), Usage: usage}
}

func yes(name, usage string) cli.Flag {
	return &cli.BoolFlag{Name: name, EnvVars: env(name), Usage: usage}
}

func span(name string, value time.Duration, usage string) cli.Flag {
	return &cli.DurationFlag{Name: name, EnvVars: env(name), Value: value, Usage: usage}
}

func shared() []cli.Flag {
	return []cli.Flag{
		text("settings", "", "YAML `FILE` with any of these settings under the same names"),
		text("listen", "127.0.0.1:8080", "`ADDRESS` of the API and the page"),
		yes("insecure", "serve without authentication on an address that others can reach"),
		yes("require-tokens", "ask for API tokens on loopback, too"),
		list("host", "`NAME` under which browsers may address this server, besides localhost and plain addresses; repeatable"),
		list("brokers", "Kafka `HOST:PORT`s, comma-separated"),
		yes("kafka-tls", "speak TLS to Kafka"),
		text("kafka-ca", "", "PEM `FILE` with the authorities that sign the brokers' certificates"),
		text("kafka-cert", "", "PEM `FILE` with our certificate for Kafka"),
		text("kafka-key", "", "PEM `FILE` with the key of kafka-cert"),
		text("kafka-sasl", "", "SASL `MECHANISM`: "+strings.Join(mechanisms, ", ")),
		text("kafka-username", "", "SASL `USER`; the password is "+envKafkaPassword+"[_FILE], OAUTHBEARER's token "+envKafkaToken+"[_FILE]"),
		text("registry", "", "`URL` of the schema registry (Confluent API)"),
		text("registry-ca", "", "PEM `FILE` with the authorities that sign the registry's certificate"),
		text("registry-username", "", "`USER` for the registry; its password is "+envRegistryPassword+"[_FILE], or a bearer token "+envRegistryToken+"[_FILE]"),
		text("postgres", "", "`DSN` of the database (postgres://user@host/name); a password belongs into the environment: INFLECT_POSTGRES[_FILE]"),
		text("transforms", "./transforms", "`DIRECTORY` of your JavaScript and TypeScript"),
		yes("watch", "redeploy pipelines when a file under --transforms changes"),
		span("resync", 30*time.Second, "how often everything is looked at again, `DURATION`"),
		span("shutdown-timeout", 30*time.Second, "how long an orderly end may take, `DURATION`"),
		text("log-level", "info", "`LEVEL`: debug, info, warn or error"),
	}
}

// ServeFlags are the flags of `inflect serve`.
func ServeFlags() []cli.Flag {
	return append(shared(),
		list("engine", "`URL` of an engine's streams API; repeatable; the password is "+envStreamsPassword+"[_FILE]"),
		list("engine-status", "`URL` of an engine's --metrics-listen address, in the order of --engine; repeatable"),
		text("kube-settings", "", "YAML `FILE` that says what pods are like: each pipeline gets pods of its own instead of running on --engine"),
		text("kubeconfig", "", "`FILE` with the address of the API server (default: that of the cluster that this runs in)"))
}

// UpFlags are the flags of `inflect up`.
func UpFlags() []cli.Flag {
	return append(shared(),
		text("data", ".inflect", "`DIRECTORY` for everything that is kept"),
		yes("no-demo", "start without the demo's topics, schemas, pipelines and feed"))
}

// Read makes settings of a command's flags, its environment and the file that --settings names.
func Read(c *cli.Context) (Settings, error) {
	if err := apply(c, c.String("settings")); err != nil {
		return Settings{}, err
	}
	s := Settings{
		Listen: c.String("listen"), Insecure: c.Bool("insecure"), RequireTokens: c.Bool("require-tokens"), Hosts: values(c, "host"),
		Postgres: c.String("postgres"), Transforms: c.String("transforms"), Watch: c.Bool("watch"),
		Resync: c.Duration("resync"), Shutdown: c.Duration("shutdown-timeout"), LogLevel: c.String("log-level"),
		Data: c.String("data"), Demo: !c.Bool("no-demo"),
		Kafka: Kafka{Brokers: values(c, "brokers"), TLS: c.Bool("kafka-tls"), CA: c.String("kafka-ca"), Cert: c.String("kafka-cert"),
			Key: c.String("kafka-key"), SASL: c.String("kafka-sasl"), User: c.String("kafka-username")},
		Registry: Registry{URL: c.String("registry"), User: c.String("registry-username"), CA: c.String("registry-ca")},
		Engines:  Engines{URLs: values(c, "engine"), Status: values(c, "engine-status")},
		Kube:     Kube{Settings: c.String("kube-settings"), Config: c.String("kubeconfig")},
	}
	var err error
	secret := func(to *string, name string) {
		v, serr := secret(name)
		if err = errors.Join(err, serr); v != "" {
			*to = v
		}
	}
	secret(&s.Kafka.Password, envKafkaPassword)
	secret(&s.Kafka.Token, envKafkaToken)
	secret(&s.Registry.Password, envRegistryPassword)
	secret(&s.Registry.Token, envRegistryToken)
	secret(&s.Engines.Password, envStreamsPassword)
	if !c.IsSet("postgres") {
		secret(&s.Postgres, envPostgres)
	}
	if err != nil {
		return Settings{}, err
	}
	return s, s.check()
}

// values splits what one flag, a repeated one or an environment variable holds.
func values(c *cli.Context, name string) []string {
	var out []string
	for _, v := range c.StringSlice(name) {
		for one := range strings.SplitSeq(v, ",") {
			if one = strings.TrimSpace(one); one != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

// apply sets from the file what neither a flag nor the environment has set.
func apply(c *cli.Context, file string) error {
	if file == "" {
		return nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading --settings: %w", err)
	}
	var doc map[string]any
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return fmt.Errorf("reading --settings %s: %w", file, err)
	}
	var known []string
	for _, f := range c.Command.Flags {
		known = append(known, f.Names()[0])
	}
	for name, value := range doc {
		if name == "settings" || !slices.Contains(known, name) {
			return fmt.Errorf("reading --settings %s: there is no setting %q: remove it or correct its spelling", file, name)
		}
		if c.IsSet(name) {
			continue
		}
		if err := c.Set(name, plain(value)); err != nil {
			return fmt.Errorf("reading --settings %s: %s: %w", file, name, err)
		}
	}
	return nil
}

func plain(value any) string {
	items, ok := value.([]any)
	if !ok {
		return fmt.Sprint(value)
	}
	parts := make([]string, len(items))
	for i, v := range items {
		parts[i] = fmt.Sprint(v)
	}
	return strings.Join(parts, ",")
}

// Postgres is the DSN that the environment names, for commands that need the database alone.
func Postgres() (string, error) {
	dsn, err := secret(envPostgres)
	if err == nil && dsn == "" {
		err = fmt.Errorf("%s is not set: it names the database, as for `inflect serve`", envPostgres)
	}
	return dsn, err
}

// secret is the variable's value or the content of the file that name_FILE names.
func secret(name string) (string, error) {
	if v := os.Getenv(name); v != "" {
		return v, nil
	}
	file := os.Getenv(name + "_FILE")
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading %s_FILE: %w", name, err)
	}
	return strings.TrimSpace(string(b)), nil
}

func (s Settings) check() error {
	host, _, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return fmt.Errorf("--listen %q is no address: give host:port, such as 127.0.0.1:8080", s.Listen)
	}
	if host == "" {
		return fmt.Errorf("--listen %q would listen everywhere: write 0.0.0.0%s if that is meant", s.Listen, s.Listen)
	}
	for _, b := range s.Kafka.Brokers {
		if _, port, err := net.SplitHostPort(b); err != nil || port == "" {
			return fmt.Errorf("--brokers %q is no address: give host:port", b)
		}
	}
	for _, u := range append([]string{s.Registry.URL}, slices.Concat(s.Engines.URLs, s.Engines.Status)...) {
		if p, err := url.Parse(u); u != "" && (err != nil || p.Scheme != "http" && p.Scheme != "https" || p.Host == "") {
			return fmt.Errorf("%q is no URL: give http://host:port", hide(u))
		}
	}
	if len(s.Engines.Status) > 0 && len(s.Engines.Status) != len(s.Engines.URLs) {
		return fmt.Errorf("--engine-status is given %d times and --engine %d times: give one for each", len(s.Engines.Status), len(s.Engines.URLs))
	}
	if s.Kube.Settings != "" && len(s.Engines.URLs) > 0 {
		return errors.New("--engine and --kube-settings are given: leave one out, since pipelines run either on engines or in pods of their own")
	}
	if s.Kafka.SASL != "" && !slices.Contains(mechanisms, s.Kafka.SASL) {
		return fmt.Errorf("--kafka-sasl %q is none of %s", s.Kafka.SASL, strings.Join(mechanisms, ", "))
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, s.LogLevel) {
		return fmt.Errorf("--log-level %q is not debug, info, warn or error", s.LogLevel)
	}
	return nil
}

// Open reports whether the page and API may be used without a token.
func (s Settings) Open() bool { return !s.RequireTokens && (s.Insecure || s.Loopback()) }

// Loopback reports whether only this machine can reach Listen.
func (s Settings) Loopback() bool {
	host, _, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Redacted is s without its secrets.
func (s Settings) Redacted() Settings {
	s.Postgres, s.Registry.URL = hide(s.Postgres), hide(s.Registry.URL)
	for _, secret := range []*string{&s.Kafka.Password, &s.Kafka.Token, &s.Registry.Password, &s.Registry.Token, &s.Engines.Password} {
		if *secret != "" {
			*secret = "…"
		}
	}
	return s
}

// hide removes what may be a password: from a URL its user info and query, and everything from what is no URL.
func hide(dsn string) string {
	if dsn == "" {
		return ""
	}
	u, err := url.Parse(dsn)
	if err != nil || u.Host == "" {
		return "…"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
