package cli

import (
	"runtime"
	"runtime/debug"

	ucli "github.com/urfave/cli/v2"
)

func (a *App) version() *ucli.Command {
	return &ucli.Command{
		Name: "version", Usage: "Say which version this is, and of what it is made", Flags: []ucli.Flag{outputFlag("table")},
		Action: func(c *ucli.Context) error {
			v := struct {
				Version string `json:"version"`
				Commit  string `json:"commit,omitempty"`
				Benthos string `json:"benthos,omitempty"`
				Go      string `json:"go"`
				System  string `json:"system"`
			}{Version: a.Version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						v.Commit = s.Value
					}
				}
				for _, m := range info.Deps {
					if m.Path == "github.com/redpanda-data/benthos/v4" {
						v.Benthos = m.Version
					}
				}
			}
			return a.print(c, v, func() table {
				return table{{"inflect", v.Version}, {"commit", v.Commit}, {"benthos", v.Benthos}, {"go", v.Go}, {"system", v.System}}
			})
		},
	}
}
