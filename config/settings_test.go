package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/urfave/cli/v2"
	"gopkg.in/yaml.v3"
)

// parsing keeps tests apart while the command line is parsed: the library keeps its help flag in a package variable.
var parsing sync.Mutex

// read parses a command line as `inflect serve` or `inflect up` would.
func read(t *testing.T, flags []cli.Flag, args ...string) (Settings, error) {
	t.Helper()
	parsing.Lock()
	defer parsing.Unlock()
	var s Settings
	app := &cli.App{Writer: new(strings.Builder), ErrWriter: new(strings.Builder), Commands: []*cli.Command{{Name: "serve", Flags: flags, Action: func(c *cli.Context) error {
		var err error
		s, err = Read(c)
		return err
	}}}}
	err := app.Run(append([]string{"inflect", "serve"}, args...))
	return s, err
}

func TestFlagBeatsEnvironmentBeatsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(file, []byte("listen: 127.0.0.1:1\nregistry: http://file\nbrokers: [a:1, b:2]\nkafka-tls: true\nresync: 5s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("INFLECT_REGISTRY", "http://env")
	t.Setenv("INFLECT_LISTEN", "127.0.0.1:2")
	s, err := read(t, ServeFlags(), "--settings", file, "--listen", "127.0.0.1:3")
	if err != nil {
		t.Fatal(err)
	}
	if s.Listen != "127.0.0.1:3" || s.Registry.URL != "http://env" || !slices.Equal(s.Kafka.Brokers, []string{"a:1", "b:2"}) || !s.Kafka.TLS || s.Resync.Seconds() != 5 {
		t.Errorf("got %+v", s)
	}
}

func TestBadSettingsNameTheirFlag(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"listen without a port", []string{"--listen", "localhost"}, "--listen"},
		{"listen everywhere by accident", []string{"--listen", ":8080"}, "0.0.0.0:8080"},
		{"broker without a port", []string{"--brokers", "kafka"}, "--brokers"},
		{"registry without a scheme", []string{"--registry", "localhost:8081"}, "no URL"},
		{"one status for two engines", []string{"--engine", "http://a:1", "--engine", "http://b:1", "--engine-status", "http://a:2"}, "--engine-status"},
		{"unknown mechanism", []string{"--kafka-sasl", "GUESS"}, "--kafka-sasl"},
		{"unknown level", []string{"--log-level", "loud"}, "--log-level"},
		{"file that is not there", []string{"--settings", filepath.Join(dir, "none")}, "--settings"},
		{"file with an unknown name", []string{"--settings", write("a.yaml", "brooker: x")}, `"brooker"`},
		{"file with a wrong value", []string{"--settings", write("b.yaml", "resync: soon")}, "resync"},
		{"file that is no YAML", []string{"--settings", write("c.yaml", "{")}, "--settings"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t, ServeFlags(), tt.args...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want something about %s", err, tt.want)
			}
		})
	}
}

func TestSecretsComeFromFilesAndAreNotShown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("INFLECT_KAFKA_PASSWORD_FILE", file)
	t.Setenv("INFLECT_REGISTRY_TOKEN", "tok-en")
	t.Setenv("INFLECT_POSTGRES", "postgres://me:pass-word@db:5432/inflect?password=pass-word")
	s, err := read(t, UpFlags())
	if err != nil {
		t.Fatal(err)
	}
	if s.Kafka.Password != "hunter2" || s.Registry.Token != "tok-en" {
		t.Errorf("secrets were not read: %+v", s)
	}
	shown := s.Redacted()
	if shown.Postgres != "postgres://db:5432/inflect" || shown.Kafka.Password != "…" || shown.Registry.Token != "…" {
		t.Errorf("redacted settings show too much: %+v", shown)
	}
	if got := hide("host=db password=pass-word"); got != "…" {
		t.Errorf("a DSN that is no URL is shown: %s", got)
	}
}

func TestMissingSecretFileIsAnError(t *testing.T) {
	t.Setenv("INFLECT_REGISTRY_PASSWORD_FILE", filepath.Join(t.TempDir(), "none"))
	if _, err := read(t, UpFlags()); err == nil || !strings.Contains(err.Error(), "INFLECT_REGISTRY_PASSWORD_FILE") {
		t.Errorf("got %v", err)
	}
}

func TestOnlyLoopbackIsOpenByDefault(t *testing.T) {
	t.Parallel()
	tests := []struct {
		s    Settings
		open bool
	}{
		{Settings{Listen: "127.0.0.1:8080"}, true},
		{Settings{Listen: "localhost:8080"}, true},
		{Settings{Listen: "[::1]:8080"}, true},
		{Settings{Listen: "127.0.0.1:8080", RequireTokens: true}, false},
		{Settings{Listen: "0.0.0.0:8080"}, false},
		{Settings{Listen: "10.0.0.1:8080"}, false},
		{Settings{Listen: "10.0.0.1:8080", Insecure: true}, true},
		{Settings{Listen: "example.org:8080"}, false},
	}
	for _, tt := range tests {
		if got := tt.s.Open(); got != tt.open {
			t.Errorf("%+v: open is %v", tt.s, got)
		}
	}
}

// With strict error handling a failed message would not reach the output, and no dead letter could be written.
func TestRootConfigIsNotStrict(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("benthos.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var root struct {
		ErrorHandling struct{ Strict *bool } `yaml:"error_handling"`
	}
	if err := yaml.Unmarshal(b, &root); err != nil {
		t.Fatal(err)
	}
	if root.ErrorHandling.Strict == nil || *root.ErrorHandling.Strict {
		t.Error("error_handling.strict has to be false")
	}
}
