package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

// local is one `inflect up` with nothing but what it brings.
type local struct {
	*parts.Server
	url, data string
}

func up(t *testing.T) local {
	t.Helper()
	dir, listen := t.TempDir(), parts.Address(t)
	l := local{url: "http://" + listen, data: filepath.Join(dir, "data")}
	l.Server = parts.Start(t, "up", parts.Program{Path: parts.Inflect(t), Ready: "Inflect is up",
		Args: []string{"up", "--listen", listen, "--data", l.data, "--transforms", filepath.Join(dir, "transforms"), "--watch"}})
	return l
}

func (l local) pipelines(t *testing.T) (map[string]pipeline.Status, error) {
	code, _, body, err := request(t.Context(), http.MethodGet, l.url+"/api/v1/pipelines", nil)
	if err != nil || code != http.StatusOK {
		return nil, fmt.Errorf("%d %s %w", code, body, err)
	}
	var list struct {
		Items []struct {
			Name   string
			Status pipeline.Status
		}
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	out := map[string]pipeline.Status{}
	for _, p := range list.Items {
		out[p.Name] = p.Status
	}
	return out, nil
}

// shown waits until every pipeline of the demo has moved, one has made dead letters, and the counts add up.
func (l local) shown(t *testing.T) map[string]pipeline.Status {
	t.Helper()
	var all map[string]pipeline.Status
	until(t, "the demo moves", func() error {
		var err error
		if all, err = l.pipelines(t); err != nil {
			return err
		}
		if len(all) < 3 {
			return fmt.Errorf("there are %d pipelines", len(all))
		}
		dead := int64(0)
		for name, s := range all {
			c := s.Counts
			if s.Phase != pipeline.PhaseRunning || c.Delivered == 0 {
				return fmt.Errorf("%s is %s and has %+v: %s", name, s.Phase, c, s.Message)
			}
			if c.Read-c.InFlight != c.Delivered+c.Filtered+c.DeadLettered+c.Dropped {
				return fmt.Errorf("the counts of %s do not add up: %+v", name, c)
			}
			dead += c.DeadLettered
		}
		if dead == 0 {
			return fmt.Errorf("there are no dead letters yet")
		}
		return nil
	})
	return all
}

// family is the processes that a process started, and theirs.
func family(t *testing.T, pid int) []int {
	t.Helper()
	var out []int
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		b, err := os.ReadFile(task)
		if err != nil {
			continue // it ended
		}
		for field := range strings.FieldsSeq(string(b)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			out = append(append(out, child), family(t, child)...)
		}
	}
	return out
}

// gone waits until none of the processes lives.
func gone(t *testing.T, pids []int) {
	t.Helper()
	until(t, "its children are gone", func() error {
		for _, pid := range pids {
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			if err == nil && !strings.Contains(string(stat), ") Z ") && syscall.Kill(pid, 0) == nil {
				return fmt.Errorf("%d lives: %s", pid, stat)
			}
		}
		return nil
	})
}

func (l local) pid(t *testing.T) int {
	t.Helper()
	// The lock says whose directory it is.
	b, err := os.ReadFile(filepath.Join(l.data, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// TestUpShowsTheProduct is what a newcomer sees, and what is left when they pull the plug.
func TestUpShowsTheProduct(t *testing.T) {
	began := time.Now()
	l := up(t)
	l.shown(t)
	t.Logf("the demo moves %s after the start", time.Since(began).Round(time.Millisecond))
	children := family(t, l.pid(t))
	if len(children) < 2 {
		t.Errorf("its children are %v, want Postgres and an engine at least", children)
	}

	l.Kill(t)
	gone(t, children)
	l.Start(t)
	before := l.shown(t)
	until(t, "it goes on", func() error {
		now, err := l.pipelines(t)
		if err != nil {
			return err
		}
		for name, s := range now {
			if s.Counts.Read <= before[name].Counts.Read {
				return fmt.Errorf("%s stands at %+v", name, s.Counts)
			}
		}
		return nil
	})

	children = family(t, l.pid(t))
	l.Stop(t)
	gone(t, children)
}

func TestTwoUpsShareAMachine(t *testing.T) {
	a, b := up(t), up(t)
	a.shown(t)
	b.shown(t)
}
