package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPackagesMatch(t *testing.T) {
	t.Parallel()
	const wanted = `{"packages": {
		"": {"version": "0.0.0"},
		"node_modules/react": {"version": "19.3.1", "integrity": "sha512-a"},
		"node_modules/only-on-another-platform": {"version": "1.0.0", "integrity": "sha512-b", "optional": true}}}`
	for _, test := range []struct {
		name    string
		present string // empty: nothing was installed
		want    bool
	}{
		{name: "nothing is installed"},
		{
			name:    "everything for this platform is installed",
			present: `{"packages": {"node_modules/react": {"version": "19.3.1", "integrity": "sha512-a"}}}`,
			want:    true,
		},
		{
			name:    "a package is missing",
			present: `{"packages": {}}`,
		},
		{
			name:    "a package has another version",
			present: `{"packages": {"node_modules/react": {"version": "19.3.0", "integrity": "sha512-a"}}}`,
		},
		{
			name:    "a package has another content",
			present: `{"packages": {"node_modules/react": {"version": "19.3.1", "integrity": "sha512-c"}}}`,
		},
		{
			name: "a package is there that was removed from the list",
			present: `{"packages": {"node_modules/react": {"version": "19.3.1", "integrity": "sha512-a"},
				"node_modules/old": {"version": "1.0.0"}}}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "package-lock.json"), wanted)
			if test.present != "" {
				write(t, filepath.Join(dir, "node_modules", ".package-lock.json"), test.present)
			}
			got, err := packagesMatch(dir)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
