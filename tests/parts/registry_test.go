package parts_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/tests/parts"
)

func TestRegistryKeepsSchemas(t *testing.T) {
	t.Parallel()
	client := registryClient(t, parts.Registry(t))
	subject := parts.Unique("orders") + "-value"
	created, err := client.CreateSchema(t.Context(), subject, sr.Schema{Type: sr.TypeJSON, Schema: `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}`})
	if err != nil {
		t.Fatal(err)
	}
	byID, err := client.SchemaByID(t.Context(), created.ID)
	if err != nil {
		t.Fatal(err)
	}
	if byID.Schema != `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}` {
		t.Errorf("schema %d is %q", created.ID, byID.Schema)
	}
}

func TestRegistryKeepsAddressAndSubjectsThroughStopAndKill(t *testing.T) {
	t.Parallel()
	registry := parts.OwnRegistry(t)
	client := registryClient(t, registry)
	if _, err := client.CreateSchema(t.Context(), "orders-value", sr.Schema{Schema: `"string"`}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"kill", "stop"} {
		if name == "kill" {
			registry.Kill(t)
		} else {
			registry.Stop(t)
		}
		if _, err := client.Subjects(t.Context()); err == nil {
			t.Fatalf("after %s the registry still answers", name)
		}
		registry.Start(t)
		if _, err := client.SchemaByVersion(t.Context(), "orders-value", 1); err != nil {
			t.Fatalf("after %s and start: %v", name, err)
		}
	}
}

func registryClient(t *testing.T, registry *parts.RegistryServer) *sr.Client {
	t.Helper()
	client, err := sr.NewClient(sr.URLs(registry.URL()))
	if err != nil {
		t.Fatal(err)
	}
	return client
}
