// Package evolution is about versions of a schema that nobody has vouched for yet: what their events look like and how they
// differ from those of another version.
//
// Such a schema may be anything: its patterns may backtrack for years, its references may nest without end. [Client]
// therefore leaves the work to a child process, which [Main] is, with bounds on its memory, its time and its output. A child
// that breaks down is the schema's fault and says so; nothing else is touched by it.
package evolution
