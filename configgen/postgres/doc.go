// Package postgres keeps pipelines as rows, with their history, their audit, test cases and API tokens, and tells when
// rows change.
//
// Rows are a public interface: whatever can be done through the API can be done with plain SQL. Triggers make the
// revision, the history, the audit and the notification, so that a change is the same whoever makes it. A row that holds
// nonsense is read as far as it goes, with the problem beside it ([Row]); it never keeps other rows from being read.
//
// A notification is a hint. [Store.Watch] holds one connection of its own for LISTEN and for the lease by which one
// replica of the control plane acts at a time; whenever that connection is lost and made again, everything has to be
// looked at again, and Watch says so. The lease is a session's advisory lock: a replica that is killed gives it up when
// the kernel closes its connection, and one that is cut off when the server's keep-alive gives up on it.
//
// When the database is away every method gives an Error of code unavailable, and Watch goes on trying.
package postgres
