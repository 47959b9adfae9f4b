package integration

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/configgen/dryrun"
	_ "github.com/inflect-dev/inflect/plugins/all"
)

// goldens are the streams that the renderer's own test compares.
const goldens = "../../configgen/render/testdata/*.stream.yaml"

// TestGoldenStreamsAreLintedAndBuilt holds the renderer and the plugins together: they share no constants, but every
// form that the renderer writes has to be one that the plugins take.
func TestGoldenStreamsAreLintedAndBuilt(t *testing.T) {
	certificates := certificateFiles(t)
	for name, value := range map[string]string{
		"INFLECT_REGISTRY": "http://localhost:8081", "INFLECT_REGISTRY_USERNAME": "user", "INFLECT_REGISTRY_PASSWORD": "secret",
		"INFLECT_KAFKA_USERNAME": "user", "INFLECT_KAFKA_PASSWORD": "secret", "INFLECT_KAFKA_TOKEN": "token",
	} {
		t.Setenv(name, value)
	}
	paths, err := filepath.Glob(goldens)
	if err != nil || len(paths) < 4 {
		t.Fatalf("found %d golden streams: %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			config, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range dryrun.Problems([]byte(certificates(string(config)))) {
				t.Error(p)
			}
		})
	}
}

func TestCheckFindsWhatCannotRun(t *testing.T) {
	golden, err := os.ReadFile(filepath.Join(filepath.Dir(goldens), "full.stream.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config := string(golden)
	tests := []struct{ name, old, replacement, want string }{
		{"a field that no plugin has", "    topic: \"orders-clean\"", "    topik: \"orders-clean\"", "field topik not recognised"},
		{"code that does not parse", "(e) => ({...e, email: null})", "(e) => ({...e, email: null}", "mask"},
		{"an export that is not there", `export: "keepPaid"`, `export: "keep"`, "keep"},
		{"a size that is none", `memory_limit: "64MiB"`, `memory_limit: "lots"`, "memory_limit"},
		{"a file", `code: "(e) => ({...e, email: null})"`, `file: "/etc/passwd"`, "file"},
		{"text that is no YAML", "pipeline:", "pipeline: [", "yaml"},
	}
	t.Setenv("INFLECT_TRANSFORMS", "off")
	t.Setenv("INFLECT_REGISTRY", "http://localhost:8081")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(config, tt.old, tt.replacement, 1)
			if changed == config {
				t.Fatalf("%q is not in the golden stream", tt.old)
			}
			problems := dryrun.Problems([]byte(changed))
			if len(problems) > 0 && strings.Contains(problems.Error(), "root.pipeline") {
				t.Errorf("people are told about Benthos' insides: %v", problems)
			}
			if len(problems) == 0 || !strings.Contains(problems.Error(), tt.want) {
				t.Errorf("found %v, want something about %q", problems, tt.want)
			}
		})
	}
}

// certificateFiles makes the files that the golden streams name, and returns what puts their paths into a config.
func certificateFiles(t *testing.T) func(config string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, content []byte) {
		block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
		if err := os.WriteFile(filepath.Join(dir, name), block, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("ca.pem", "CERTIFICATE", certificate)
	write("cert.pem", "CERTIFICATE", certificate)
	write("key.pem", "EC PRIVATE KEY", private)
	return strings.NewReplacer("/etc/kafka", dir, "/etc/registry", dir).Replace
}
