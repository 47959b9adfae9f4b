package parts

import (
	"errors"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/inflect-dev/inflect/tests/setup/cache"
)

// RegistryServer is a real schema registry (Apicurio). Its subjects survive a
// stop and a crash.
type RegistryServer struct {
	Server

	port    int
	release func() error
}

// Registry returns the registry that this test binary shares. A test works with
// subjects of its own: see [Unique].
func Registry(t testing.TB) *RegistryServer {
	t.Helper()
	registry, err := shared.registry.get(func() (*RegistryServer, error) {
		registry, err := newRegistry(false)
		if err != nil {
			return nil, err
		}
		atExit(registry.close)
		return registry, registry.start()
	})
	if err != nil {
		t.Fatal(err)
	}
	registry.showWhenFailed(t)
	return registry
}

// OwnRegistry starts a registry for this test alone and ends it with the test.
func OwnRegistry(t testing.TB) *RegistryServer {
	t.Helper()
	registry, err := newRegistry(true)
	if err != nil {
		t.Fatal(err)
	}
	closeWith(t, registry.close)
	registry.showWhenFailed(t)
	registry.Start(t)
	return registry
}

// URL is the base address of the Confluent API.
func (r *RegistryServer) URL() string { return "http://" + r.Addr() + "/apis/ccompat/v7" }

// Addr is the host and port, for a [Proxy].
func (r *RegistryServer) Addr() string { return loopback(r.port) }

func newRegistry(owned bool) (*RegistryServer, error) {
	binaries, err := cache.Registry()
	if err != nil {
		return nil, err
	}
	dir, err := scratchDir("registry")
	if err != nil {
		return nil, err
	}
	port, release, err := reservePort()
	if err != nil {
		return nil, err
	}
	r := &RegistryServer{port: port, release: release}
	r.name, r.owned = "registry", owned
	r.ready, r.graceful = cache.RegistryReady, syscall.SIGTERM
	r.log = filepath.Join(dir, "server.log")
	args := append([]string{
		"-Xmx384m", "-XX:SharedArchiveFile=" + binaries.Archive,
		// It serves a few requests per test: quick to start counts, not speed.
		"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true",
		"-Dapicurio.storage.kind=sql", "-Dapicurio.storage.sql.kind=h2",
		// Without a delay what it has answered for is on the disk, and survives a kill.
		"-Dapicurio.datasource.url=jdbc:h2:file:" + filepath.Join(dir, "db") + ";WRITE_DELAY=0",
	}, binaries.Args(port)...)
	r.command = func() (*exec.Cmd, error) {
		cmd := exec.Command("java", args...)
		cmd.Dir = dir
		return cmd, nil
	}
	return r, nil
}

func (r *RegistryServer) close() error {
	return errors.Join(r.end(syscall.SIGKILL), r.release())
}
