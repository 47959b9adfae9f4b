package local

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io/fs"
	"path/filepath"
	"strings"
	"time"
)

// Fingerprint changes whenever a file under dir is written, made or removed. Hidden directories do not count; what
// cannot be read counts as absent. Of node_modules only the top is looked at, because installing changes it.
func Fingerprint(dir string) [sha256.Size]byte {
	h := sha256.New()
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // what cannot be read counts as absent
		}
		if d.IsDir() && path != dir && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return nil //nolint:nilerr // it was removed meanwhile
		}
		if d.IsDir() && d.Name() != "node_modules" {
			return nil
		}
		_, _ = h.Write([]byte(path))
		_ = binary.Write(h, binary.LittleEndian, []int64{info.Size(), info.ModTime().UnixNano()})
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	return [sha256.Size]byte(h.Sum(nil))
}

// Watch calls changed after dir has changed and come to rest, which it looks for at every interval, until ctx ends. It
// polls because a transform directory is small and notifications of the kernel miss network and container mounts.
func Watch(ctx context.Context, dir string, interval time.Duration, changed func()) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	told := Fingerprint(dir)
	last := told
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := Fingerprint(dir)
		if now == last && now != told {
			told = now
			changed()
		}
		last = now
	}
}
