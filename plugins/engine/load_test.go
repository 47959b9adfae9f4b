package engine

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/plugins/record"
)

func zip(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestStreamsAreLoadedFromADirectory(t *testing.T) {
	t.Parallel()
	const text = "input: {stdin: {}}\n"
	zipped, sum := zip(t, text), sha256.Sum256([]byte(text))
	hash := hex.EncodeToString(sum[:])
	tests := []struct {
		name  string
		files map[string]string
		// want is a piece of the error; empty when the stream is to be read.
		want string
	}{
		{name: "plain", files: map[string]string{"a.yaml": text}},
		{name: "in two parts", files: map[string]string{"a.yaml.gz.000": string(zipped[:9]), "a.yaml.gz.001": string(zipped[9:]), "a.sha256": hash + "\n"}},
		{name: "another hash", files: map[string]string{"a.yaml.gz.000": string(zipped), "a.sha256": strings.Repeat("0", 64)}, want: "do not belong together"},
		{name: "no hash", files: map[string]string{"a.yaml.gz.000": string(zipped)}, want: "a.sha256 is missing"},
		{name: "cut", files: map[string]string{"a.yaml.gz.000": string(zipped[:20]), "a.sha256": hash}, want: "unpacking"},
		{name: "no gzip", files: map[string]string{"a.yaml.gz.000": "text", "a.sha256": hash}, want: "unpacking"},
		{name: "plain and compressed", files: map[string]string{"a.yaml": text, "a.yaml.gz.000": string(zipped), "a.sha256": hash}, want: "twice"},
		{name: "nothing", files: map[string]string{"README": ""}, want: "holds no stream"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, content := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			names, files, err := load(dir, t.TempDir())
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(files[0])
			if err != nil || string(got) != text || names[0] != "a" || filepath.Base(files[0]) != "a.yaml" {
				t.Errorf("got %q in %v (%v)", got, files, err)
			}
		})
	}
}

func TestAPodIsReadyWithItsStreams(t *testing.T) {
	t.Parallel()
	d := &doors{instance: "i", version: "v", expected: []string{"orders"}}
	d.stats = record.NewStats()
	d.started.Store(true)
	if err := d.ready(); err == nil || !strings.Contains(err.Error(), "orders") {
		t.Errorf("ready before the stream is there: %v", err)
	}
	d.stats.Pipeline("orders").SetState("waiting", "joining the consumer group")
	if err := d.ready(); err != nil {
		t.Errorf("a pipeline that waits for its partitions is ready: %v", err)
	}
}

func TestPartsThatAreBeingChangedAreWaitedFor(t *testing.T) {
	t.Parallel()
	dir, text := t.TempDir(), "input: {generate: {}}"
	zipped, sum := zip(t, text), sha256.Sum256([]byte(text))
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Error(err)
		}
	}
	write("a.yaml.gz.000", string(zipped[:9]))
	write("a.sha256", hex.EncodeToString(sum[:]))
	if _, _, err := settled(t.Context(), dir, t.TempDir(), 20*time.Millisecond, time.Millisecond); !errors.Is(err, errTorn) {
		t.Errorf("a part that never comes: %v", err)
	}
	time.AfterFunc(20*time.Millisecond, func() { write("a.yaml.gz.001", string(zipped[9:])) })
	names, files, err := settled(t.Context(), dir, t.TempDir(), time.Minute, time.Millisecond)
	if err != nil || len(names) != 1 {
		t.Fatalf("%v %v", names, err)
	}
	if got, err := os.ReadFile(files[0]); string(got) != text {
		t.Errorf("got %q (%v)", got, err)
	}
	if _, _, err := settled(t.Context(), t.TempDir(), t.TempDir(), time.Minute, time.Millisecond); err == nil || errors.Is(err, errTorn) {
		t.Errorf("an empty directory is not waited for: %v", err)
	}
}
