// Package dlq is the inflect_dlq processor, the last one of a pipeline. It upholds invariant 1: whatever failed on the way
// leaves the pipeline as a dead letter, is dropped by explicit policy, or stops the pipeline.
//
// All messages that came of one source record are a unit. When one of them has failed, the whole unit is replaced by one
// message that holds the source record as it was read, with headers that say what happened. Where no unit has failed the
// batch passes without being copied.
//
// The processor does no I/O. A dead letter is an ordinary message whose envelope names the dead-letter topic, so that it is
// produced, acknowledged and committed like any other record; when the topic is away the output waits, as it does for its
// target.
package dlq
