// Package local is what `inflect up` starts on a machine that has nothing: a Kafka broker and a schema registry inside
// the process, a real Postgres and the engine as child processes, and a demo feed of real events.
//
// Every part keeps its state under one directory and finds it again: broker and registry replay what they wrote,
// Postgres is Postgres, and ports are remembered so that addresses stay what they were while they are free, and kept for
// the children that bind them. A part that ends is started again with a growing pause. Children die with this process,
// however it dies: on Linux the kernel sees to it (Pdeathsig).
//
// The parts are for development and demonstration. They listen on loopback only and are not replicated.
package local
