package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/cli/client"
)

func (a *App) pipelinesValidate() *ucli.Command {
	return &ucli.Command{
		Name: "validate", Usage: "Say everything that is wrong with specs; nothing is saved",
		Description: `Topics, schemas and code are looked up on the server, and the config is built. With --events, so many events are generated
from the incoming schema, edge cases on top, and run through the steps and on into the pipelines that read what comes out.
Exit code 1 when something is wrong or an event fails.

   inflect pipelines validate -f pipelines/ --events 100`,
		Flags: []ucli.Flag{serverFlag(), fileFlag(), outputFlag("table"), &ucli.IntFlag{Name: "events", Usage: "try `N` generated events"}},
		Action: a.remote(func(c *ucli.Context, server *client.Client) error {
			specs, err := a.unchecked(c.StringSlice("file"))
			if err != nil {
				return err
			}
			failed := false
			found := map[string]client.Validation{}
			for _, s := range specs {
				events := c.Int("events")
				if s.spec.Source.Schema == nil {
					events = 0
				}
				v, err := server.Validate(c.Context, s.spec, events)
				if err != nil {
					return fmt.Errorf("%s: pipeline %s: %w", s.at, s.spec.Name, err)
				}
				found[s.spec.Name] = v
				failed = failed || len(v.Errors.Fatal()) > 0 || v.Fit != nil && len(v.Fit.Problems) > 0
			}
			if err := a.print(c, found, func() table { return validations(found, c.Int("events") > 0) }); err != nil {
				return err
			}
			if failed {
				return &exitError{code: ExitFailed}
			}
			return nil
		}),
	}
}

func validations(found map[string]client.Validation, tried bool) table {
	t := table{{"PIPELINE", "FIELD", "FINDING"}}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		v := found[name]
		for _, e := range v.Errors {
			said := *e
			said.Field = ""
			kind := ""
			if e.Warning {
				kind = "warning: "
			}
			t = append(t, []string{name, e.Field, kind + said.Error()})
		}
		switch {
		case v.Fit != nil:
			t = append(t, []string{name, "", fmt.Sprintf("%d events: %s", v.Fit.Events, became(v.Fit.Outcomes))})
			for _, m := range v.Fit.Problems {
				t = append(t, []string{name, "", misfit(m)})
			}
		case tried && len(v.Errors.Fatal()) == 0:
			t = append(t, []string{name, "", "no events were tried: it has no incoming schema"})
		case len(v.Errors) == 0:
			t = append(t, []string{name, "", "nothing is wrong"})
		}
	}
	return t
}

// became is how many events came to which outcome.
func became(outcomes map[string]int) string {
	var parts []string
	for _, outcome := range slices.Sorted(maps.Keys(outcomes)) {
		parts = append(parts, fmt.Sprintf("%d %s", outcomes[outcome], outcome))
	}
	return strings.Join(parts, ", ")
}
