// Package dryrun runs a rendered pipeline without Kafka: on sample events, for trials ([Trial]), and not at all, for the
// change gate, which only wants to know whether it can be built ([Linter]).
//
// Both happen in a child process, because what is built and run is an author's code: the child has its own memory limit,
// is killed when it takes too long, and has nothing in its environment but what configs may name (invariants 7 and 8).
// [Main] and [MainCheck] are what runs inside. They speak JSON on stdin and stdout, and they build the same processors as
// the engine, from the same text (invariant 5).
package dryrun
