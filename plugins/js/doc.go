// Package js is the inflect_js processor: ordered steps of user-written JavaScript between a record's bytes and the
// bytes that leave, on goja.
//
// One event is decoded once, straight from its bytes; all steps work on the same object; it is encoded once. What comes
// out is byte for byte what Node's JSON.stringify(step(JSON.parse(bytes))) gives, but for the differences that
// docs/reference/differences-to-node.md lists.
//
// Code is hostile. It runs in runtimes whose built-ins are frozen and that offer no way out of them; nothing that one
// event does changes another one's result (docs/adr/0010-isolation.md), and time, memory, depth and output are bounded
// (docs/adr/0011-limits.md). A bad event fails alone, as a [record.Failure] on its own message; its neighbours in the
// batch and the order within each partition are untouched (invariants 1, 3 and 7).
//
// The way of a batch: [processor] hands it to one worker per core; a worker takes a [machine], a runtime with the steps
// compiled into it, and runs event after event on it; a [watchdog] looks at all of them; the results are joined in order.
package js
