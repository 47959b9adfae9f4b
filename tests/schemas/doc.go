// Package schemas holds the event generator, the inflect_schema processor, public schemas, real registries, the reference
// implementations of Avro and Protobuf, and validators of others (Ajv, fastavro, Protobuf-ES, Google's Python) against each
// other.
//
// INFLECT_SCHEMA_EVENTS is how many events are generated in each format: 10000 is a full run, every other run has a
// quarter of that.
package schemas
