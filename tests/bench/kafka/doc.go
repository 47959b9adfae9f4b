// Package kafka measures what the two guarantees of inflect_kafka cost, next to the least that a copy from topic to topic
// can cost, a franz-go client that polls, produces and commits, and next to Kafka Streams doing the same (streams/Copy.java,
// with two threads, a commit interval of 100 ms, and batches as large as ours).
//
// The variants run in turn, round by round, against one real broker; ratios are taken within a round and their median is
// reported, so that what else the machine does weighs on all of them alike. Time and CPU time are those from the start of a
// copy, joining its group included, until all its offsets are committed. CPU time is that of the process that copies: of this
// one (getrusage), or of a JVM that stays for all rounds, so that its start is not in it; two rounds warm up. The broker's
// is in neither. The shorter a copy, the more of it is joining, for which Kafka Streams takes longest.
//
//	go run ./tests/setup kafka jdk
//	go test -run '^$' -bench Delivery -benchtime 1x ./tests/bench/kafka
//
// INFLECT_BENCH_RECORDS (300000), INFLECT_BENCH_BYTES (1200) and INFLECT_BENCH_ROUNDS (5) change its size.
package kafka
