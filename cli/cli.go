package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

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
	// Extra are the commands that need the whole program: up and serve.
	Extra []*ucli.Command
}

// Commands are the subcommands in the order of their use.
func (a *App) Commands() []*ucli.Command {
	commands := append(a.Extra[:len(a.Extra):len(a.Extra)], a.pipelines(), a.test(), a.completion(), a.complete(), a.version())
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
		return usage("%w: see `inflect %s --help`", err, ctx.Command.FullName())
	}
	if len(c.Subcommands) > 0 && c.Action == nil {
		c.Action = func(ctx *ucli.Context) error {
			if ctx.Args().Present() {
				return usage("there is no command %q: see `inflect %s --help`", ctx.Args().First(), c.Name)
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
		return "", usage("name one %s: `inflect %s %s`", what, c.Command.FullName(), c.Command.ArgsUsage)
	}
	return c.Args().First(), nil
}
