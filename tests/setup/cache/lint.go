package cache

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

const (
	linterVersion = "v2.15.0"
	linterPackage = "github.com/golangci/golangci-lint/v2/cmd/golangci-lint"
)

// LinterPart is golangci-lint, built with the Go that runs: it cannot check code
// of a newer Go than its own.
func LinterPart() Part {
	return Part{Name: "golangci-lint", Version: linterVersion, recipe: runtime.Version(), install: installLinter}
}

// Linter locates the golangci-lint binary.
func Linter() (string, error) {
	dir, err := LinterPart().Locate()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "golangci-lint"), nil
}

func installLinter(ctx context.Context, dir string) error {
	return goInstall(ctx, dir, linterPackage+"@"+linterVersion)
}

// goInstall builds a program of another module into the folder.
func goInstall(ctx context.Context, dir, program string) error {
	cmd := exec.CommandContext(ctx, "go", "install", program)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOBIN="+dir)
	if output, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("running %s: %w", cmd, err), errors.New(string(output)))
	}
	return nil
}
