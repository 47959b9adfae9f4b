//go:build !connect

package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/inflect-dev/inflect/config"
	"github.com/inflect-dev/inflect/configgen"
	"github.com/inflect-dev/inflect/configgen/kube"
	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/plugins/engine"
)

// target is where pipelines run: on the engines that were named, or in pods of their own.
func (p *plane) target(gate *configgen.Gate) (configgen.Target, error) {
	s := p.settings
	if s.Kube.Settings == "" {
		return configgen.Engines{Client: p.engines}, nil
	}
	settings, err := kubeSettings(s, gate)
	if err != nil {
		return nil, err
	}
	connection, err := kubeConnection(s.Kube.Config)
	if err != nil {
		return nil, err
	}
	if p.cluster, err = kube.Connect(connection, settings, p.log); err != nil {
		return nil, err
	}
	gate.Kubernetes = settings.Check
	p.workloads = configgen.NewWorkloads(p.cluster, p.kafka, engine.User, s.Engines.Password, streams.Options{StopTimeout: s.Shutdown})
	return p.workloads, nil
}

// kubeSettings are the file's, with what the control plane knows by itself.
func kubeSettings(s config.Settings, gate *configgen.Gate) (kube.Settings, error) {
	text, err := os.ReadFile(s.Kube.Settings)
	if err != nil {
		return kube.Settings{}, fmt.Errorf("reading --kube-settings: %w", err)
	}
	settings, err := kube.Parse(text)
	if err != nil {
		return settings, fmt.Errorf("reading --kube-settings %s: %w", s.Kube.Settings, err)
	}
	settings.Brokers, settings.Group, settings.Resync = s.Kafka.Brokers, gate.Render.Group, s.Resync
	settings.Environment = map[string]string{}
	for _, v := range engineEnvironment(s) {
		name, value, _ := strings.Cut(v, "=")
		settings.Environment[name] = value
	}
	// Secrets come to pods from a Secret and are never written into their specs (invariant 8).
	maps.DeleteFunc(settings.Environment, func(name, _ string) bool {
		return strings.HasSuffix(name, "_PASSWORD") || strings.HasSuffix(name, "_TOKEN")
	})
	return settings, nil
}

// kubeConnection is the kubeconfig's, or that of the pod's own account.
func kubeConnection(file string) (*rest.Config, error) {
	if file == "" {
		c, err := rest.InClusterConfig()
		if err != nil {
			return nil, fmt.Errorf("finding the API server: %w: outside of a cluster, name a --kubeconfig", err)
		}
		return c, nil
	}
	c, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		return nil, fmt.Errorf("reading --kubeconfig: %w", err)
	}
	return c, nil
}

// fence ends the transactions that pods left open which are gone.
func (p *plane) fence(ctx context.Context) error {
	client, err := kgo.NewClient(p.kafkaOptions()...)
	if err != nil {
		return fmt.Errorf("making a client for Kafka: %w", err)
	}
	defer client.Close()
	return p.workloads.Fence(ctx, transactions{client}, rendering(p.settings).Group(""), p.log)
}
