// Package cli is inflect's subcommands: thin ones over the server's API or over files of this machine.
//
// A command's error says what to do; [ExitCode] tells failed (1), wrong usage (2) and found differences (3) apart.
// Results go to stdout as a table, JSON or YAML (-o), everything else to stderr, so that output can be piped.
package cli
