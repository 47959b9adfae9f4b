package cache

import (
	"archive/zip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/xi2/xz"
)

const postgresVersion = "18.3.0"

// PostgresPart is the official Postgres server as its Maven artifact packs it.
func PostgresPart() Part {
	return Part{Name: "postgres", Version: postgresVersion, recipe: postgresArtifact(), install: installPostgres}
}

// Postgres locates the folder that holds bin, lib and share.
func Postgres() (string, error) {
	return PostgresPart().Locate()
}

func postgresArtifact() string {
	arch := runtime.GOARCH
	if arch == "arm64" {
		arch = "arm64v8"
	}
	return "embedded-postgres-binaries-" + runtime.GOOS + "-" + arch
}

func installPostgres(ctx context.Context, dir string) error {
	artifact := postgresArtifact()
	err := maven(ctx, dir, alonePOM, "copy",
		"-Dartifact=io.zonky.test.postgres:"+artifact+":"+postgresVersion, "-DoutputDirectory="+dir)
	if err != nil {
		return err
	}
	jar := filepath.Join(dir, artifact+"-"+postgresVersion+".jar")
	if err := unpackJar(jar, dir); err != nil {
		return fmt.Errorf("unpacking %s: %w", jar, err)
	}
	return os.Remove(jar)
}

// unpackJar unpacks the .txz archive that the artifact's jar wraps.
func unpackJar(jar, dir string) error {
	reader, err := zip.OpenReader(jar)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	for _, file := range reader.File {
		if !strings.HasSuffix(file.Name, ".txz") {
			continue
		}
		compressed, err := file.Open()
		if err != nil {
			return err
		}
		defer func() { _ = compressed.Close() }()
		plain, err := xz.NewReader(compressed, 0)
		if err != nil {
			return err
		}
		return unpack(plain, dir)
	}
	return fmt.Errorf("no .txz archive inside")
}
