// Package cache holds the outside parts that the tests run against: Apache
// Kafka, a schema registry, Postgres, reference codecs, public schemas and, for
// linting, golangci-lint.
//
// Each part lies in a folder of its own under [Dir], named for the part, its
// version and a hash of its recipe, so that a changed recipe never meets an old
// folder. A folder counts only when it carries the completion mark, which is
// written last: an installation that was interrupted is redone. Installing
// holds a file lock, so that two processes never build the same folder.
//
// The package only reads and writes under Dir. Whoever finds a part missing
// gets an error that names the command which installs it.
package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Command installs every part; errors of this package name it.
const Command = "go run ./tests/setup"

// ErrMissing is the cause of errors about a part that was not installed yet.
var ErrMissing = errors.New("part is not installed")

// mark is the file that says that a part's folder is complete.
const mark = ".complete"

// Part is one outside program: what it is called and how it comes here.
type Part struct {
	Name    string
	Version string

	recipe  string // whatever else decides what the folder holds
	install func(ctx context.Context, dir string) error
}

// Dir is the folder of all parts: $INFLECT_CACHE, or `inflect` in the user's
// cache folder.
func Dir() (string, error) {
	if dir := os.Getenv("INFLECT_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache folder (set INFLECT_CACHE to choose one): %w", err)
	}
	return filepath.Join(base, "inflect"), nil
}

// Locate returns the folder of a part that is installed. Its error wraps
// [ErrMissing] and names the command that installs the part.
func (p Part) Locate() (string, error) {
	dir, err := p.dir()
	if err != nil {
		return "", err
	}
	if !complete(dir) {
		return "", fmt.Errorf("%w: %s %s; install it with: %s", ErrMissing, p.Name, p.Version, Command)
	}
	return dir, nil
}

// Install brings the part into its folder unless it is there, and says what it
// does on log. It must be called under [Lock].
func (p Part) Install(ctx context.Context, log io.Writer) error {
	dir, err := p.dir()
	if err != nil {
		return err
	}
	if complete(dir) {
		return nil
	}
	if _, err := fmt.Fprintf(log, "installing %s %s\n", p.Name, p.Version); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("clearing %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("creating the folder of %s: %w", p.Name, err)
	}
	if err := p.install(ctx, dir); err != nil {
		return fmt.Errorf("installing %s %s: %w", p.Name, p.Version, err)
	}
	return os.WriteFile(filepath.Join(dir, mark), nil, 0o644)
}

func (p Part) dir() (string, error) {
	base, err := Dir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(p.recipe))
	return filepath.Join(base, p.Name+"-"+p.Version+"-"+hex.EncodeToString(sum[:4])), nil
}

func complete(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, mark))
	return err == nil
}
