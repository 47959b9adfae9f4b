package arch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// closedPhrases are how licences that are not open source name themselves in the
// head of a source file, in lower case and on one line.
var closedPhrases = []string{
	"redpanda community license",
	"redpanda enterprise file",
	"licenses/rcl",
	"business source license",
	"server side public license",
	"elastic license",
	"commons clause",
}

// closedPackages are known to be under such a licence, whatever their files say.
var closedPackages = []string{"github.com/redpanda-data/connect/v4/internal/serviceaccount"}

func TestLinkedPackagesAreOpenSource(t *testing.T) {
	t.Parallel()
	linked := golist(t, "-deps", ".", "./plugins/...")
	outside := 0
	for _, p := range linked {
		if p.Standard || ours(p.ImportPath) {
			continue
		}
		outside++
		if slices.Contains(closedPackages, p.ImportPath) {
			t.Errorf("%s is linked, which is not open source; find who imports it with: go mod why %s", p.ImportPath, p.ImportPath)
		}
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
			path := filepath.Join(p.Dir, name)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if phrase := closedPhrase(string(content)); phrase != "" {
				t.Errorf("%s is linked and %s mentions the %q; find who imports it with: go mod why %s",
					p.ImportPath, name, phrase, p.ImportPath)
			}
		}
	}
	if outside == 0 {
		t.Error("go list named no package of another module: this test looked at nothing")
	}
}

func TestClosedLicencesAreRecognised(t *testing.T) {
	t.Parallel()
	const closed = "// Copyright 2025 Someone\n//\n// Licensed as a Redpanda Enterprise file under the Redpanda Community\n// License (the \"License\")\n\npackage p\n"
	const open = "// Licensed under the Apache License, Version 2.0\n\npackage p\n\n// the Redpanda Community License is not ours\n"
	if closedPhrase(closed) == "" {
		t.Error("a head that names the Redpanda Community License, over two lines, passes")
	}
	if phrase := closedPhrase(open); phrase != "" {
		t.Errorf("a file under Apache-2.0 is refused for %q, which is not in its head", phrase)
	}
}

// closedPhrase returns the first of closedPhrases in the head of a Go file: what
// stands before its package clause, without comment marks and line ends.
func closedPhrase(source string) string {
	var head strings.Builder
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "package ") {
			break
		}
		head.WriteString(strings.ToLower(strings.Trim(line, "/* ")) + " ")
	}
	text := strings.Join(strings.Fields(head.String()), " ")
	for _, phrase := range closedPhrases {
		if strings.Contains(text, phrase) {
			return phrase
		}
	}
	return ""
}
