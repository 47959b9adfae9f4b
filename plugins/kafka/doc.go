// Package kafka is the input and the output inflect_kafka: records in, records out, and between the two the promise that
// a source offset is committed only after everything that came of its record is durable.
//
// # How it is built
//
// The input owns generations. A generation is one membership in the consumer group with all that hangs on it: clients,
// batches in flight, offsets to commit. Connect builds it, nothing revives it: whatever goes wrong in a way that leaves
// doubt ends the generation, and the next one reads again from what was committed.
//
// A batch is what one read hands out. Its records carry an origin as [record.Source].Owner, by which the output finds
// the batch again; the output keeps no state about inputs. The output enqueues and returns; the acknowledgement waits
// until everything is delivered.
//
// There are two kinds of generation. In atleast.go a few batches are in flight, and the offsets of the finished prefix
// are committed from time to time. In exactly.go each of a few lanes is a group member with one transaction at a time,
// in which targets, dead letters and offsets become visible together.
//
// Files: spec.go, producer.go, reader.go, connection.go, sasl.go, token.go (settings); input.go, generation.go,
// atleast.go, exactly.go, lane.go (reading); start.go, hold.go, pace.go, stride.go, appetite.go (where and when reading
// begins, and how much is read); batch.go, message.go (what is handed out); output.go, deliver.go, partitioner.go,
// limits.go (writing); refusal.go (what to do with records that a target does not take); slots.go, member.go (who owns
// which transactional id, and which place in the group); health.go, watch.go, lag.go, logger.go (what is said about it).
//
// # Invariants upheld here
//
//  1. Every record ends in exactly one outcome, counted when its offset is committed and not before.
//  2. No offset is committed before all that came of its record is acknowledged by every in-sync replica.
//  3. Records of one source partition leave in their order: one goroutine writes, the producers are idempotent, and a
//     record without a key goes to the partition of its source's number.
//
// A batch that failed once can only fail. Nothing is produced after a batch was closed. A late acknowledgement touches
// nothing but its own generation. Death cancels polls.
//
// # When neighbours fail
//
// Brokers away, a target that is missing, unreachable, full or forbidden: the producer keeps trying, the batches in
// flight stay in flight, reading stops, the board says waiting and why. A record that the target will never take becomes
// a dead letter by the pipeline's policy; see refusal.go for how it is found among others. A dead-letter topic that is
// away is a target that is away.
package kafka
