package cache

import (
	"compress/gzip"
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

//go:embed registry-pom.xml
var registryPOM string

// serverStartTimeout bounds the first start of a Java server, on a slow machine.
const serverStartTimeout = time.Minute

const (
	registryVersion = "3.0.9"
	registryFile    = "apicurio-registry-app-" + registryVersion
)

// RegistryBinaries is an Apicurio Registry that was installed.
type RegistryBinaries struct {
	Jar     string
	Archive string // the JVM's class-data archive
}

// RegistryReady is in the line that the registry logs when it listens.
const RegistryReady = "Listening on:"

// Args are the JVM's last arguments for a registry on the loopback port. The
// log level is what makes the line with [RegistryReady] appear.
func (b RegistryBinaries) Args(port int) []string {
	return []string{
		"-Dquarkus.http.host=127.0.0.1",
		"-Dquarkus.http.port=" + strconv.Itoa(port),
		`-Dquarkus.log.category."io.quarkus".level=INFO`,
		"-jar", b.Jar,
	}
}

// RegistryPart is Apicurio Registry, which speaks the Confluent API under
// /apis/ccompat/v7.
func RegistryPart() Part {
	return Part{Name: "apicurio", Version: registryVersion, recipe: registryPOM, install: installRegistry}
}

// Registry locates the installed registry.
func Registry() (RegistryBinaries, error) {
	dir, err := RegistryPart().Locate()
	if err != nil {
		return RegistryBinaries{}, err
	}
	return registryIn(dir), nil
}

func registryIn(dir string) RegistryBinaries {
	return RegistryBinaries{
		Jar:     filepath.Join(dir, "app", registryFile+"-runner.jar"),
		Archive: filepath.Join(dir, "registry.jsa"),
	}
}

func installRegistry(ctx context.Context, dir string) error {
	if err := need("java", "default-jre-headless"); err != nil {
		return err
	}
	err := maven(ctx, dir, registryPOM, "copy",
		"-Dartifact=io.apicurio:apicurio-registry-app:"+registryVersion+":tar.gz:all", "-DoutputDirectory="+dir)
	if err != nil {
		return err
	}
	archive := filepath.Join(dir, registryFile+"-all.tar.gz")
	if err := unpackGzip(archive, filepath.Join(dir, "app")); err != nil {
		return err
	}
	if err := os.Remove(archive); err != nil {
		return err
	}

	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	binaries := registryIn(dir)
	args := append([]string{"-Xmx384m", "-XX:ArchiveClassesAtExit=" + binaries.Archive}, binaries.Args(ports[0])...)
	return train(ctx, dir, RegistryReady, args...)
}

func unpackGzip(archive, dir string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	reader, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("reading %s: %w", archive, err)
	}
	return unpack(reader, dir)
}
