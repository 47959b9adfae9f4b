package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// User is the name that the streams API asks for beside the password.
const User = "inflect"

// The environment of the engine. Every flag has the same name here.
const (
	EnvStreamsListen   = "INFLECT_STREAMS_LISTEN"
	EnvStreamsDir      = "INFLECT_STREAMS_DIR"
	EnvMetricsListen   = "INFLECT_METRICS_LISTEN"
	EnvAllowComponents = "INFLECT_ALLOW_COMPONENTS"
	EnvInstance        = "INFLECT_INSTANCE"
	EnvPassword        = "INFLECT_STREAMS_PASSWORD"
	EnvPasswordFile    = "INFLECT_STREAMS_PASSWORD_FILE"
)

// envTransforms tells inflect_js where file: resolves; refuseFiles there makes it refuse.
const (
	envTransforms = "INFLECT_TRANSFORMS"
	refuseFiles   = "off"
)

// forgetAfter is how long a pipeline may be gone before its series are removed; an update is a delete and a create.
const forgetAfter = 30 * time.Second

type settings struct {
	streams       bool
	streamsListen string
	// streamsDir holds the streams to begin with; empty for none.
	streamsDir    string
	metricsListen string
	components    []string
	// instance is the name in status, and given the same if the operator chose it.
	instance, given string
	// transforms is the directory that file: is relative to; streams, whose configs come over the network, have none.
	transforms string
	password   string
}

func flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "metrics-listen", EnvVars: []string{EnvMetricsListen},
			Usage: "`ADDRESS` of /livez, /readyz, /metrics and /status, without a password; off when empty (streams: 127.0.0.1:4196)"},
		&cli.StringFlag{Name: "instance", EnvVars: []string{EnvInstance},
			Usage: "`NAME` of this process, its own among those that run the same pipelines and the same after a restart (default: host name and pid)"},
		&cli.StringFlag{Name: "transforms", EnvVars: []string{envTransforms}, Usage: "run only: `DIRECTORY` that file: of inflect_js is relative to (default: .)"},
		&cli.StringFlag{Name: "streams-listen", EnvVars: []string{EnvStreamsListen}, Value: "127.0.0.1:4195",
			Usage: "streams only: `ADDRESS` of the streams API"},
		&cli.StringFlag{Name: "streams-dir", EnvVars: []string{EnvStreamsDir},
			Usage: "streams only: `DIRECTORY` of streams to begin with: <name>.yaml, or <name>.yaml.gz.000 and on with <name>.sha256"},
		&cli.StringFlag{Name: "streams-password-file", EnvVars: []string{EnvPasswordFile},
			Usage: "streams only: `FILE` with the password of the streams API (user inflect), written if it does not exist; or set " + EnvPassword},
		&cli.StringSliceFlag{Name: "allow-components", EnvVars: []string{EnvAllowComponents},
			Usage: "streams only: further components, by `NAME`, that streams may use beside inflect_*, pure and stdio ones"},
	}
}

func read(c *cli.Context) (settings, error) {
	s := settings{
		streams:       c.Command.Name == "streams",
		streamsListen: c.String("streams-listen"),
		streamsDir:    c.String("streams-dir"),
		metricsListen: c.String("metrics-listen"),
		instance:      c.String("instance"),
		given:         c.String("instance"),
		transforms:    c.String("transforms"),
	}
	for _, v := range c.StringSlice("allow-components") {
		for name := range strings.SplitSeq(v, ",") {
			if name = strings.TrimSpace(name); name != "" {
				s.components = append(s.components, name)
			}
		}
	}
	if s.instance == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "engine"
		}
		s.instance = fmt.Sprintf("%s-%d", host, os.Getpid())
	}
	if !s.streams {
		return s, nil
	}
	s.transforms = refuseFiles
	if !c.IsSet("metrics-listen") {
		s.metricsListen = "127.0.0.1:4196"
	}
	if err := free("--streams-listen", s.streamsListen); err != nil {
		return s, err
	}
	var err error
	s.password, err = password(os.Getenv(EnvPassword), c.String("streams-password-file"))
	return s, err
}

// free reports a port that cannot be bound, under the name of its flag. Benthos would log it and go on without the API.
func free(flag, address string) error {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return fmt.Errorf("listening on %s: %w: free the port or give another one with %s", address, err, flag)
	}
	return l.Close()
}

// password is the given one, the file's, or a new one, which is written to the file if one is named. Without a file
// nobody learns the generated password, which shuts the streams API.
func password(given, file string) (string, error) {
	if given != "" {
		return given, nil
	}
	if file == "" {
		return rand.Text(), nil
	}
	b, err := os.ReadFile(file)
	switch {
	case err == nil:
		p := strings.TrimSpace(string(b))
		if p == "" {
			return "", fmt.Errorf("reading the streams password: %s is empty", file)
		}
		return p, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("reading the streams password: %w", err)
	}
	p := rand.Text()
	if err := os.WriteFile(file, []byte(p+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("writing the streams password: %w", err)
	}
	return p, nil
}
