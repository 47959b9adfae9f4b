// Package engine is the data plane's process: Benthos' own run and streams commands behind doors that are shut.
//
// Whoever can post a stream owns the process, so `inflect streams` binds its streams API to loopback, asks for a
// password from the first request on, offers only components that reach neither files nor the network by themselves
// (the allow-list in allow.go), and lets a posted config see no environment but names of INFLECT_. Probes, metrics and
// the status that the control plane reads are on a second listener that needs no password and changes nothing.
//
// When a neighbour fails: without brokers or a registry the process stays up and says in /status which pipeline waits
// and why; a listener's port that is taken ends it with an error that names the flag.
//
// Upholds invariant 7 (no config reaches a file or the network) and 8 (the password is never an argument, never logged).
package engine
