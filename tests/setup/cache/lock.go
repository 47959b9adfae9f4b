package cache

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Lock waits until no other process installs parts and returns the function
// that lets the next one in. The kernel lets go of it when the process ends.
func Lock() (unlock func() error, err error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("creating the cache folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the cache's lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("locking the cache: %w", err)
	}
	return file.Close, nil
}
