package parts

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startTimeout bounds the start of a server on a machine that is slow and busy.
const startTimeout = 4 * time.Minute

// stopTimeout bounds a graceful stop; what still runs then is killed.
const stopTimeout = 2 * time.Minute

// logTail is how much of a server's log a failed test shows, in bytes.
const logTail = 8 << 10

// Server is one process that a test may stop, kill, pause and start again. Its
// methods fail the test when the server is one that other tests share.
type Server struct {
	name     string
	owned    bool
	log      string                    // path of the log, appended to by every start
	ready    string                    // what the log says once the server serves
	graceful syscall.Signal            // asks the server to end
	command  func() (*exec.Cmd, error) // one for each start

	mu      sync.Mutex
	process *process
}

// process is one run of a server.
type process struct {
	cmd    *exec.Cmd
	output *logWriter
	done   chan struct{} // closed when the process has been waited for
	err    error         // of Wait; read it after done
}

// Log returns the path of the server's log.
func (s *Server) Log() string { return s.log }

// Start starts the server and waits until it serves.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.mustOwn(t, "start")
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
}

// Stop asks the server to end and waits until it has.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.mustOwn(t, "stop")
	if err := s.end(s.graceful); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the server as a crash would.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.mustOwn(t, "kill")
	if err := s.end(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// Pause halts the server (SIGSTOP): connections stay open, nothing answers.
func (s *Server) Pause(t testing.TB) {
	t.Helper()
	s.mustOwn(t, "pause")
	p := s.signal(t, syscall.SIGSTOP)
	if err := awaitStopped(p.cmd.Process.Pid); err != nil {
		t.Fatalf("pausing %s: %v", s.name, err)
	}
}

// Resume lets a paused server go on.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	s.mustOwn(t, "resume")
	s.signal(t, syscall.SIGCONT)
}

// LimitFiles lets the server write files up to a size in bytes and no further, as
// a full disk does: what goes beyond it fails with an error of the operating
// system (EFBIG). It holds until the server is started again. Only Linux can.
func (s *Server) LimitFiles(t testing.TB, size uint64) {
	t.Helper()
	s.mustOwn(t, "limit")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		t.Fatalf("limiting the files of %s: it is not running", s.name)
	}
	if err := limitFiles(s.process.cmd.Process.Pid, size); err != nil {
		t.Fatalf("limiting the files of %s: %v", s.name, err)
	}
}

// Ended waits until the server has ended by itself, as a broker does that can
// write no more, and is ready to be started again.
func (s *Server) Ended(t testing.TB, patience time.Duration) {
	t.Helper()
	s.mustOwn(t, "await the end of")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case <-s.process.done:
		s.process = nil
	case <-timeout.C:
		t.Fatalf("%s still runs after %v", s.name, patience)
	}
}

func (s *Server) mustOwn(t testing.TB, verb string) {
	t.Helper()
	if !s.owned {
		t.Fatalf("this test must not %s %s, which other tests share: use the Own… function", verb, s.name)
	}
}

func (s *Server) signal(t testing.TB, signal syscall.Signal) *process {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		t.Fatalf("sending %s to %s: it is not running", signal, s.name)
	}
	if err := s.process.cmd.Process.Signal(signal); err != nil {
		t.Fatalf("sending %s to %s: %v", signal, s.name, err)
	}
	return s.process
}

func (s *Server) start() error {
	if err := s.launch(); err != nil {
		return err
	}
	return s.await()
}

// launch starts the process without waiting until it serves.
func (s *Server) launch() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		return fmt.Errorf("starting %s: it runs already", s.name)
	}
	cmd, err := s.command()
	if err != nil {
		return fmt.Errorf("starting %s: %w", s.name, err)
	}
	p, err := spawn(cmd, s.log, s.ready)
	if err != nil {
		return fmt.Errorf("starting %s: %w", s.name, err)
	}
	s.process = p
	return nil
}

// await waits until the launched process serves. One that does not is ended.
func (s *Server) await() error {
	s.mu.Lock()
	p := s.process
	s.mu.Unlock()
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	var err error
	select {
	case <-p.output.ready:
		return nil
	case <-p.done:
		err = fmt.Errorf("starting %s: it ended at once: %w", s.name, p.err)
	case <-timeout.C:
		err = fmt.Errorf("starting %s: it did not serve within %s", s.name, startTimeout)
	}
	return fmt.Errorf("%w\n%s", errors.Join(err, s.end(syscall.SIGKILL)), s.tail())
}

// end sends the signal and waits until the process is gone, by force after
// stopTimeout, and what it has started as well: that may hold its port or write to
// its folder a moment longer. A server that is not running stays so.
func (s *Server) end(signal syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.process
	if p == nil {
		return nil
	}
	s.process = nil
	family := p.family()
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("sending %s to %s: %w", signal, s.name, err)
	}
	timeout := time.NewTimer(stopTimeout)
	defer timeout.Stop()
	select {
	case <-p.done:
		return s.survivors(family, timeout.C)
	case <-timeout.C:
		_ = p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("stopping %s: it ignored %s for %s and was killed", s.name, signal, stopTimeout)
	}
}

// family is what the process has started and still runs.
func (p *process) family() []relative {
	select {
	case <-p.done:
		return nil // its id may be somebody else's by now
	default:
		return kin(p.cmd.Process.Pid)
	}
}

// survivors waits until all of a family have ended.
func (s *Server) survivors(family []relative, timeout <-chan time.Time) error {
	tick := time.NewTicker(settleInterval)
	defer tick.Stop()
	for {
		family = slices.DeleteFunc(family, func(r relative) bool { return !r.lives() })
		if len(family) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-timeout:
			return fmt.Errorf("stopping %s: %v, which it started, live on", s.name, family)
		}
	}
}

// tail is the end of the server's log.
func (s *Server) tail() string {
	content, err := os.ReadFile(s.log)
	if err != nil {
		return "no log: " + err.Error()
	}
	if len(content) > logTail {
		content = content[len(content)-logTail:]
		_, content, _ = bytes.Cut(content, []byte("\n"))
	}
	return fmt.Sprintf("the end of %s's log (%s):\n%s", s.name, s.log, strings.TrimSpace(string(content)))
}

// closeWith calls end when the test has ended.
func closeWith(t testing.TB, end func() error) {
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
}

// showWhenFailed shows the end of a shared server's log in a failed test.
func (s *Server) showWhenFailed(t testing.TB) {
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.tail())
		}
	})
}

// spawn starts the command with its output going to the log file. The kernel
// is told to kill it when this process dies. That order is bound to the thread
// that forks, so one goroutine keeps its thread for as long as the process lives.
func spawn(cmd *exec.Cmd, log, ready string) (*process, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	p := &process{
		cmd:    cmd,
		output: &logWriter{file: file, word: []byte(ready), ready: make(chan struct{})},
		done:   make(chan struct{}),
	}
	cmd.Stdout, cmd.Stderr = p.output, p.output
	cmd.WaitDelay = 5 * time.Second // a grandchild may hold the output open
	dieWithParent(cmd)

	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer func() { _ = file.Close() }()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// logWriter writes a server's output to a file and closes ready when the word
// that it waits for has come.
type logWriter struct {
	file  *os.File
	word  []byte
	ready chan struct{}

	found bool
	line  []byte // the unfinished last line
}

func (w *logWriter) Write(p []byte) (int, error) {
	// Who hears that the server serves may read in the log how it can be reached.
	n, err := w.file.Write(p)
	if !w.found {
		w.line = append(w.line, p...)
		if w.found = bytes.Contains(w.line, w.word); w.found {
			w.line = nil
			close(w.ready)
		} else if end := bytes.LastIndexByte(w.line, '\n'); end >= 0 {
			w.line = append(w.line[:0], w.line[end+1:]...)
		}
	}
	return n, err
}
