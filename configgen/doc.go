// Package configgen makes engines run what the rows of pipelines say.
//
// [Reconciler] works by level (ADR 4): a notification only says where to look. For each pipeline it reads the row,
// decides what should run, and lets the engines be compared with that; doing so twice changes nothing. Everything is
// looked at again every half minute and whenever the connection to the database was lost.
//
// A revision has to pass the change gate before it may replace what runs: [Gate] bundles its code, resolves its schema
// versions, renders it, and has it linted and built in a child process. A revision that fails, or that an engine
// refuses all the same, leaves the previous one running, and the status says so (invariant 4).
//
// On Kubernetes the replica that acts also writes down how pipelines are scaled and why (ADR 54), and has source topics
// grow whose pods cannot keep up (ADR 53).
//
// When a neighbour is away:
//   - The database: engines keep what they run. The replica that led goes on restoring streams that engines lose, out of
//     what it remembers, and changes nothing else.
//   - The registry or the brokers: a revision that passed the gate before needs neither; a new one waits.
//   - An engine: it is tried again with backoff, and gets everything when it is back.
//   - This process: engines do not need it. After a restart, revisions that ran are rendered from their stored build.
package configgen
