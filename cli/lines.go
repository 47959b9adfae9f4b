package cli

import (
	"fmt"
	"strings"
)

// context is how many equal lines are shown around a difference.
const contextLines = 3

// difference shows how before becomes after, line by line, empty when they are equal. Specs are small, so the longest
// common subsequence is found by the plain table.
func difference(before, after string) string {
	a, b := split(before), split(after)
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				table[i][j] = table[i+1][j+1] + 1
			} else {
				table[i][j] = max(table[i+1][j], table[i][j+1])
			}
		}
	}
	var lines []string
	var changed []bool
	emit := func(sign, line string) {
		lines = append(lines, sign+line)
		changed = append(changed, sign != " ")
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			emit(" ", a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && table[i+1][j] >= table[i][j+1]:
			emit("-", a[i])
			i++
		default:
			emit("+", b[j])
			j++
		}
	}
	return around(lines, changed)
}

func around(lines []string, changed []bool) string {
	var out strings.Builder
	last := -1
	for i := range lines {
		near := false
		for k := max(0, i-contextLines); k <= min(len(lines)-1, i+contextLines); k++ {
			near = near || changed[k]
		}
		if !near {
			continue
		}
		if last >= 0 && i > last+1 {
			fmt.Fprintln(&out, "  ...")
		}
		fmt.Fprintln(&out, lines[i])
		last = i
	}
	return out.String()
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}
