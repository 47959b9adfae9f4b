package cache

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// dependencyPlugin is the Maven plugin that copies artifacts into a folder.
const dependencyPlugin = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"

// alonePOM names no parent and no dependency, for artifacts that are taken alone.
const alonePOM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.inflect</groupId>
  <artifactId>alone</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
</project>
`

// maven runs a goal of the dependency plugin on the given POM.
func maven(ctx context.Context, dir, pom, goal string, properties ...string) error {
	if err := need("mvn", "maven"); err != nil {
		return err
	}
	file := filepath.Join(dir, "pom.xml")
	if err := os.WriteFile(file, []byte(pom), 0o644); err != nil {
		return err
	}
	args := []string{"-q", "-B", "-f", file, dependencyPlugin + ":" + goal}
	cmd := exec.CommandContext(ctx, "mvn", append(args, properties...)...)
	cmd.Dir = dir
	if output, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("running %s: %w", cmd, err), errors.New(string(output)))
	}
	return nil
}

// need reports a program that is not installed with the command that installs
// its Debian package.
func need(program, debian string) error {
	if _, err := exec.LookPath(program); err != nil {
		return fmt.Errorf("%s is not installed; as root on Debian: apt-get install -y %s", program, debian)
	}
	return nil
}
