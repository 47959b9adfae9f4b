// Package deadletter shows what failed and sends it through its pipeline once more.
//
// Each dead letter is replayed at most once, by its place in the dead-letter topic, however often and by however many
// servers that is asked for. The record and a mark that it was replayed, in a topic of its own, are written in one Kafka
// transaction, under a transactional id of the pipeline. So the brokers hold the truth, and there is nothing to
// reconcile after a crash: who begins a replay first takes over the transactional id, which ends or aborts whatever an
// earlier one left open, then reads the marks, and only then sends. An earlier replay that is still at work fails at
// its next transaction.
//
// A record that fails again becomes a new dead letter, with one more attempt; the loop guard leaves alone what failed
// too often.
package deadletter
