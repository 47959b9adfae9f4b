// Package record is what the inflect plugins share: where a message came from, what became of it, why it failed, and
// the counters in which all of that ends.
//
// A [Source] is one record as an input read it: its original key, bytes, headers and place. An [Envelope] is the address
// of one message that came of it. Several messages may come of one source (ctx.emit): they share the Source, and so they
// are one unit, delivered together or dead-lettered together (invariant 1).
//
// The envelope travels as one immutable metadata value. Benthos restores message contexts by output position after a
// batch processor, so that a context would end up on another message as soon as a processor drops or splits; metadata
// stay with their message through every processor, foreign ones included.
//
// Text becomes JSON in several plugins; how is said here once, by [AppendString].
//
// Messages from foreign inputs carry no envelope. [Ensure] makes one out of the kafka_* metadata, with a Source that has
// no Owner.
package record
