// Package kafka measures what the two guarantees of inflect_kafka cost, next to the least that a copy from topic to topic
// can cost: a franz-go client that polls, produces and commits.
//
// The variants run in turn, round by round, in one process against one real broker; ratios are taken within a round and
// their median is reported, so that what else the machine does weighs on all of them alike. CPU time is the process'
// own (getrusage), the broker's is not in it.
//
//	go test -run '^$' -bench Delivery -benchtime 1x ./tests/bench/kafka
//
// INFLECT_BENCH_RECORDS (300000), INFLECT_BENCH_BYTES (1200) and INFLECT_BENCH_ROUNDS (5) change its size.
package kafka
