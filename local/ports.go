package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// Ports hands out loopback ports and remembers them in a file, so that a part has the same address after a restart as
// long as nobody else took it.
type Ports struct {
	file string
	mu   sync.Mutex
	byID map[string]int
	kept map[string]io.Closer
}

// OpenPorts reads the ports of the last run from dir/ports.json.
func OpenPorts(dir string) (*Ports, error) {
	p := &Ports{file: filepath.Join(dir, "ports.json"), byID: map[string]int{}, kept: map[string]io.Closer{}}
	b, err := os.ReadFile(p.file)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading remembered ports: %w", err)
	}
	// A damaged file costs only the memory of ports.
	_ = json.Unmarshal(b, &p.byID)
	return p, nil
}

// Listen binds a loopback port for the part named id.
func (p *Ports) Listen(id string) (net.Listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, err := loopback(p.byID[id])
	if err != nil {
		if l, err = loopback(0); err != nil {
			return nil, fmt.Errorf("finding a free port for %s: %w", id, err)
		}
	}
	if err := p.remember(id, l.Addr().(*net.TCPAddr).Port); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Address is a loopback address for a part that binds it itself. It is kept for that part until Close.
func (p *Ports) Address(id string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept[id] != nil {
		return at(p.byID[id]), nil
	}
	port, kept, err := keep(p.byID[id])
	if err != nil {
		if port, kept, err = keep(0); err != nil {
			return "", fmt.Errorf("finding a free port for %s: %w", id, err)
		}
	}
	p.kept[id] = kept
	return at(port), p.remember(id, port)
}

// Close keeps no address any more.
func (p *Ports) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	for _, kept := range p.kept {
		err = errors.Join(err, kept.Close())
	}
	clear(p.kept)
	return err
}

// remember writes down which port a part has. Callers hold mu.
func (p *Ports) remember(id string, port int) error {
	p.byID[id] = port
	b, err := json.Marshal(p.byID)
	if err == nil {
		err = os.WriteFile(p.file, b, 0o644)
	}
	if err != nil {
		return fmt.Errorf("remembering ports: %w", err)
	}
	return nil
}

// loopback binds a port of this machine alone, any free one for 0. It does not wait for anything.
func loopback(port int) (net.Listener, error) {
	return new(net.ListenConfig).Listen(context.Background(), "tcp", at(port))
}

func at(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
