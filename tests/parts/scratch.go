package parts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// scratchPattern is what the scratch folders of all test binaries have in
// common. Each holds a lock file which its binary keeps locked while it lives.
const scratchPattern = "inflect-parts-"

const scratchLock = "lock"

// scratchDir creates a folder for one server.
func scratchDir(name string) (string, error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if !shared.running {
		return "", errors.New("the package needs `func TestMain(m *testing.M) { parts.Main(m) }`, which ends its servers")
	}
	if shared.scratch == "" {
		if err := openScratch(); err != nil {
			return "", fmt.Errorf("creating the scratch folder: %w", err)
		}
	}
	dir, err := os.MkdirTemp(shared.scratch, name+"-")
	if err != nil {
		return "", fmt.Errorf("creating a scratch folder: %w", err)
	}
	return dir, nil
}

// openScratch removes what killed test binaries left and makes this one's
// folder. Callers hold shared.mu.
func openScratch() error {
	if err := sweep(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", scratchPattern)
	if err != nil {
		return err
	}
	// The file gets its name once it is locked: before that, a test binary that
	// starts at the same time would take this one for dead and remove its folder.
	unnamed := filepath.Join(dir, "new-"+scratchLock)
	lock, err := os.OpenFile(unnamed, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(err, lock.Close())
	}
	if err := os.Rename(unnamed, filepath.Join(dir, scratchLock)); err != nil {
		return errors.Join(err, lock.Close())
	}
	// Postgres runs as another user when the tests run as root.
	if err := os.Chmod(dir, 0o711); err != nil {
		return errors.Join(err, lock.Close())
	}
	shared.scratch, shared.unlock = dir, lock.Close
	return nil
}

// removeScratch removes this binary's folder. Callers hold shared.mu.
func removeScratch() error {
	if shared.scratch == "" {
		return nil
	}
	dir := shared.scratch
	shared.scratch = ""
	if keep() {
		fmt.Fprintln(os.Stderr, "parts: kept", dir)
		return errors.Join(os.Remove(filepath.Join(dir, scratchLock)), shared.unlock())
	}
	return errors.Join(os.RemoveAll(dir), shared.unlock())
}

func keep() bool { return os.Getenv("INFLECT_KEEP") != "" }

// sweep removes the scratch folders whose test binary is gone: those whose lock
// can be had. A folder without a lock file was kept on purpose or is being made.
func sweep() error {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), scratchPattern+"*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		lock, err := os.OpenFile(filepath.Join(dir, scratchLock), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(dir) // another user's folder is that user's to sweep
		}
		_ = lock.Close()
	}
	return nil
}
