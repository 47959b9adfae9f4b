// Package chaos breaks things under load and counts what came out: engines are killed, stopped, paused and scaled,
// brokers are killed and cut off, targets vanish, streams are replaced. Every event has an id from which follows how
// often it must be in the target and in the dead-letter topic, and in which order.
//
// INFLECT_CHAOS_EVENTS sets the number of events of each test; the default is small enough for every run of the suite,
// and 1000000 is the full size. INFLECT_CHAOS_AWAY is how long the target stays away. INFLECT_CHAOS_SEED repeats the random
// choices of a run that failed.
package chaos
