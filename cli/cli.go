package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	ucli "github.com/urfave/cli/v2"
)

// The exit codes.
const (
	ExitOK = iota
	ExitFailed
	ExitUsage
	ExitDifferent
)

// App is what the commands stand on.
type App struct {
	Version        string
	Stdout, Stderr io.Writer
	Stdin          io.Reader
	// Benthos runs Benthos' own CLI with other arguments, without our replacements of its commands.
	Benthos func(ctx context.Context, args []string) (int, error)
	// Explain says whether the module of a function is evaluated once and shared by events, or, for a reason, anew for each.
	Explain func(dir, ref string) (once bool, reason string, err error)
	// Bootstrap makes the first admin token in the database that INFLECT_POSTGRES names.
	Bootstrap func(ctx context.Context, expires *time.Time) (secret string, err error)
	// Extra are the commands that need the whole program: up and serve.
	Extra []*ucli.Command
}

// Commands are the subcommands in the order of their use.
func (a *App) Commands() []*ucli.Command {
	commands := slices.Concat(a.Extra, []*ucli.Command{a.pipelines(), a.dlq(), a.topics(), a.schemas(), a.transforms(), a.tokens(), a.doctor(), a.test(),
		a.completion(), a.complete(), a.version()})
	for _, c := range commands {
		strict(c)
	}
	return commands
}

// exitError carries an exit code. A nil err has been reported already.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// ExitCode is the code for an error of a command, and whether the error is still to be shown.
func ExitCode(err error) (code int, show bool) {
	var e *exitError
	if errors.As(err, &e) {
		return e.code, e.err != nil
	}
	if err != nil {
		return ExitFailed, true
	}
	return ExitOK, false
}

func usage(format string, args ...any) error {
	return &exitError{code: ExitUsage, err: fmt.Errorf(format, args...)}
}

// strict makes a wrong flag or subcommand an error of usage.
func strict(c *ucli.Command) {
	c.OnUsageError = func(ctx *ucli.Context, err error, _ bool) error {
		return usage("%w: see `%s --help`", err, ctx.Command.HelpName)
	}
	if len(c.Subcommands) > 0 && c.Action == nil {
		c.Action = func(ctx *ucli.Context) error {
			if ctx.Args().Present() {
				return usage("there is no command %q: see `%s --help`", ctx.Args().First(), ctx.Command.HelpName)
			}
			return ucli.ShowSubcommandHelp(ctx)
		}
	}
	for _, s := range c.Subcommands {
		strict(s)
	}
}

// one is the single argument that a command takes.
func one(c *ucli.Context, what string) (string, error) {
	if c.NArg() != 1 {
		return "", usage("name one %s: `%s %s`", what, c.Command.HelpName, c.Command.ArgsUsage)
	}
	return c.Args().First(), nil
}

// Arrange brings flags before the arguments of our commands, where the flag package of Go wants them, so that people may
// write them in either order. Other command lines stay as they are.
func (a *App) Arrange(line []string) []string {
	var c *ucli.Command
	commands, at := a.Commands(), 1
	for at < len(line) && len(commands) > 0 {
		found := find(commands, line[at])
		if found == nil {
			break
		}
		c, commands, at = found, found.Subcommands, at+1
	}
	if c == nil || len(c.Subcommands) > 0 || c.SkipFlagParsing {
		return line
	}
	var flags, args []string
	for rest := line[at:]; len(rest) > 0; {
		word := rest[0]
		rest = rest[1:]
		if word == "--" {
			args = append(args, word)
			args = append(args, rest...)
			break
		}
		if len(word) < 2 || word[0] != '-' {
			args = append(args, word)
			continue
		}
		flags = append(flags, word)
		if takesValue(c, word) && len(rest) > 0 {
			flags, rest = append(flags, rest[0]), rest[1:]
		}
	}
	return slices.Concat(line[:at], flags, args)
}

func find(commands []*ucli.Command, name string) *ucli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

// takesValue reports whether the word after a flag belongs to it.
func takesValue(c *ucli.Command, word string) bool {
	name := strings.TrimLeft(word, "-")
	for _, f := range c.Flags {
		if slices.Contains(f.Names(), name) {
			doc, ok := f.(ucli.DocGenerationFlag)
			return ok && doc.TakesValue()
		}
	}
	return false
}
