package cache

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// dependencyPlugin is the Maven plugin that copies artifacts into a folder.
const dependencyPlugin = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"

// maven runs a goal of the dependency plugin on the given POM.
func maven(ctx context.Context, dir, pom string, log io.Writer, goal string, properties ...string) error {
	if err := need("mvn", "maven"); err != nil {
		return err
	}
	file := filepath.Join(dir, "pom.xml")
	if err := os.WriteFile(file, []byte(pom), 0o644); err != nil {
		return err
	}
	args := []string{"-q", "-B", "-Dstyle.color=never", "-f", file, dependencyPlugin + ":" + goal}
	return run(ctx, dir, log, "mvn", append(args, properties...)...)
}

func run(ctx context.Context, dir string, log io.Writer, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running %s: %w", cmd, err)
	}
	return nil
}

// need reports a program that is not installed with the command that installs
// its Debian package.
func need(program, debian string) error {
	if _, err := exec.LookPath(program); err != nil {
		return fmt.Errorf("%s is not installed; install it with: apt-get install -y %s", program, debian)
	}
	return nil
}
