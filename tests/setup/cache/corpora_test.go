package cache

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestCorpusHoldsWhatIsWantedOfAPackage(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"package/a/x.proto": {Data: []byte("x")}, "package/a/b/y.proto": {Data: []byte("y")}, "package/a/code.js": {},
		"package/other/z.proto": {}, "package/ab/z.proto": {}}
	closed := 0
	open := func(_ context.Context, dir, name, version string) (fs.FS, func() error, error) {
		if name != "thing" || version != "1.0" {
			t.Errorf("opened %s %s", name, version)
		}
		return files, func() error { closed++; return nil }, os.WriteFile(filepath.Join(dir, "download"), nil, 0o600)
	}
	dir := t.TempDir()
	s := source{name: "thing", version: "1.0", open: open, from: "package", to: "root", only: []string{"a"}}
	if err := s.bring(t.Context(), dir, ".proto"); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if !entry.IsDir() {
			got = append(got, name)
		}
		return err
	})
	if err != nil || strings.Join(got, " ") != "root/a/b/y.proto root/a/x.proto" || closed != 1 {
		t.Errorf("got %v (%v), closed %d times", got, err, closed)
	}
	if err := s.bring(t.Context(), dir, ".avsc"); err == nil || !strings.Contains(err.Error(), "no .avsc files") {
		t.Errorf("a package without schemas: %v", err)
	}
	boom := errors.New("no network")
	s.open = func(context.Context, string, string, string) (fs.FS, func() error, error) { return nil, nil, boom }
	if err := s.bring(t.Context(), dir, ".proto"); !errors.Is(err, boom) {
		t.Errorf("got %v, want the cause", err)
	}
}
