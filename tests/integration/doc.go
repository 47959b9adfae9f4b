// Package integration tests the whole: the real binary as engine and control plane between a real Kafka, registry and
// Postgres. What one package can show alone is tested there.
package integration
