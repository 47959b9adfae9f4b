package cache

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The functions of this file bring one package through the client of its registry, without what it depends on, and return
// its files and what closes them.

func nothingToClose() error { return nil }

// npmPackage returns what npm packs: everything lies in the folder package.
func npmPackage(ctx context.Context, dir, name, version string) (fs.FS, func() error, error) {
	if err := need("npm", "npm"); err != nil {
		return nil, nil, err
	}
	if err := command(ctx, dir, "npm", "pack", "--silent", name+"@"+version); err != nil {
		return nil, nil, err
	}
	archive, err := theFile(dir, "*.tgz")
	if err != nil {
		return nil, nil, err
	}
	if err := unpackGzip(archive, dir); err != nil {
		return nil, nil, err
	}
	if err := os.Remove(archive); err != nil {
		return nil, nil, err
	}
	return os.DirFS(dir), nothingToClose, nil
}

// pipPackage returns the contents of a wheel.
func pipPackage(ctx context.Context, dir, name, version string) (fs.FS, func() error, error) {
	if err := need("python3", "python3-pip"); err != nil {
		return nil, nil, err
	}
	if err := command(ctx, dir, "python3", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:",
		name+"=="+version); err != nil {
		return nil, nil, err
	}
	return theArchive(dir, "*.whl")
}

// mavenJar returns the contents of a jar. The name is Maven's coordinates, with %s for the version.
func mavenJar(ctx context.Context, dir, name, version string) (fs.FS, func() error, error) {
	if err := maven(ctx, dir, alonePOM, "copy", "-Dartifact="+fmt.Sprintf(name, version), "-DoutputDirectory="+dir); err != nil {
		return nil, nil, err
	}
	return theArchive(dir, "*.jar")
}

// theArchive opens the one zip archive that a client has left in the folder.
func theArchive(dir, pattern string) (fs.FS, func() error, error) {
	path, err := theFile(dir, pattern)
	if err != nil {
		return nil, nil, err
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return archive, archive.Close, nil
}

func theFile(dir, pattern string) (string, error) {
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(paths) != 1 {
		return "", errors.Join(fmt.Errorf("%d files are called %s in %s, not one", len(paths), pattern, dir), err)
	}
	return paths[0], nil
}

// goModule returns a module as Go's module cache holds it.
func goModule(ctx context.Context, dir, name, version string) (fs.FS, func() error, error) {
	output, err := goOutput(ctx, dir, "mod", "download", "-json", name+"@"+version)
	if err != nil {
		return nil, nil, err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal([]byte(output), &module); err != nil {
		return nil, nil, fmt.Errorf("reading what go says of %s: %w", name, err)
	}
	return os.DirFS(module.Dir), nothingToClose, nil
}

// command runs a program in a folder; its error has what the program said.
func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if output, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("running %s: %w", cmd, err), errors.New(strings.TrimSpace(string(output))))
	}
	return nil
}
