package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestReportCountsWhatGoTestSays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		events string
		want   tally
		shown  []string
		hidden []string
		again  []failure
	}{
		{
			name: "a package that passes is one line",
			events: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"chatter\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}`,
			want:   tally{passed: 1},
			shown:  []string{"ok  \tp\t0.1s\n"},
			hidden: []string{"chatter", "PASS"},
		},
		{
			name: "a failed test shows all that it said",
			events: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== CONT  TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: wrong\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    server.go:9: the end of kafka's log:\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"        INFO up\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- FAIL: TestA (0.1s)\n"}
{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}`,
			want:   tally{passed: 1, failed: 1},
			shown:  []string{"a_test.go:1: wrong\n", "INFO up", "FAIL\tp"},
			hidden: []string{"=== CONT"},
			again:  []failure{{title: "p TestA", said: "    a_test.go:1: wrong\n"}},
		},
		{
			name: "a package that does not build is one failure",
			events: `{"ImportPath":"p","Action":"build-output","Output":"p/a.go:1: undefined: x\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p"}`,
			want:  tally{failed: 1},
			shown: []string{"undefined: x", "build failed"},
		},
		{
			name: "a test in which the package dies has failed",
			events: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"panic: oh\n"}
{"Action":"fail","Package":"p"}`,
			want:  tally{failed: 1},
			shown: []string{"panic: oh"},
			again: []failure{{title: "p TestA", said: "panic: oh\n"}},
		},
		{
			name: "a slow test is named",
			events: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":61.5}
{"Action":"pass","Package":"p"}`,
			want:  tally{passed: 1},
			shown: []string{"p TestA\t61.5s"},
		},
		{
			name: "a skipped test is not a passed one",
			events: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"no time\n"}
{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p"}`,
			want:  tally{skipped: 1},
			shown: []string{"no time"},
		},
		{
			name:   "plain words pass through",
			events: "go: updates to go.mod needed\n",
			shown:  []string{"go: updates to go.mod needed\n"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			r := newReport(&out)
			if err := r.read(strings.NewReader(test.events)); err != nil {
				t.Fatal(err)
			}
			if r.tally != test.want {
				t.Errorf("tally is %+v, want %+v", r.tally, test.want)
			}
			if !slices.Equal(r.failures, test.again) {
				t.Errorf("told again is %q, want %q", r.failures, test.again)
			}
			for _, text := range test.shown {
				if !strings.Contains(out.String(), text) {
					t.Errorf("%q is not shown in:\n%s", text, &out)
				}
			}
			for _, text := range test.hidden {
				if strings.Contains(out.String(), text) {
					t.Errorf("%q is shown in:\n%s", text, &out)
				}
			}
		})
	}
}

func TestVitestReportIsAddedUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "results.json")
	const results = `{"numTotalTests":7,"numPassedTests":3,"numFailedTests":1,"numPendingTests":2,"numTodoTests":1,"success":false,
		"testResults":[{"assertionResults":[{"fullName":"topics are shown","failureMessages":[]},{"fullName":"topics are made","failureMessages":["not so"]}]}]}`
	if err := os.WriteFile(path, []byte(results), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readVitest(path)
	if err != nil {
		t.Fatal(err)
	}
	want := result{tally: tally{passed: 3, failed: 1, skipped: 3}, failures: []failure{{title: "topics are made", said: "not so\n"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := readVitest(path + ".none"); err == nil {
		t.Error("a report that was never written is no error")
	}
}
