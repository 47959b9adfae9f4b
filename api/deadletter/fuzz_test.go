package deadletter

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// FuzzLetter: headers are written by anybody. Whatever they hold, a dead letter can be shown, and what is replayed has
// its key and value and none of our headers but one.
func FuzzLetter(f *testing.F) {
	f.Add(headerAttempt, "3", headerPartition, "1", []byte("k"), []byte("{}"))
	f.Add(headerTimestamp, "-1", headerOffset, "99999999999999999999", []byte(nil), []byte(nil))
	f.Add(headerTopic, "in", "inflect-custom", "x", []byte{0xff}, []byte("\x00\x00\x00\x00\x01{}"))
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string, key, value []byte) {
		r := &kgo.Record{Topic: "dlq", Key: key, Value: value, Headers: []kgo.RecordHeader{{Key: name1, Value: []byte(value1)}, {Key: name2, Value: []byte(value2)}}}
		shown := letterOf(r, false)
		if shown.Attempt < 1 {
			t.Errorf("attempt %d", shown.Attempt)
		}
		if _, err := shown.Record.MarshalJSON(); err != nil {
			t.Error(err)
		}
		again := target{topic: "in", partitions: 3, keep: time.Hour}.again(r, nil, time.Now())
		if string(again.Key) != string(key) || string(again.Value) != string(value) || (again.Value == nil) != (value == nil) || again.Partition >= 3 {
			t.Errorf("replayed as %+v", again)
		}
		ours := 0
		for _, h := range again.Headers {
			if strings.HasPrefix(h.Key, headerPrefix) && h.Key != name1 && h.Key != name2 {
				ours++
			}
		}
		if last := again.Headers[len(again.Headers)-1]; last.Key != headerAttempt || ours > 1 {
			t.Errorf("headers %v", again.Headers)
		}
		if at, id, ok := parseMark(string((&marks{topic: "m"}).mark("id", r, "p").Key)); !ok || id != "id" || at != placeOf(r) {
			t.Errorf("the mark says %v of %s", at, id)
		}
	})
}

func FuzzParseMark(f *testing.F) {
	f.Add("id/0/1")
	f.Add("a/b/c/d")
	f.Add("/-1/9999999999999999999999")
	f.Fuzz(func(t *testing.T, key string) {
		if at, _, ok := parseMark(key); ok && strings.Count(key, "/") != 2 {
			t.Errorf("%q is taken for %v", key, at)
		}
	})
}
