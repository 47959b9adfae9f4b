package local

import (
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"gopkg.in/yaml.v3"

	"github.com/inflect-dev/inflect/pipeline"
)

//go:embed demo
var demo embed.FS

// The demo's feed and how much of it is kept.
const (
	demoTopic     = "earthquakes"
	demoRate      = 25
	demoRetention = "86400000"
)

// demoTopics are made before the pipelines, so that every topic is there when they start.
var demoTopics = []string{demoTopic, "quakes", "quakes-dlq", "quake-alerts", "quake-alerts-dlq", "quake-quality", "quake-quality-dlq",
	"quake-positions", "quake-positions-dlq", "quake-pins", "quake-pins-dlq"}

// DemoFeed is the feed of earthquakes.
func DemoFeed(log *slog.Logger) (*Feed, error) {
	packed, err := demo.ReadFile("demo/earthquakes.ndjson.gz")
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpacking the demo's events: %w", err)
	}
	events, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unpacking the demo's events: %w", err)
	}
	return NewFeed(events, demoTopic, demoRate, log)
}

// WriteDemoTransforms puts the demo's steps into dir/demo. Files that are there are left alone: they are the user's now.
func WriteDemoTransforms(dir string) error {
	return fs.WalkDir(demo, "demo/transforms", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		target := filepath.Join(dir, "demo", filepath.FromSlash(strings.TrimPrefix(name, "demo/transforms/")))
		if _, err := os.Stat(target); err == nil {
			return nil
		}
		b, err := demo.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return fmt.Errorf("writing the demo's transforms: %w", err)
		}
		if err := os.WriteFile(target, b, 0o644); err != nil {
			return fmt.Errorf("writing the demo's transforms: %w", err)
		}
		return nil
	})
}

// PrepareDemo makes the demo's topics and registers its schemas, where they are missing.
func PrepareDemo(ctx context.Context, client *kgo.Client, registry *sr.Client) error {
	keep := demoRetention
	made, err := kadm.NewClient(client).CreateTopics(ctx, partitions, -1, map[string]*string{"retention.ms": &keep}, demoTopics...)
	if err != nil {
		return fmt.Errorf("making the demo's topics: %w", err)
	}
	for _, t := range made {
		if t.Err != nil && !errors.Is(t.Err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("making the demo's topic %s: %w", t.Topic, t.Err)
		}
	}
	entries, err := demo.ReadDir("demo/schemas")
	if err != nil {
		return err
	}
	for _, e := range entries {
		text, err := demo.ReadFile("demo/schemas/" + e.Name())
		if err != nil {
			return err
		}
		subject, kind := strings.TrimSuffix(e.Name(), path.Ext(e.Name())), schemaTypes[path.Ext(e.Name())]
		if _, err := registry.SchemaByVersion(ctx, subject, -1); err == nil {
			continue
		}
		if _, err := registry.CreateSchema(ctx, subject, sr.Schema{Schema: string(text), Type: kind}); err != nil {
			return fmt.Errorf("registering the demo's schema %s: %w", subject, err)
		}
	}
	return nil
}

var schemaTypes = map[string]sr.SchemaType{".json": sr.TypeJSON, ".avsc": sr.TypeAvro, ".proto": sr.TypeProtobuf}

// DemoPipelines are the demo's specs, those first that feed others.
func DemoPipelines() ([]pipeline.Spec, error) {
	var specs []pipeline.Spec
	for _, name := range []string{"quakes-clean", "quakes-quality", "quakes-alerts", "quakes-positions", "quakes-pins"} {
		text, err := demo.ReadFile("demo/pipelines/" + name + ".yaml")
		if err != nil {
			return nil, err
		}
		var doc any
		if err := yaml.Unmarshal(text, &doc); err != nil {
			return nil, fmt.Errorf("reading the demo's pipeline %s: %w", name, err)
		}
		body, err := json.Marshal(doc)
		if err != nil {
			return nil, fmt.Errorf("reading the demo's pipeline %s: %w", name, err)
		}
		spec, err := pipeline.Parse(body)
		if err != nil {
			return nil, fmt.Errorf("reading the demo's pipeline %s: %w", name, err)
		}
		specs = append(specs, spec)
	}
	return specs, nil
}
