package parts

import (
	"os"
	"os/exec"
	"testing"
)

// Chromium returns the path of a real browser: $INFLECT_CHROMIUM, or the
// chromium or google-chrome on the PATH.
func Chromium(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("INFLECT_CHROMIUM"); path != "" {
		if _, err := exec.LookPath(path); err != nil {
			t.Fatalf("INFLECT_CHROMIUM names no browser: %v", err)
		}
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no browser: install one with `apt-get install -y chromium`, or name one with INFLECT_CHROMIUM")
	return ""
}
