package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// pageTests runs one of the page's npm scripts that are Vitest.
func pageTests(script string) func(context.Context, io.Writer) (tally, error) {
	return func(ctx context.Context, out io.Writer) (tally, error) {
		dir, err := os.MkdirTemp("", "inflect-suite-")
		if err != nil {
			return tally{}, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		results := filepath.Join(dir, "results.json")
		runErr := command(ctx, out, "ui", "npm", "run", script, "--silent", "--",
			"--reporter=default", "--reporter=json", "--outputFile="+results)
		result, err := readVitest(results)
		return result, errors.Join(runErr, err)
	}
}

// readVitest adds up Vitest's JSON report.
func readVitest(path string) (tally, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return tally{}, fmt.Errorf("reading the page's test results: %w", err)
	}
	var results struct {
		Passed  int `json:"numPassedTests"`
		Failed  int `json:"numFailedTests"`
		Pending int `json:"numPendingTests"`
		Todo    int `json:"numTodoTests"`
	}
	if err := json.Unmarshal(content, &results); err != nil {
		return tally{}, fmt.Errorf("reading the page's test results: %w", err)
	}
	return tally{passed: results.Passed, failed: results.Failed, skipped: results.Pending + results.Todo}, nil
}
