package cli

import (
	"fmt"
	"os"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
)

// envToken holds the API token, envToken+"_FILE" the name of a file with it. It has no flag: command lines are public.
const envToken = "INFLECT_TOKEN"

func serverFlag() ucli.Flag {
	return &ucli.StringFlag{Name: "server", Value: "http://127.0.0.1:8080", EnvVars: []string{"INFLECT_SERVER"},
		Usage: "`URL` of the control plane; its token, if it asks for one, is " + envToken + "[_FILE]"}
}

// connect makes the client that a command's flags ask for.
func (a *App) connect(c *ucli.Context) (*client.Client, error) {
	token := os.Getenv(envToken)
	if file := os.Getenv(envToken + "_FILE"); token == "" && file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading %s_FILE: %w", envToken, err)
		}
		token = strings.TrimSpace(string(b))
	}
	return client.New(client.Options{URL: c.String("server"), Token: token})
}

// remote is a command that asks the server.
func (a *App) remote(f func(*ucli.Context, *client.Client) error) ucli.ActionFunc {
	return func(c *ucli.Context) error {
		server, err := a.connect(c)
		if err != nil {
			return err
		}
		return f(c, server)
	}
}

// each does something to every named thing and goes on after a failure, so that one does not hide the others.
func (a *App) each(c *ucli.Context, what string, do func(name string) error) error {
	if c.NArg() == 0 {
		return usage("name at least one %s: `%s %s`", what, c.Command.HelpName, c.Command.ArgsUsage)
	}
	failed := 0
	for _, name := range c.Args().Slice() {
		if err := do(name); err != nil {
			fmt.Fprintf(a.Stderr, "inflect: %s %s: %v\n", what, name, err)
			failed++
		}
	}
	if failed > 0 {
		return &exitError{code: ExitFailed}
	}
	return nil
}
