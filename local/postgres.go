package local

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	database = "inflect"
	dbUser   = "inflect"
	// readyPause is the time between two looks at a Postgres that is starting, and readyTimeout their sum.
	readyPause   = 100 * time.Millisecond
	readyTimeout = 3 * time.Minute
	// stopGrace is how long a Postgres that was told to end may take to write what it has: one that is killed leaves
	// processes behind, which keep the next one from its data.
	stopGrace = 30 * time.Second
)

// User is whom Postgres runs as when we are root, which it refuses.
type User struct {
	Name     string
	UID, GID uint32
	// locked says that some directory above its data may only be entered by us.
	locked bool
}

// Postgres is a server of its own in a child process. Its data directory survives; its password is beside it.
type Postgres struct {
	bin, data, host, port, password string
	user                            *User
	log                             io.Writer
}

// NewPostgres finds an installed server or fetches the official binaries, once for all directories, and prepares dir.
func NewPostgres(ctx context.Context, dir, address string, log io.Writer) (*Postgres, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("preparing Postgres: %w", err)
	}
	p := &Postgres{data: filepath.Join(dir, "postgres"), log: log}
	if p.host, p.port, err = net.SplitHostPort(address); err != nil {
		return nil, fmt.Errorf("preparing Postgres: %w", err)
	}
	if p.bin, err = binaries(ctx, cacheDir(dir), p.data); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		if p.user, err = unprivileged(p.data); err != nil {
			return nil, err
		}
	}
	if p.password, err = secret(filepath.Join(dir, "postgres.password")); err != nil {
		return nil, err
	}
	if err := p.init(ctx); err != nil {
		return nil, fmt.Errorf("preparing Postgres in %s: %w", p.data, err)
	}
	return p, nil
}

// DSN names the database, with its password.
func (p *Postgres) DSN() string { return p.dsn(database) }

func (p *Postgres) dsn(db string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(dbUser, p.password), Host: net.JoinHostPort(p.host, p.port), Path: "/" + db, RawQuery: "sslmode=disable"}
	return u.String()
}

// Run keeps the server until ctx ends.
func (p *Postgres) Run(ctx context.Context) error {
	args := []string{"-D", p.data, "-p", p.port, "-c", "listen_addresses=" + p.host, "-c", "unix_socket_directories=",
		"-c", "max_connections=100", "-c", "shared_buffers=32MB"}
	return Child{
		Name: "Postgres", Path: filepath.Join(p.bin, "postgres"), Args: args, Env: environment(), Dir: "/", Output: p.log, User: p.user,
		// SIGINT is Postgres' fast shutdown.
		Stop: os.Interrupt, Orphaned: syscall.SIGINT, Grace: stopGrace,
	}.Run(ctx)
}

// Ready waits until the server answers and makes the database if it is not there yet.
func (p *Postgres) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		err := p.ensureDatabase(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for Postgres on port %s: %w", p.port, err)
		case <-time.After(readyPause):
		}
	}
}

func (p *Postgres) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.dsn("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&there); err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+database)
	return err
}

// init makes the data directory. One that an interrupted init left behind is made again.
func (p *Postgres) init(ctx context.Context) error {
	const mark = "inflect-ready"
	if _, err := os.Stat(filepath.Join(p.data, mark)); err == nil {
		return nil
	}
	if err := os.RemoveAll(p.data); err != nil {
		return err
	}
	if err := os.MkdirAll(p.data, 0o700); err != nil {
		return err
	}
	secretFile := filepath.Join(p.data, "..", "postgres.init")
	if err := os.WriteFile(secretFile, []byte(p.password), 0o600); err != nil {
		return err
	}
	defer os.Remove(secretFile)
	if p.user != nil {
		for _, path := range []string{p.data, secretFile} {
			if err := os.Chown(path, int(p.user.UID), int(p.user.GID)); err != nil {
				return err
			}
		}
	}
	var output strings.Builder
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, "initdb"), "-D", p.data, "-U", dbUser, "-A", "scram-sha-256",
		"--pwfile", secretFile, "-E", "UTF8", "--locale=C", "--no-sync")
	// The directory above its data may be closed to its user until the exec gives it the capability.
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = environment(), "/", &output, &output
	cmd.SysProcAttr = attributes(p.user, syscall.SIGKILL)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running initdb: %w: %s", err, strings.TrimSpace(output.String()))
	}
	return os.WriteFile(filepath.Join(p.data, mark), nil, 0o644)
}

// environment is what Postgres needs of ours: nothing that could redirect it.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
}
