//go:build !linux

package dryrun

import (
	"fmt"
	"os"
	"syscall"
)

func attributes() *syscall.SysProcAttr { return nil }

// Self is the command that starts this program again.
func Self(subcommand string) ([]string, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	return []string{path, subcommand}, nil
}

func limitSelf() error { return nil }
