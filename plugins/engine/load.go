package engine

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// maxStream bounds an unpacked stream config.
const maxStream = 64 << 20

// errTorn says that files of a directory come of different configs.
var errTorn = errors.New("its parts do not belong together: they were changed at this moment, or cut")

const (
	// tornPatience is how long parts may take to belong together. A node brings a changed ConfigMap to its volumes within a
	// minute or so, and pods are given two until they have to be alive.
	tornPatience = 90 * time.Second
	tornPause    = time.Second
)

// settled is load, once the parts of every stream belong together: ConfigMaps are not changed at the same time.
func settled(ctx context.Context, dir, into string, patience, pause time.Duration) (names, files []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		names, files, err = load(dir, into)
		if !errors.Is(err, errTorn) {
			return names, files, err
		}
		select {
		case <-ctx.Done():
			return nil, nil, err
		case <-time.After(pause):
		}
	}
}

// load makes files that Benthos reads of the streams in a directory: each is <name>.yaml, or <name>.yaml.gz.000 and on,
// the parts of one gzip stream, with the SHA-256 of what they unpack to in <name>.sha256. The directory is a volume of
// ConfigMaps, which are changed one after the other: parts of two states are noticed by the hash.
func load(dir, into string) (names, files []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("reading --streams-dir: %w", err)
	}
	parts := map[string][]string{}
	for _, e := range entries {
		file := filepath.Join(dir, e.Name())
		if name, ok := strings.CutSuffix(e.Name(), ".yaml"); ok {
			names, files = append(names, name), append(files, file)
		}
		if name, _, ok := strings.Cut(e.Name(), ".yaml.gz."); ok {
			parts[name] = append(parts[name], file)
		}
	}
	for name, list := range parts {
		if slices.Contains(names, name) {
			return nil, nil, fmt.Errorf("reading --streams-dir: stream %s is there twice, plain and compressed: %w", name, errTorn)
		}
		slices.Sort(list)
		file := filepath.Join(into, name+".yaml")
		if err := unpack(list, filepath.Join(dir, name+".sha256"), file); err != nil {
			return nil, nil, fmt.Errorf("reading stream %s of --streams-dir: %w", name, err)
		}
		names, files = append(names, name), append(files, file)
	}
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("reading --streams-dir: %s holds no stream: <name>.yaml or <name>.yaml.gz.000", dir)
	}
	return names, files, nil
}

func unpack(parts []string, hash, file string) error {
	var zipped bytes.Buffer
	for _, p := range parts {
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		zipped.Write(b)
	}
	want, err := os.ReadFile(hash)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is missing: %w", filepath.Base(hash), errTorn)
	}
	if err != nil {
		return err
	}
	r, err := gzip.NewReader(&zipped)
	if err != nil {
		return fmt.Errorf("unpacking: %w: %w", err, errTorn)
	}
	config, err := io.ReadAll(io.LimitReader(r, maxStream+1))
	if err != nil {
		return fmt.Errorf("unpacking: %w: %w", err, errTorn)
	}
	if len(config) > maxStream {
		return fmt.Errorf("unpacking: it has more than %d bytes", maxStream)
	}
	if got := sha256.Sum256(config); hex.EncodeToString(got[:]) != strings.TrimSpace(string(want)) {
		return errTorn
	}
	return os.WriteFile(file, config, 0o600)
}
