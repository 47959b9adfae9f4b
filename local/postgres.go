package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
	"github.com/jackc/pgx/v5"
)

const (
	database = "inflect"
	dbUser   = "inflect"
	// readyPause is the time between two looks at a Postgres that is starting, and readyTimeout their sum.
	readyPause   = 100 * time.Millisecond
	readyTimeout = 60 * time.Second
	stopGrace    = 10 * time.Second
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

// NewPostgres finds an installed server or fetches the official binaries into cache, once, and prepares dir.
func NewPostgres(ctx context.Context, dir, cache, address string, log io.Writer) (*Postgres, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("preparing Postgres: %w", err)
	}
	p := &Postgres{data: filepath.Join(dir, "postgres"), log: log}
	if p.host, p.port, err = net.SplitHostPort(address); err != nil {
		return nil, fmt.Errorf("preparing Postgres: %w", err)
	}
	if p.bin, err = binaries(cache); err != nil {
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
	path, args := p.command("postgres", "-D", p.data, "-p", p.port, "-c", "listen_addresses="+p.host, "-c", "unix_socket_directories=",
		"-c", "max_connections=100", "-c", "shared_buffers=32MB")
	return Child{
		Name: "Postgres", Path: path, Args: args, Env: environment(), Dir: "/", Output: p.log, User: p.user,
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
	path, args := p.command("initdb", "-D", p.data, "-U", dbUser, "-A", "scram-sha-256", "--pwfile", secretFile,
		"-E", "UTF8", "--locale=C", "--no-sync")
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = environment(), "/", &output, &output
	cmd.SysProcAttr = attributes(p.user, syscall.SIGKILL)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running initdb: %w: %s", err, strings.TrimSpace(output.String()))
	}
	return os.WriteFile(filepath.Join(p.data, mark), nil, 0o644)
}

// command runs one of Postgres' programs. Where its user may not enter the directories above, it needs a capability that
// takes effect with the first exec, which is too late to reach the program itself: so a shell comes first.
func (p *Postgres) command(name string, args ...string) (string, []string) {
	path := filepath.Join(p.bin, name)
	if p.user == nil || !p.user.locked {
		return path, args
	}
	return "/bin/sh", append([]string{"-c", `exec "$0" "$@"`, path}, args...)
}

// environment is what Postgres needs of ours: nothing that could redirect it.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
}

// binaries is a directory with postgres and initdb: an installed server of version 12 or later, or the official
// binaries, which are fetched once.
func binaries(cache string) (string, error) {
	for _, dir := range installed() {
		if complete(dir) {
			return dir, nil
		}
	}
	dir := filepath.Join(cache, "postgres")
	bin := filepath.Join(dir, "bin")
	if complete(bin) {
		return bin, nil
	}
	// The module has no way to fetch alone: it also starts a server, which we stop again, or which as root does not
	// come to that because initdb refuses. Either way the binaries are there.
	scratch, err := os.MkdirTemp("", "inflect-postgres-")
	if err != nil {
		return "", fmt.Errorf("fetching Postgres: %w", err)
	}
	defer os.RemoveAll(scratch)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("fetching Postgres: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	server := embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().Port(uint32(port)).Logger(io.Discard).
		CachePath(filepath.Join(cache, "downloads")).BinariesPath(dir).RuntimePath(filepath.Join(scratch, "run")).DataPath(filepath.Join(scratch, "data")))
	err = server.Start()
	if err == nil {
		err = server.Stop()
	}
	if complete(bin) {
		return bin, nil
	}
	return "", fmt.Errorf("fetching Postgres: %w: install a server, or name a running one with --postgres", err)
}

func complete(bin string) bool {
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := exec.LookPath(filepath.Join(bin, name)); err != nil {
			return false
		}
	}
	return true
}

// installed is where servers are usually found, the newest first.
func installed() []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"} {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
		dirs = append(dirs, found...)
	}
	return dirs
}

// version is the number in a path such as /usr/lib/postgresql/16/bin.
func version(dir string) int {
	n, _ := strconv.Atoi(strings.Trim(filepath.Base(filepath.Dir(dir)), "abcdefghijklmnopqrstuvwxyz@-"))
	return n
}

// unprivileged is a user that is not root: Postgres' own if there is one.
func unprivileged(data string) (*User, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			continue
		}
		out := &User{Name: name, UID: uint32(uid), GID: uint32(gid), locked: !reachable(data)}
		if out.locked && runtime.GOOS != "linux" {
			return nil, fmt.Errorf("Postgres does not run as root, and the user %s may not enter %s: give another directory with --data, or run as another user", name, data)
		}
		return out, nil
	}
	return nil, errors.New("Postgres does not run as root, and there is no user postgres or nobody to run it as: name a server with --postgres")
}

// secret reads a file or makes one with a new random text that nobody else may read.
func secret(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading %s: %w", file, err)
	}
	s := rand.Text()
	if err := os.WriteFile(file, []byte(s+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("writing %s: %w", file, err)
	}
	return s, nil
}
