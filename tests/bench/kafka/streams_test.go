package kafka

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/inflect-dev/inflect/tests/parts"
	"github.com/inflect-dev/inflect/tests/setup/cache"
)

// javaStreams is a JVM that copies with Kafka Streams: see streams/Copy.java. It stays for all rounds, so that neither its
// start nor the warming up of its compiler is in what they cost.
type javaStreams struct {
	cmd     *exec.Cmd
	orders  io.Writer
	answers chan string // closed when the JVM has ended
	says    bytes.Buffer
	admin   *kadm.Client
}

func startJavaStreams(b *testing.B, k *parts.Cluster) *javaStreams {
	b.Helper()
	kafka, err := cache.Kafka()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := exec.LookPath("javac"); err != nil {
		b.Fatal("there is no javac to compile streams/Copy.java with; run: go run ./tests/setup jdk")
	}
	classes := b.TempDir()
	if output, err := exec.CommandContext(b.Context(), "javac", "-cp", kafka.ClassPath, "-d", classes, "streams/Copy.java").CombinedOutput(); err != nil {
		b.Fatalf("compiling streams/Copy.java: %v\n%s", err, output)
	}
	s := &javaStreams{answers: make(chan string), admin: k.Admin(b)}
	s.cmd = exec.CommandContext(b.Context(), "java", "-Xms1g", "-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-Djava.net.preferIPv4Stack=true",
		"-cp", classes+":"+kafka.ClassPath, "Copy", strings.Join(k.Addrs(), ","), b.TempDir())
	s.cmd.Stderr = &s.says
	orders, err := s.cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	s.orders = orders
	answers, err := s.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	go func() {
		defer close(s.answers)
		for lines := bufio.NewScanner(answers); lines.Scan(); {
			s.answers <- lines.Text()
		}
	}()
	b.Cleanup(func() {
		_ = orders.Close()
		for range s.answers {
		}
		_ = s.cmd.Wait() // the benchmark's end has killed it, or it has said why it ended
	})
	return s
}

// copy is a copy with Kafka Streams under a processing.guarantee.
func (s *javaStreams) copy(guarantee string) func(*testing.B, *parts.Cluster, string, string, int) cost {
	return func(b *testing.B, _ *parts.Cluster, in, out string, n int) cost {
		application, at := parts.Unique("streams"), time.Now()
		s.order(b, guarantee, application, in, out)
		s.await(b, application, int64(n))
		wall := time.Since(at)
		s.order(b)
		answer, ok := <-s.answers
		if !ok {
			s.ended(b)
		}
		spent, err := strconv.ParseInt(answer, 10, 64)
		if err != nil {
			b.Fatalf("Kafka Streams' CPU time: %v", err)
		}
		return cost{cpu: time.Duration(spent), wall: wall}
	}
}

func (s *javaStreams) order(b *testing.B, words ...string) {
	if _, err := fmt.Fprintln(s.orders, strings.Join(words, " ")); err != nil {
		s.ended(b)
	}
}

// await returns when the group has committed n offsets. Offsets are committed with the records or after them.
func (s *javaStreams) await(b *testing.B, group string, n int64) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-s.answers:
			s.ended(b)
		case <-tick.C:
		case <-b.Context().Done():
			b.Fatal("interrupted")
		}
		committed, err := s.admin.FetchOffsets(b.Context(), group)
		if kerr.IsRetriable(err) { // the group has no coordinator yet
			continue
		}
		if err != nil {
			b.Fatalf("asking for the offsets of Kafka Streams: %v", err)
		}
		var sum int64
		committed.Each(func(o kadm.OffsetResponse) { sum += max(o.At, 0) })
		if sum >= n {
			return
		}
	}
}

func (s *javaStreams) ended(b *testing.B) {
	err := s.cmd.Wait()
	b.Fatalf("Kafka Streams has ended: %v\n%s", err, &s.says)
}
