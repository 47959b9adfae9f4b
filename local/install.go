package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// binaries is a directory with postgres and initdb: an installed server, or the official binaries, which are fetched
// once. Data that are there want the major version that made them.
func binaries(ctx context.Context, cache, data string) (string, error) {
	dir := filepath.Join(cache, "postgres")
	bin := filepath.Join(dir, "bin")
	want := dataVersion(data)
	for _, found := range append(installed(), bin) {
		if complete(found) && (want == "" || want == programVersion(ctx, found)) {
			return found, nil
		}
	}
	if complete(bin) {
		return "", fmt.Errorf("%s was made by Postgres %s, which is not installed: install it, or remove the directory to begin anew", data, want)
	}
	// The module has no way to fetch alone: it also starts a server, which we stop again, or which as root does not
	// come to that because initdb refuses. Either way the binaries are there.
	scratch, err := os.MkdirTemp("", "inflect-postgres-")
	if err != nil {
		return "", fmt.Errorf("fetching Postgres: %w", err)
	}
	defer os.RemoveAll(scratch)
	l, err := loopback(0)
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

// cacheDir is where fetched binaries are kept. Root's own cache is closed to the user that Postgres runs as, which
// Postgres checks with access(2), where no capability helps.
func cacheDir(data string) string {
	if os.Geteuid() == 0 {
		return "/var/cache/inflect"
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return data
	}
	return filepath.Join(cache, "inflect")
}

// dataVersion is the major version that made a data directory, empty when there is none.
func dataVersion(data string) string {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// programVersion is the major version of a server: it says "postgres (PostgreSQL) 17.2 (Debian …)".
func programVersion(ctx context.Context, bin string) string {
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return ""
	}
	_, version, _ := strings.Cut(string(out), ") ")
	version, _, _ = strings.Cut(version, ".")
	return version
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
		slices.SortFunc(found, func(a, b string) int { return pathVersion(b) - pathVersion(a) })
		dirs = append(dirs, found...)
	}
	return dirs
}

// pathVersion is the number in a path such as /usr/lib/postgresql/16/bin.
func pathVersion(dir string) int {
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
