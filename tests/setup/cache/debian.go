package cache

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// PrometheusPart is Prometheus and its promtool.
func PrometheusPart() Part { return debianPart("prometheus", "prometheus", "promtool") }

// Prometheus locates the folder of prometheus and promtool.
func Prometheus() (string, error) { return PrometheusPart().Locate() }

// emulators are the programs that run another architecture's, by that architecture's name in Go.
var emulators = map[string]string{"amd64": "qemu-x86_64-static", "arm64": "qemu-aarch64-static"}

// EmulatorPart is what runs programs of other architectures.
func EmulatorPart() Part {
	return debianPart("qemu-user-static", emulators["amd64"], emulators["arm64"])
}

// Emulator locates the program that runs those of an architecture, and names none for the one that is here.
func Emulator(architecture string) (string, error) {
	if architecture == runtime.GOARCH {
		return "", nil
	}
	program, ok := emulators[architecture]
	if !ok {
		return "", fmt.Errorf("there is no emulator for %s", architecture)
	}
	dir, err := EmulatorPart().Locate()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, program), nil
}

// debianPart is some programs of a Debian package, taken out of it: installing the package would take root and, for some,
// start a service.
func debianPart(name string, programs ...string) Part {
	return Part{Name: name, Version: "debian", recipe: fmt.Sprint(programs), install: func(ctx context.Context, dir string) error {
		if err := errors.Join(need("apt-get", "apt"), need("dpkg-deb", "dpkg")); err != nil {
			return err
		}
		fetch := exec.CommandContext(ctx, "apt-get", "download", "-q", name)
		fetch.Dir = dir
		if output, err := fetch.CombinedOutput(); err != nil {
			return fmt.Errorf("downloading the package (as root, apt-get update tells apt what there is): %w\n%s", err, output)
		}
		packages, err := filepath.Glob(filepath.Join(dir, name+"_*.deb"))
		if err != nil || len(packages) != 1 {
			return fmt.Errorf("apt-get has downloaded %q, not one package", packages)
		}
		whole := filepath.Join(dir, "package")
		if output, err := exec.CommandContext(ctx, "dpkg-deb", "-x", packages[0], whole).CombinedOutput(); err != nil {
			return fmt.Errorf("unpacking %s: %w\n%s", packages[0], err, output)
		}
		for _, program := range programs {
			if err := os.Rename(filepath.Join(whole, "usr", "bin", program), filepath.Join(dir, program)); err != nil {
				return fmt.Errorf("looking for a program in the package: %w", err)
			}
		}
		return errors.Join(os.RemoveAll(whole), os.Remove(packages[0]))
	}}
}
