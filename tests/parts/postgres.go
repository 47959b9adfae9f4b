package parts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/inflect-dev/inflect/tests/setup/cache"
)

// PostgresServer is a real Postgres. It trusts whoever connects from this
// machine, and it does not wait for the disk: a killed server keeps its data, a
// machine that loses power does not.
type PostgresServer struct {
	Server

	port    int
	release func() error
}

// Database is one database of a server, made for one test.
type Database struct {
	*PostgresServer

	name string
}

// Postgres returns a fresh database on the server that this test binary shares.
// The database is dropped with the test.
func Postgres(t testing.TB) *Database {
	t.Helper()
	server, err := shared.postgres.get(func() (*PostgresServer, error) {
		server, err := newPostgres(false)
		if err != nil {
			return nil, err
		}
		atExit(server.close)
		return server, server.start()
	})
	if err != nil {
		t.Fatal(err)
	}
	server.showWhenFailed(t)
	database := server.createDatabase(t)
	t.Cleanup(func() {
		// The test's context has ended by now.
		if err := server.exec(context.Background(), "DROP DATABASE "+database.name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return database
}

// OwnPostgres returns a fresh database on a server for this test alone, which
// ends with the test.
func OwnPostgres(t testing.TB) *Database {
	t.Helper()
	server, err := newPostgres(true)
	if err != nil {
		t.Fatal(err)
	}
	closeWith(t, server.close)
	server.showWhenFailed(t)
	server.Start(t)
	return server.createDatabase(t)
}

// URL is the database's connection string.
func (d *Database) URL() string { return d.url(d.name) }

// Addr is the server's host and port, for a [Proxy].
func (p *PostgresServer) Addr() string { return loopback(p.port) }

func (p *PostgresServer) url(database string) string {
	return "postgres://postgres@" + p.Addr() + "/" + database + "?sslmode=disable"
}

func (p *PostgresServer) createDatabase(t testing.TB) *Database {
	t.Helper()
	name := strings.ReplaceAll(Unique("test"), "-", "_")
	if err := p.exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return &Database{PostgresServer: p, name: name}
}

func (p *PostgresServer) exec(ctx context.Context, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, p.url("postgres"))
	if err != nil {
		return fmt.Errorf("connecting to postgres: %w", err)
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

func newPostgres(owned bool) (*PostgresServer, error) {
	install, err := cache.Postgres()
	if err != nil {
		return nil, err
	}
	dir, err := scratchDir("postgres")
	if err != nil {
		return nil, err
	}
	install, credential, err := unprivileged(install, dir)
	if err != nil {
		return nil, fmt.Errorf("preparing postgres: %w", err)
	}
	command := func(program string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(install, "bin", program), args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
		if credential != nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
		}
		return cmd
	}

	data := filepath.Join(dir, "data")
	initdb := command("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	if output, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("creating the postgres data folder: %w\n%s", err, output)
	}

	port, release, err := reservePort()
	if err != nil {
		return nil, err
	}
	p := &PostgresServer{port: port, release: release}
	p.name, p.owned = "postgres", owned
	// SIGINT is Postgres' fast shutdown: it does not wait for clients.
	p.ready, p.graceful = "database system is ready to accept connections", syscall.SIGINT
	p.log = filepath.Join(dir, "server.log")
	p.command = func() (*exec.Cmd, error) {
		return command("postgres", "-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-k", "",
			"-c", "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=32MB"), nil
	}
	return p, nil
}

// close ends the server at once (SIGQUIT), its children included.
func (p *PostgresServer) close() error {
	return errors.Join(p.end(syscall.SIGQUIT), p.release())
}

// unprivileged returns what it takes to run Postgres, which refuses to run as
// root: for root, a copy of the installation that another user can read (root's
// cache folder cannot be) and that user; for everyone else nothing special.
func unprivileged(install, dir string) (string, *syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return install, nil, nil
	}
	account, err := user.Lookup("nobody")
	if err != nil {
		return "", nil, fmt.Errorf("finding a user to run as instead of root: %w", err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return "", nil, fmt.Errorf("reading the id of user nobody: %w", err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return "", nil, fmt.Errorf("reading the group of user nobody: %w", err)
	}
	copied := filepath.Join(dir, "install")
	if err := os.CopyFS(copied, os.DirFS(install)); err != nil {
		return "", nil, fmt.Errorf("copying the installation: %w", err)
	}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		return "", nil, err
	}
	return copied, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
