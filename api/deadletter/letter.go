package deadletter

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/api/catalog"
	"github.com/inflect-dev/inflect/pipeline"
)

// The headers of a dead letter, as inflect_dlq writes them.
const (
	headerPrefix      = "inflect-"
	headerSource      = "inflect-source-"
	headerError       = "inflect-error"
	headerCode        = "inflect-error-code"
	headerPlace       = "inflect-error-place"
	headerPointer     = "inflect-error-pointer"
	headerRule        = "inflect-error-rule"
	headerStage       = "inflect-stage"
	headerPipeline    = "inflect-pipeline"
	headerRevision    = "inflect-revision"
	headerTopic       = "inflect-source-topic"
	headerPartition   = "inflect-source-partition"
	headerOffset      = "inflect-source-offset"
	headerTimestamp   = "inflect-source-timestamp"
	headerAttempt     = "inflect-attempt"
	headerFingerprint = "inflect-fingerprint"
)

var ourHeaders = []string{headerError, headerCode, headerPlace, headerPointer, headerRule, headerStage, headerPipeline, headerRevision,
	headerTopic, headerPartition, headerOffset, headerTimestamp, headerAttempt, headerFingerprint}

// place is where a dead letter stands in its topic.
type place struct {
	partition int32
	offset    int64
}

func placeOf(r *kgo.Record) place { return place{r.Partition, r.Offset} }

// header is the last value of a header, which is the one that counts.
func header(r *kgo.Record, key string) string {
	for _, h := range slices.Backward(r.Headers) {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

// attemptOf is how often the record has failed: at least once, or it would not be here.
func attemptOf(r *kgo.Record) int {
	n, err := strconv.ParseUint(header(r, headerAttempt), 10, 30)
	if err != nil {
		return 1
	}
	return max(1, int(n))
}

// letterOf is a dead letter as people see it.
func letterOf(r *kgo.Record, replayed bool) pipeline.DeadLetterRecord {
	out := pipeline.DeadLetterRecord{Code: header(r, headerCode), Stage: header(r, headerStage), Message: header(r, headerError),
		Place: header(r, headerPlace), Pointer: header(r, headerPointer), Rule: header(r, headerRule), Attempt: attemptOf(r), Replayed: replayed}
	out.Revision, _ = strconv.ParseInt(header(r, headerRevision), 10, 64)
	if partition, offset, ok := sourceOf(r); ok {
		out.Source = &pipeline.DeadLetterSource{Topic: header(r, headerTopic), Partition: partition, Offset: offset}
		if at, ok := timestampOf(r); ok {
			out.Source.Timestamp = &at
		}
	}
	shown := *r
	shown.Headers = theirs(r)
	out.Record = catalog.Shown(&shown)
	return out
}

// theirs are the headers that the record was read with.
func theirs(r *kgo.Record) []kgo.RecordHeader {
	out := make([]kgo.RecordHeader, 0, len(r.Headers))
	for _, h := range r.Headers {
		if !strings.HasPrefix(h.Key, headerPrefix) || !slices.Contains(ourHeaders, h.Key) {
			out = append(out, h)
		}
	}
	return out
}

func sourceOf(r *kgo.Record) (partition int32, offset int64, ok bool) {
	p, perr := strconv.ParseInt(header(r, headerPartition), 10, 32)
	o, oerr := strconv.ParseInt(header(r, headerOffset), 10, 64)
	return int32(p), o, perr == nil && oerr == nil && p >= 0 && o >= 0 && header(r, headerTopic) != ""
}

// timestampOf is when the record was written. The client counts nanoseconds, and JSON ends with the year 9999: what either
// cannot say is no time.
func timestampOf(r *kgo.Record) (time.Time, bool) {
	ms, err := strconv.ParseInt(header(r, headerTimestamp), 10, 64)
	return time.UnixMilli(ms).UTC(), err == nil && ms >= 0 && ms <= math.MaxInt64/int64(time.Millisecond)
}

// target is where dead letters are sent.
type target struct {
	topic      string
	partitions int32
	// keep is how old a record may be without being refused, or in danger of deletion as soon as it is written; zero is for
	// ever.
	keep time.Duration
	// largest is the largest batch that it takes, in bytes.
	largest int32
}

// again is the record that a dead letter is replayed as: key, value and headers as they were, to the partition that it
// came from, with the number of its failures.
func (t target) again(r *kgo.Record, edit *pipeline.DeadLetterPlace, now time.Time) *kgo.Record {
	out := &kgo.Record{Topic: t.topic, Partition: -1, Key: r.Key, Value: edited(r.Value, edit),
		Headers: append(theirs(r), kgo.RecordHeader{Key: headerAttempt, Value: strconv.AppendInt(nil, int64(attemptOf(r)), 10)})}
	if p, _, ok := sourceOf(r); ok && header(r, headerTopic) == t.topic && p < t.partitions {
		out.Partition = p
	}
	if at, ok := timestampOf(r); ok && t.keeps(at, now) {
		out.Timestamp = at
	}
	return out
}

// takes says whether a record may be small enough for the topic. What a batch of one adds to it is not counted in full.
func (t target) takes(r *kgo.Record) bool {
	const batch = 61
	size := batch + len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		size += len(h.Key) + len(h.Value)
	}
	return size <= int(cmp.Or(t.largest, defaultLargest))
}

// keeps says whether a record of that time is safe in the topic.
func (t target) keeps(at, now time.Time) bool { return t.keep == 0 || now.Sub(at) < t.keep }

// frame is the length of Confluent's header: a zero byte and a schema id.
const frame = 5

// edited is what is sent in place of a value. JSON that was shown without its frame gets the frame back.
func edited(value []byte, edit *pipeline.DeadLetterPlace) []byte {
	switch {
	case edit == nil:
		return value
	case edit.ValueBase64 != nil:
		b, _ := base64.StdEncoding.DecodeString(*edit.ValueBase64) // Checked by who took the request.
		return append([]byte{}, b...)
	case edit.Value == nil:
		return value
	case len(value) > frame && value[0] == 0 && json.Valid(value[frame:]):
		return append(slices.Clone(value[:frame]), edit.Value...)
	default:
		return edit.Value
	}
}
