package cli

import (
	"fmt"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
	"github.com/inflect-dev/inflect/pipeline"
)

func (a *App) tokens() *ucli.Command {
	return &ucli.Command{
		Name: "tokens", Aliases: []string{"token"}, Usage: "Make, list and revoke API tokens",
		Subcommands: []*ucli.Command{a.tokensCreate(), a.tokensList(), a.tokensRevoke()},
	}
}

func (a *App) tokensCreate() *ucli.Command {
	return &ucli.Command{
		Name: "create", Usage: "Make a token; it is printed once, to stdout", ArgsUsage: "NAME",
		Description: `   inflect tokens create ci --role editor --expires 720h
   INFLECT_POSTGRES=postgres://… inflect tokens create --bootstrap

--bootstrap makes the first admin token, straight in the database, and refuses when there is one already.`,
		Flags: []ucli.Flag{serverFlag(),
			&ucli.StringFlag{Name: "role", Value: "viewer", Usage: "`ROLE`: viewer, editor, operator or admin"},
			&ucli.DurationFlag{Name: "expires", Usage: "how long it is good for, `DURATION`; for ever when not given"},
			&ucli.BoolFlag{Name: "bootstrap", Usage: "make the first admin token in the database that INFLECT_POSTGRES[_FILE] names"}},
		Action: func(c *ucli.Context) error {
			var expires *time.Time
			if d := c.Duration("expires"); d != 0 {
				if d < 0 {
					return usage("--expires must not be negative")
				}
				t := time.Now().Add(d)
				expires = &t
			}
			if c.Bool("bootstrap") {
				secret, err := a.Bootstrap(c.Context, expires)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(a.Stdout, secret)
				return err
			}
			role := pipeline.Role(c.String("role"))
			if !role.Valid() {
				return usage("--role %q is not viewer, editor, operator or admin", role)
			}
			name, err := one(c, "token")
			if err != nil {
				return err
			}
			server, err := a.connect(c)
			if err != nil {
				return err
			}
			_, secret, err := server.CreateToken(c.Context, name, role, expires)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.Stdout, secret)
			return err
		},
	}
}

func (a *App) tokensList() *ucli.Command {
	return &ucli.Command{
		Name: "list", Usage: "Show tokens, without their secrets", Flags: []ucli.Flag{serverFlag(), outputFlag("table")},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			tokens, err := server.Tokens(c.Context)
			if err != nil {
				return err
			}
			return a.print(c, tokens, func() table {
				t := table{{"ID", "NAME", "ROLE", "MADE", "EXPIRES"}}
				for _, k := range tokens {
					expires := "never"
					if k.ExpiresAt != nil {
						expires = k.ExpiresAt.Local().Format(time.DateTime)
					}
					t = append(t, []string{k.ID, k.Name, string(k.Role), k.CreatedAt.Local().Format(time.DateTime), expires})
				}
				return t
			})
		}),
	}
}

func (a *App) tokensRevoke() *ucli.Command {
	return &ucli.Command{
		Name: "revoke", Usage: "Make tokens worthless", ArgsUsage: "ID...", Flags: []ucli.Flag{serverFlag()},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			return a.each(c, "token", func(id string) error {
				if err := server.RevokeToken(c.Context, id); err != nil {
					return err
				}
				_, err := fmt.Fprintf(a.Stdout, "%s revoked\n", id)
				return err
			})
		}),
	}
}
