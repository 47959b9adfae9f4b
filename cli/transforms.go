package cli

import (
	"errors"
	"fmt"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/transforms"
)

func (a *App) transforms() *ucli.Command {
	return &ucli.Command{
		Name: "transforms", Aliases: []string{"transform"}, Usage: "Write, list, explain and measure JavaScript and TypeScript steps",
		Subcommands: []*ucli.Command{a.transformsList(), a.transformsNew(), a.transformsTypes(), a.transformsExplain(), a.transformsBench()},
	}
}

func directoryFlag() ucli.Flag {
	return &ucli.StringFlag{Name: "transforms", EnvVars: []string{envTransforms}, Value: "./transforms", Usage: "`DIRECTORY` of your code"}
}

func (a *App) transformsList() *ucli.Command {
	return &ucli.Command{
		Name: "list", Usage: "Show the functions that steps may name", Flags: []ucli.Flag{directoryFlag(), outputFlag("table")},
		Action: func(c *ucli.Context) error {
			found, problems := transforms.List(c.String("transforms"))
			if found == nil && problems != nil {
				var bad *transforms.Error
				if !errors.As(problems, &bad) {
					return problems
				}
			}
			err := a.print(c, found, func() table {
				t := table{{"TRANSFORM", "KIND", "PARAMETERS", "DOES"}}
				for _, f := range found {
					does, _, _ := strings.Cut(strings.TrimSpace(f.Doc), "\n")
					t = append(t, []string{f.ID, f.Kind, yesNo(f.Params != nil), does})
				}
				return t
			})
			if err != nil || problems == nil {
				return err
			}
			fmt.Fprintf(a.Stderr, "inflect: %v\n", problems)
			return &exitError{code: ExitFailed}
		},
	}
}

func yesNo(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}

func (a *App) transformsExplain() *ucli.Command {
	return &ucli.Command{
		Name: "explain", Usage: "Show what a step is made of and how it will run", ArgsUsage: "FILE.ts#EXPORT",
		Flags: []ucli.Flag{directoryFlag(), outputFlag("table"), &ucli.BoolFlag{Name: "code", Usage: "print the bundled module that the engine gets"}},
		Action: func(c *ucli.Context) error {
			ref, err := one(c, "transform")
			if err != nil {
				return err
			}
			dir := c.String("transforms")
			m, err := transforms.Bundle(dir, ref)
			if err != nil {
				return err
			}
			if c.Bool("code") {
				_, err := fmt.Fprint(a.Stdout, m.Code)
				return err
			}
			e := explanation{Transform: ref, Export: m.Export, Files: m.Files, Bytes: len(m.Code), Hash: m.Hash}
			functions, _ := transforms.List(dir)
			file, _ := transforms.SplitRef(ref)
			for _, f := range functions {
				if f.File == file && f.Export == m.Export {
					e.Kind, e.Doc, e.Parameters = f.Kind, f.Doc, string(f.Params)
				}
			}
			once, reason, err := a.Explain(dir, ref)
			if err != nil {
				return err
			}
			e.Evaluated = "once"
			if !once {
				e.Evaluated, e.Reason = "for each event", reason
			}
			return a.print(c, e, e.table)
		},
	}
}

// explanation is what can be said of a step before it runs.
type explanation struct {
	Transform  string   `json:"transform"`
	Export     string   `json:"export"`
	Kind       string   `json:"kind,omitempty"`
	Doc        string   `json:"doc,omitempty"`
	Parameters string   `json:"parameters,omitempty"`
	Files      []string `json:"files"`
	// Evaluated is how often the module is: once, or for each event, for a reason.
	Evaluated string `json:"evaluated"`
	Reason    string `json:"reason,omitempty"`
	Bytes     int    `json:"bytes"`
	Hash      string `json:"hash"`
}

func (e explanation) table() table {
	t := table{{"transform", e.Transform}, {"export", e.Export}, {"kind", e.Kind}}
	for _, line := range strings.Split(strings.TrimSpace(e.Doc), "\n") {
		t = append(t, []string{"does", line})
	}
	if e.Parameters != "" {
		t = append(t, []string{"parameters", e.Parameters})
	}
	for _, f := range e.Files {
		t = append(t, []string{"made of", f})
	}
	evaluated := e.Evaluated
	if e.Reason != "" {
		evaluated += ": " + e.Reason
	}
	return append(t, []string{"evaluated", evaluated}, []string{"bundle", fmt.Sprintf("%d bytes, source map included, hash %s", e.Bytes, e.Hash[:12])})
}
