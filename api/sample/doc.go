// Package sample makes events out of schemas: events that fit, edge cases one by one, and near misses that a schema must
// refuse.
//
// Everything goes through one generator, which reads JSON Schema. An Avro or Protobuf schema is first written as the JSON
// Schema of its events' JSON, so that all three have the same realistic values, edges and near misses.
//
// The generator guesses and a validator judges: what does not pass is thrown away and tried again, so that every event
// that is handed out as valid is valid, and every near miss is not. The same seed gives the same events.
//
// What it knows of Avro's and Protobuf's JSON it has from docs/guides/schemas.md, not from the processor's code; tests/schemas
// sends everything that is generated through the processor.
//
// The package does no I/O: a schema comes with the text of everything that it refers to.
package sample
