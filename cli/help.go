package cli

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// benthosCommands are Benthos' own, whose definitions are not ours to walk, and what each does.
var benthosCommands = [][2]string{
	{"run", "Run one config"},
	{"streams", "Run as an engine: streams come over an API"},
	{"lint", "Check configs"},
	{"list", "List components and their documentation"},
	{"create", "Write a config to begin with"},
	{"blobl", "Try Bloblang mappings"},
	{"template", "Check component templates"},
	{"echo", "Print a config with its defaults"},
	{"studio", "Work on a config in Benthos' studio"},
}

// Help answers a command line that names no command, asks for help, or names a command that does not exist; ok is false
// for all others.
func (a *App) Help(line []string) (ok bool, err error) {
	if len(line) < 2 || len(line) == 2 && slices.Contains([]string{"help", "h", "--help", "-h"}, line[1]) {
		return true, a.overview()
	}
	name := line[1]
	if strings.HasPrefix(name, "-") || find(a.Commands(), name) != nil || slices.Contains([]string{"help", "h"}, name) {
		return false, nil
	}
	for _, c := range benthosCommands {
		if c[0] == name {
			return false, nil
		}
	}
	return true, usage("there is no command %q: see `inflect help`", name)
}

func (a *App) overview() error {
	w := tabwriter.NewWriter(a.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprint(w, `Inflect turns Kafka events into other Kafka events with JavaScript functions.

   inflect up            everything on this machine, with a demo, on http://127.0.0.1:8080
   inflect COMMAND -h    what a command does

COMMANDS
`)
	for _, c := range a.Commands() {
		if !c.Hidden {
			fmt.Fprintf(w, "   %s\t%s\n", c.Name, c.Usage)
		}
	}
	fmt.Fprint(w, "\nTHE ENGINE (Benthos' own commands)\n")
	for _, c := range benthosCommands {
		fmt.Fprintf(w, "   %s\t%s\n", c[0], c[1])
	}
	fmt.Fprint(w, "\nExit codes: 0 success, 1 failed, 2 wrong usage, 3 found differences.\n")
	return w.Flush()
}
