package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// pageDir is where the page's sources lie, seen from the tree's root.
const pageDir = "ui"

// installPagePackages brings the page's npm packages into ui/node_modules unless
// what lies there is what package-lock.json asks for.
func installPagePackages(ctx context.Context, log io.Writer) error {
	fresh, err := packagesMatch(pageDir)
	if err != nil {
		return fmt.Errorf("looking at the page's npm packages: %w", err)
	}
	if fresh {
		return nil
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return errors.New("npm is not installed, and the page is built with Node 20 or later: see https://nodejs.org/en/download")
	}
	if _, err := fmt.Fprintln(log, "installing the page's npm packages"); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir, cmd.Stdout, cmd.Stderr = pageDir, log, log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("installing the page's npm packages: %w; try it by hand: cd %s && npm ci", err, pageDir)
	}
	return nil
}

// lockfile is what npm writes into package-lock.json, and into node_modules for
// what it has installed there.
type lockfile struct {
	Packages map[string]struct {
		Version   string `json:"version"`
		Integrity string `json:"integrity"`
		Optional  bool   `json:"optional"`
	} `json:"packages"`
}

// packagesMatch compares the two. Optional packages may be missing: those are
// for other platforms.
func packagesMatch(dir string) (bool, error) {
	wanted, err := readLockfile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return false, err
	}
	present, err := readLockfile(filepath.Join(dir, "node_modules", ".package-lock.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for path, have := range present.Packages {
		want, ok := wanted.Packages[path]
		if !ok || want.Version != have.Version || want.Integrity != have.Integrity {
			return false, nil
		}
	}
	for path, want := range wanted.Packages {
		if _, ok := present.Packages[path]; !ok && path != "" && !want.Optional {
			return false, nil
		}
	}
	return true, nil
}

func readLockfile(path string) (lockfile, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return lockfile{}, err
	}
	var lock lockfile
	if err := json.Unmarshal(content, &lock); err != nil {
		return lockfile{}, fmt.Errorf("reading %s: %w", path, err)
	}
	return lock, nil
}
