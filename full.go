//go:build !connect

package main

import (
	"io"
	"os"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/api/evolution"
	"github.com/inflect-dev/inflect/cli"
	"github.com/inflect-dev/inflect/configgen/dryrun"
)

// addControlPlane adds what a program with the tag connect does not have.
func addControlPlane(app *cli.App) {
	app.Bootstrap = bootstrap
	app.Extra = []*ucli.Command{upCommand(), serveCommand(),
		childCommand("check", dryrun.MainCheck), childCommand("dryrun", dryrun.Main), childCommand("evolution", evolutionMain)}
}

func evolutionMain(stdin io.Reader, stdout io.Writer) error {
	if err := dryrun.Limit(); err != nil {
		return err
	}
	return evolution.Main(stdin, stdout)
}

// childCommand is a subcommand that this program runs of itself: JSON on stdin, JSON on stdout.
func childCommand(name string, run func(io.Reader, io.Writer) error) *ucli.Command {
	return &ucli.Command{Name: name, Hidden: true, Action: func(*ucli.Context) error { return run(os.Stdin, os.Stdout) }}
}
