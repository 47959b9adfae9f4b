// Package parts starts the real programs that Inflect works with, for tests:
// Apache Kafka, a schema registry and Postgres, and finds a real browser. It
// also has a TCP [Proxy] that breaks connections on demand.
//
// A package that uses it has one line in its tests:
//
//	func TestMain(m *testing.M) { parts.Main(m) }
//
// [Kafka], [Registry] and [Postgres] give a server that the whole test binary
// shares and that starts at its first use; tests keep out of each other's way
// by topics, subjects and databases of their own. [OwnKafka], [OwnRegistry] and
// [OwnPostgres] give the test a server of its own, which it may stop, kill,
// pause and start again on the same port with the same data.
//
// What holds everywhere:
//
//   - A part that is missing fails the test with the command that installs it.
//     No test is skipped.
//   - Ports are free ones of the loopback interface and stay reserved while a
//     server is down. Data lie in a scratch folder of the test binary.
//   - Nothing stays behind. Servers end with their test or in Main; the kernel
//     kills them when the test binary itself is killed (Linux), and the next
//     test binary removes the folder that was left.
//   - When a test fails, the end of its servers' logs is in its output. With
//     INFLECT_KEEP=1 the scratch folder stays, whole logs included.
package parts
