package cache

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

const (
	avroToolsVersion = "1.12.0"
	protocVersion    = "4.31.1"
)

// CodecBinaries are Avro's and Protobuf's reference implementations: avro-tools in Java, and protoc, which is C++.
type CodecBinaries struct{ AvroTools, Protoc string }

// CodecsPart is what our codecs are compared with.
func CodecsPart() Part {
	return Part{Name: "codecs", Version: avroToolsVersion + "-" + protocVersion, recipe: alonePOM, install: installCodecs}
}

// Codecs locates the reference implementations.
func Codecs() (CodecBinaries, error) {
	dir, err := CodecsPart().Locate()
	if err != nil {
		return CodecBinaries{}, err
	}
	return CodecBinaries{AvroTools: filepath.Join(dir, "avro-tools-"+avroToolsVersion+".jar"), Protoc: filepath.Join(dir, "protoc")}, nil
}

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
		if err := maven(ctx, dir, alonePOM, "copy", "-Dartifact="+artifact, "-DoutputDirectory="+dir); err != nil {
			return err
		}
	}
	protoc := filepath.Join(dir, "protoc")
	if err := os.Rename(filepath.Join(dir, "protoc-"+protocVersion+"-"+classifier+".exe"), protoc); err != nil {
		return err
	}
	return os.Chmod(protoc, 0o755)
}
