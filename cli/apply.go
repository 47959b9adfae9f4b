package cli

import (
	"context"
	"errors"
	"fmt"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
	"github.com/inflect-dev/inflect/pipeline"
)

func fileFlag() ucli.Flag {
	return &ucli.StringSliceFlag{Name: "file", Aliases: []string{"f"}, Required: true, Usage: "`FILE` or directory of specs, - for stdin; repeatable"}
}

func (a *App) pipelinesApply() *ucli.Command {
	return &ucli.Command{
		Name: "apply", Usage: "Create or change pipelines as files say",
		Description: `Takes YAML or JSON, several documents in a file as well. What is equal already is left alone, unless the files of its steps
have changed on the server.

   inflect pipelines apply -f pipelines/
   inflect pipelines export | inflect pipelines apply --server https://other -f -`,
		Flags: []ucli.Flag{serverFlag(), fileFlag(), &ucli.BoolFlag{Name: "dry-run", Usage: "check everything on the server and change nothing"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			specs, err := a.specs(c.StringSlice("file"))
			if err != nil {
				return err
			}
			failed := false
			for _, s := range specs {
				action, err := a.apply(c, server, s.spec)
				if err != nil {
					failed = true
					a.problems(s.at, s.spec.Name, err)
					continue
				}
				fmt.Fprintf(a.Stdout, "%s %s\n", s.spec.Name, action)
			}
			if failed {
				return &exitError{code: ExitFailed}
			}
			return nil
		}),
	}
}

// apply makes one pipeline what its spec says.
func (a *App) apply(c *ucli.Context, server *client.Client, spec pipeline.Spec) (string, error) {
	if c.Bool("dry-run") {
		found, err := server.Validate(c.Context, spec, 0)
		if err != nil {
			return "", err
		}
		if len(found.Errors.Fatal()) > 0 {
			return "", found.Errors
		}
		a.warn(spec.Name, found.Errors)
		return "is good", nil
	}
	now, err := server.Pipeline(c.Context, spec.Name)
	switch {
	case err == nil:
		p, err := server.Update(c.Context, now.Revision, spec)
		switch {
		case p.Revision == now.Revision:
			return "is unchanged", err
		case same(now.Spec, p.Spec):
			return fmt.Sprintf("has new code (revision %d)", p.Revision), err
		}
		return fmt.Sprintf("changed (revision %d)", p.Revision), err
	case pipeline.CodeOf(err) == pipeline.CodeNotFound:
		_, err := server.Create(c.Context, spec)
		return "created", err
	default:
		return "", err
	}
}

// problems reports everything that is wrong with one spec.
func (a *App) problems(at, name string, err error) {
	var many pipeline.Errors
	if !errors.As(err, &many) {
		fmt.Fprintf(a.Stderr, "inflect: %s: pipeline %s: %v\n", at, name, err)
		return
	}
	for _, e := range many {
		kind := ""
		if e.Warning {
			kind = "warning: "
		}
		fmt.Fprintf(a.Stderr, "inflect: %s: pipeline %s: %s%v\n", at, name, kind, e)
	}
}

func (a *App) warn(name string, errs pipeline.Errors) {
	for _, e := range errs {
		fmt.Fprintf(a.Stderr, "inflect: pipeline %s: warning: %v\n", name, e)
	}
}

func (a *App) pipelinesDiff() *ucli.Command {
	return &ucli.Command{
		Name: "diff", Usage: "Show what `pipelines apply` would change; exit code 3 when that is something",
		Flags: []ucli.Flag{serverFlag(), fileFlag()},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			specs, err := a.specs(c.StringSlice("file"))
			if err != nil {
				return err
			}
			different := false
			for _, s := range specs {
				d, err := diffOf(c.Context, server, s.spec)
				if err != nil {
					return fmt.Errorf("pipeline %s: %w", s.spec.Name, err)
				}
				if d != "" {
					different = true
					fmt.Fprintf(a.Stdout, "pipeline %s\n%s", s.spec.Name, d)
				}
			}
			if different {
				return &exitError{code: ExitDifferent}
			}
			return nil
		}),
	}
}

func diffOf(ctx context.Context, server *client.Client, spec pipeline.Spec) (string, error) {
	var before []byte
	now, err := server.Pipeline(ctx, spec.Name)
	switch {
	case err == nil && same(now.Spec, spec):
		return codeDiff(ctx, server, now)
	case err == nil:
		if before, err = text(now.Spec); err != nil {
			return "", err
		}
	case pipeline.CodeOf(err) != pipeline.CodeNotFound:
		return "", err
	}
	after, err := text(spec)
	return difference(string(before), string(after)), err
}

// codeDiff says whether the files of a pipeline's steps have changed since its revision was built.
func codeDiff(ctx context.Context, server *client.Client, now pipeline.Pipeline) (string, error) {
	revision, err := server.Revision(ctx, now.Name, now.Revision)
	if err != nil {
		return "", err
	}
	found, err := server.Validate(ctx, now.Spec, 0)
	if err != nil || found.CodeHash == "" || revision.BundleHash == "" || found.CodeHash == revision.BundleHash {
		return "", err
	}
	return fmt.Sprintf("-code of revision %d: %.12s\n+code of its files: %.12s\n", now.Revision, revision.BundleHash, found.CodeHash), nil
}
