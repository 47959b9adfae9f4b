package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
}

// OpenPorts reads the ports of the last run from dir/ports.json.
func OpenPorts(dir string) (*Ports, error) {
	p := &Ports{file: filepath.Join(dir, "ports.json"), byID: map[string]int{}}
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
	p.byID[id] = l.Addr().(*net.TCPAddr).Port
	b, err := json.Marshal(p.byID)
	if err == nil {
		err = os.WriteFile(p.file, b, 0o644)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("remembering ports: %w", err), l.Close())
	}
	return l, nil
}

// Address is a loopback address that was free a moment ago, for parts that bind it themselves.
func (p *Ports) Address(id string) (string, error) {
	l, err := p.Listen(id)
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// loopback binds a port of this machine alone, any free one for 0. It does not wait for anything.
func loopback(port int) (net.Listener, error) {
	return new(net.ListenConfig).Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}
