package cache

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The tests of this file set INFLECT_CACHE, so they cannot run in parallel.

func TestPartIsInstalledOnceAndMissingBefore(t *testing.T) {
	t.Setenv("INFLECT_CACHE", t.TempDir())
	installs := 0
	part := Part{Name: "thing", Version: "1.0", install: func(_ context.Context, dir string) error {
		installs++
		return os.WriteFile(filepath.Join(dir, "content"), nil, 0o600)
	}}
	if _, err := part.Locate(); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), Command) {
		t.Fatalf("before: got %v, want an error with the command to run", err)
	}
	for range 2 {
		if err := part.Install(t.Context(), io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	if installs != 1 {
		t.Errorf("installed %d times, want once", installs)
	}
	dir, err := part.Locate()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "content")); err != nil {
		t.Error(err)
	}
}

func TestInterruptedInstallIsDoneAgain(t *testing.T) {
	t.Setenv("INFLECT_CACHE", t.TempDir())
	boom := errors.New("no network")
	part := Part{Name: "thing", Version: "1.0", install: func(_ context.Context, dir string) error {
		return errors.Join(os.WriteFile(filepath.Join(dir, "half"), nil, 0o600), boom)
	}}
	if err := part.Install(t.Context(), io.Discard); !errors.Is(err, boom) {
		t.Fatalf("got %v, want the cause", err)
	}
	if _, err := part.Locate(); !errors.Is(err, ErrMissing) {
		t.Errorf("half an installation counts as one: %v", err)
	}
	part.install = func(_ context.Context, dir string) error {
		if _, err := os.Stat(filepath.Join(dir, "half")); err == nil {
			t.Error("what the interrupted installation left is still there")
		}
		return nil
	}
	if err := part.Install(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
}

func TestOtherRecipeIsAnotherFolder(t *testing.T) {
	t.Setenv("INFLECT_CACHE", t.TempDir())
	nothing := func(context.Context, string) error { return nil }
	if err := (Part{Name: "thing", Version: "1.0", recipe: "a", install: nothing}).Install(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := (Part{Name: "thing", Version: "1.0", recipe: "b"}).Locate(); !errors.Is(err, ErrMissing) {
		t.Errorf("a part of another recipe was found: %v", err)
	}
}

func TestLockWaitsForTheOther(t *testing.T) {
	t.Setenv("INFLECT_CACHE", t.TempDir())
	unlock, err := Lock(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	waiting, said := io.Pipe()
	done := make(chan error, 1)
	go func() {
		unlock, err := Lock(said)
		if err == nil {
			err = unlock()
		}
		done <- err
	}()
	if _, err := waiting.Read(make([]byte, 100)); err != nil { // it says that it waits
		t.Fatal(err)
	}
	select {
	case err := <-done:
		t.Fatalf("two hold the lock at once (%v)", err)
	default:
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestUnpackStaysInItsFolder(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		entries []tar.Header
		wantErr bool
	}{
		{
			name: "files, folders and links",
			entries: []tar.Header{
				{Name: "./bin/", Typeflag: tar.TypeDir},
				{Name: "./bin/postgres", Typeflag: tar.TypeReg, Mode: 0o755},
				{Name: "lib/libpq.so", Typeflag: tar.TypeSymlink, Linkname: "libpq.so.5"},
			},
		},
		{
			name:    "a path that climbs out",
			entries: []tar.Header{{Name: "../outside", Typeflag: tar.TypeReg}},
			wantErr: true,
		},
		{
			name: "a link that leads out",
			entries: []tar.Header{
				{Name: "link", Typeflag: tar.TypeSymlink, Linkname: ".."},
				{Name: "link/outside", Typeflag: tar.TypeReg},
			},
			wantErr: true,
		},
		{
			name:    "a device",
			entries: []tar.Header{{Name: "tty", Typeflag: tar.TypeChar}},
			wantErr: true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var archive bytes.Buffer
			writer := tar.NewWriter(&archive)
			for _, entry := range test.entries {
				if err := writer.WriteHeader(&entry); err != nil {
					t.Fatal(err)
				}
			}
			if err := writer.Close(); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			err := unpack(&archive, filepath.Join(dir, "inside"))
			if (err != nil) != test.wantErr {
				t.Errorf("got %v, want an error: %t", err, test.wantErr)
			}
			if _, err := os.Lstat(filepath.Join(dir, "outside")); err == nil {
				t.Error("a file lies outside the folder")
			}
		})
	}
}
