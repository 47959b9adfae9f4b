// Package schema is the inflect_schema processor: it holds records against the schema that their pipeline names, on the
// way in (decode) and on the way out (encode).
//
// Decode strips the Confluent frame and turns Avro and Protobuf into JSON for the steps. Encode checks the JSON that the
// steps made, turns it into the schema's format and frames it. JSON that conforms is never rewritten: its bytes stay.
//
// What a record is held against is the subject and version of the pipeline, not the id that the record carries. The id says
// how the record was written, and has to belong to the named subject. Of a topic with several types, the records of
// other subjects fail, or are filtered where the configuration says so.
//
// # The registry
//
// Constructing a processor does no I/O. The named schema is loaded with the first batch. A process has one [registry] per
// registry configuration, found through the resources, with every schema it ever fetched: a schema is fetched once however
// many processors want it. While the registry is away, what was fetched goes on working (invariant 4); what was not waits,
// and the pipeline's state says what for. An outage never fails a record.
//
// What is wrong with the pipeline rather than with a record (a subject that does not exist, a schema that does not compile)
// fails with [record.CodePipeline], which is never dead-lettered.
package schema
