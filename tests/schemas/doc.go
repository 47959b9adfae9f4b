// Package schemas holds the event generator, the inflect_schema processor, public schemas, real registries and the
// reference implementations of Avro and Protobuf against each other.
package schemas
