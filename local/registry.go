package local

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

// maxSchemaRequest bounds the body of a request that changes the registry.
const maxSchemaRequest = 8 << 20

// Registry is a schema registry inside this process. It journals every request that changed it and replays them on
// start; because ids are given in order, schemas keep theirs.
type Registry struct {
	URL string

	inner    http.Handler
	listener net.Listener
	mu       sync.Mutex // holds changes and their journal entries together
	journal  *os.File
}

// change is one journalled request.
type change struct {
	Method string `json:"method"`
	URI    string `json:"uri"`
	Body   []byte `json:"body,omitempty"`
}

// StartRegistry replays dir/registry.ndjson and serves on l.
func StartRegistry(dir string, l net.Listener) (*Registry, error) {
	r := &Registry{URL: "http://" + l.Addr().String(), listener: l,
		// It checks nothing, and says so.
		inner: srfake.NewRegistry(srfake.WithGlobalCompat(sr.CompatNone)).Handler()}
	file := filepath.Join(dir, "registry.ndjson")
	err := r.replay(file)
	if err == nil {
		r.journal, err = os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("replaying the schema registry: %w", err), l.Close())
	}
	return r, nil
}

// replay stops at a line that is cut off, which is what a crash in mid-write leaves.
func (r *Registry) replay(file string) error {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 2*maxSchemaRequest)
	var whole int64
	for lines.Scan() {
		var c change
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return os.Truncate(file, whole)
		}
		whole += int64(len(lines.Bytes())) + 1
		r.inner.ServeHTTP(httptest.NewRecorder(), c.request())
	}
	return lines.Err()
}

func (c change) request() *http.Request {
	req := httptest.NewRequestWithContext(context.Background(), c.Method, c.URI, bytes.NewReader(c.Body))
	req.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	return req
}

// Run serves until ctx ends.
func (r *Registry) Run(ctx context.Context) error {
	server := &http.Server{Handler: r, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	err := server.Serve(r.listener)
	if cerr := r.journal.Close(); cerr != nil {
		return fmt.Errorf("closing the schema registry's journal: %w", cerr)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serving the schema registry: %w", err)
}

func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if !changes(req) {
		r.inner.ServeHTTP(w, req)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxSchemaRequest))
	if err != nil {
		http.Error(w, "the schema is too large", http.StatusRequestEntityTooLarge)
		return
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	r.mu.Lock()
	defer r.mu.Unlock()
	answer := httptest.NewRecorder()
	r.inner.ServeHTTP(answer, req)
	if answer.Code < 300 {
		line, err := json.Marshal(change{Method: req.Method, URI: req.URL.RequestURI(), Body: body})
		if err == nil {
			_, err = r.journal.Write(append(line, '\n'))
		}
		if err != nil {
			http.Error(w, "the schema registry cannot write its journal", http.StatusInternalServerError)
			return
		}
	}
	for k, v := range answer.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// changes reports whether a request may change the registry. Two kinds of POST only ask: the lookup of a schema under its
// subject and the check of compatibility.
func changes(req *http.Request) bool {
	switch req.Method {
	case http.MethodPut, http.MethodDelete:
		return true
	case http.MethodPost:
		return strings.HasPrefix(req.URL.Path, "/subjects/") && strings.HasSuffix(req.URL.Path, "/versions")
	}
	return false
}
