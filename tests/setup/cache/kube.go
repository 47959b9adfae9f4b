package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

const (
	kubeVersion = "1.36.3"
	kedaVersion = "2.21.0"
	kubeModule  = "tests/kube/mod"
)

// kubeHash is the SHA-256 of the module that builds Kubernetes, which decides what the part is. A test holds it against
// the files, so that a change of them makes a new part.
const kubeHash = "23299e4639948e44"

// KubeBinaries is a Kubernetes control plane and KEDA that were built.
type KubeBinaries struct {
	// Kube is etcd, apiserver and controller-manager, by its first argument.
	Kube string
	// Operator and Adapter are KEDA's, CRDs the folder of its definitions.
	Operator, Adapter, CRDs string
}

// KubePart is Kubernetes and KEDA, compiled from their Go modules. It takes minutes and 5 GB of Go's caches.
func KubePart() Part {
	return Part{Name: "kubernetes", Version: kubeVersion, recipe: kubeHash + kedaVersion + runtime.Version(), install: installKube}
}

// Kube locates the binaries.
func Kube() (KubeBinaries, error) {
	dir, err := KubePart().Locate()
	if err != nil {
		return KubeBinaries{}, err
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	return KubeBinaries{Kube: in("kube"), Operator: in("operator"), Adapter: in("adapter"), CRDs: in("crds")}, nil
}

func installKube(ctx context.Context, dir string) error {
	root, err := goOutput(ctx, "", "env", "GOMOD")
	if err != nil {
		return err
	}
	module := filepath.Join(filepath.Dir(root), kubeModule)
	copied := filepath.Join(dir, "keda")
	if err := trimmedKEDA(ctx, module, copied); err != nil {
		return fmt.Errorf("preparing KEDA: %w", err)
	}
	// go.mod names KEDA as it was published, and its sum is checked when it is downloaded; only the build takes the copy.
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	modfile := filepath.Join(dir, "go.mod")
	if _, err := goOutput(ctx, module, "mod", "edit", "-replace=github.com/kedacore/keda/v2="+copied, modfile); err != nil {
		return err
	}
	const stamp = "k8s.io/component-base/version."
	flags := fmt.Sprintf("-s -w -X %sgitVersion=v%s -X %sgitMajor=1 -X %sgitMinor=36 -X %sgitTreeState=clean -X %sgitCommit=0 -X %sbuildDate=2026-01-01T00:00:00Z",
		stamp, kubeVersion, stamp, stamp, stamp, stamp, stamp)
	// One command: programs are linked while others still compile. Without DWARF there is less of everything.
	_, err = goOutput(ctx, module, "build", "-modfile="+modfile, "-mod=mod", "-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false", "-ldflags="+flags,
		"-o", dir+string(filepath.Separator), "./cmd/kube", "github.com/kedacore/keda/v2/cmd/operator", "github.com/kedacore/keda/v2/cmd/adapter")
	if err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(dir, "crds"), os.DirFS(filepath.Join(copied, "config/crd/bases"))); err != nil {
		return err
	}
	return os.RemoveAll(copied)
}

// kedaScalers are what is compiled of KEDA's scalers. The others bring some 2,000 packages of clouds' SDKs; everything
// but them, controllers, metrics and HPA handling, stays as it is.
var kedaScalers = []string{"scaler.go", "kafka_scaler.go", "apache_kafka_scaler.go", "cpu_memory_scaler.go", "cron_scaler.go"}

var kedaTrigger = regexp.MustCompile(`^\tcase "(kafka|apache-kafka|cpu|memory|cron)"`)

// trimmedKEDA copies the KEDA module without the scalers that nobody here asks for.
func trimmedKEDA(ctx context.Context, module, to string) error {
	from, err := goOutput(ctx, module, "list", "-mod=mod", "-m", "-f", "{{.Dir}}", "github.com/kedacore/keda/v2")
	if err == nil && from == "" {
		_, err = goOutput(ctx, module, "mod", "download", "github.com/kedacore/keda/v2")
		if err == nil {
			from, err = goOutput(ctx, module, "list", "-mod=mod", "-m", "-f", "{{.Dir}}", "github.com/kedacore/keda/v2")
		}
	}
	if err != nil {
		return err
	}
	err = filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil || !kedaWanted(filepath.ToSlash(name)) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, "scalers_builder.go") {
			text = []byte(trimmedTriggers(string(text)))
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	})
	return err
}

func kedaWanted(name string) bool {
	if strings.HasSuffix(name, "_test.go") {
		return false
	}
	if file, ok := strings.CutPrefix(name, "pkg/scalers/"); ok && !strings.Contains(file, "/") {
		return slices.Contains(kedaScalers, file)
	}
	first, _, _ := strings.Cut(name, "/")
	return slices.Contains([]string{"apis", "cmd", "controllers", "pkg", "version", "go.mod", "go.sum"}, first) || strings.HasPrefix(name, "config/crd/")
}

// trimmedTriggers leaves the cases of the scalers that stay, between the marks that KEDA's own generator uses.
func trimmedTriggers(source string) string {
	var out strings.Builder
	inside, keep := false, true
	for line := range strings.Lines(source) {
		switch {
		case strings.Contains(line, "TRIGGERS-START"):
			inside = true
		case strings.Contains(line, "TRIGGERS-END"):
			inside, keep = false, true
		case inside && strings.HasPrefix(line, "\tcase \""):
			keep = kedaTrigger.MatchString(line)
		case inside && strings.HasPrefix(line, "\tdefault:"):
			keep = true
		}
		if keep {
			out.WriteString(line)
		}
	}
	return out.String()
}

func goOutput(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	var complaints strings.Builder
	cmd.Stderr = &complaints
	output, err := cmd.Output()
	if err != nil {
		return "", errors.Join(fmt.Errorf("running %s: %w", cmd, err), errors.New(complaints.String()))
	}
	return strings.TrimSpace(string(output)), nil
}

// hashModule is what kubeHash has to be.
func hashModule(dir string) (string, error) {
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum", "cmd/kube/main.go"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}
