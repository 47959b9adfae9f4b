package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// pageTests runs one of the page's npm scripts that are Vitest.
func pageTests(script string) func(context.Context, io.Writer) (result, error) {
	return func(ctx context.Context, out io.Writer) (result, error) {
		dir, err := os.MkdirTemp("", "inflect-suite-")
		if err != nil {
			return result{}, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		results := filepath.Join(dir, "results.json")
		runErr := command(ctx, out, "ui", "npm", "run", script, "--silent", "--",
			"--reporter=default", "--reporter=json", "--outputFile="+results)
		done, err := readVitest(results)
		return done, errors.Join(runErr, err)
	}
}

// readVitest adds up Vitest's JSON report.
func readVitest(path string) (result, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return result{}, fmt.Errorf("reading the page's test results: %w", err)
	}
	var report struct {
		Passed  int `json:"numPassedTests"`
		Failed  int `json:"numFailedTests"`
		Pending int `json:"numPendingTests"`
		Todo    int `json:"numTodoTests"`
		Files   []struct {
			Tests []struct {
				Name     string   `json:"fullName"`
				Messages []string `json:"failureMessages"`
			} `json:"assertionResults"`
		} `json:"testResults"`
	}
	if err := json.Unmarshal(content, &report); err != nil {
		return result{}, fmt.Errorf("reading the page's test results: %w", err)
	}
	out := result{tally: tally{passed: report.Passed, failed: report.Failed, skipped: report.Pending + report.Todo}}
	for _, file := range report.Files {
		for _, test := range file.Tests {
			if len(test.Messages) > 0 {
				out.failures = append(out.failures, failure{title: test.Name, said: brief(strings.Join(test.Messages, "\n") + "\n")})
			}
		}
	}
	return out, nil
}
