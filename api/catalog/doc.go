// Package catalog looks up what pipelines name: topics of a Kafka cluster and schemas of a registry. It reads records
// without joining a consumer group, and only committed ones.
//
// A cluster or registry that is away is an error of [pipeline.CodeUnavailable] that names its addresses, within the
// configured time. What is asked for often is remembered for a moment; nothing that was asked for by an exact version
// is asked for twice.
package catalog
