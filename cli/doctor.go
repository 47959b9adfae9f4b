package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"

	ucli "github.com/urfave/cli/v2"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/transforms"
)

// finding is one thing that doctor looked at. Fix says what to do when it is not well.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Found string `json:"found"`
	Fix   string `json:"fix,omitempty"`
}

func (a *App) doctor() *ucli.Command {
	return &ucli.Command{
		Name: "doctor", Usage: "Look for what keeps Inflect from working, here and on the server",
		Flags: []ucli.Flag{serverFlag(), directoryFlag(), outputFlag("table")},
		Action: func(c *ucli.Context) error {
			findings := append([]finding{a.checkTransforms(c), checkTypes(c)}, a.checkServer(c)...)
			err := a.print(c, findings, func() table {
				t := table{{"CHECK", "", "FOUND", "DO"}}
				for _, f := range findings {
					mark := "ok"
					if !f.OK {
						mark = "FAILED"
					}
					t = append(t, []string{f.Check, mark, f.Found, f.Fix})
				}
				return t
			})
			if err != nil {
				return err
			}
			for _, f := range findings {
				if !f.OK {
					return &exitError{code: ExitFailed}
				}
			}
			return nil
		},
	}
}

func (a *App) checkTransforms(c *ucli.Context) finding {
	dir := c.String("transforms")
	f := finding{Check: "transforms"}
	found, err := transforms.List(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || os.IsNotExist(statError(dir)):
		f.OK, f.Found, f.Fix = true, dir+" does not exist", "inflect transforms new "+dir
	case err != nil:
		f.Found, f.Fix = err.Error(), "correct the file"
	default:
		f.OK, f.Found = true, fmt.Sprintf("%d functions in %s", len(found), dir)
	}
	return f
}

func statError(path string) error {
	_, err := os.Stat(path)
	return err
}

// checkTypes is whether the editor knows ctx; TypeScript itself is only for the editor.
func checkTypes(c *ucli.Context) finding {
	f := finding{Check: "editor", OK: true}
	dir := c.String("transforms")
	switch {
	case statError(dir) != nil:
		f.Found = "no transforms yet"
	case statError(dir+"/"+typesFile) != nil:
		f.Found, f.Fix = "no "+typesFile, "inflect transforms types "+dir
	default:
		f.Found = typesFile + " is there"
	}
	if _, err := exec.LookPath("node"); err != nil {
		f.Found += "; no node, which only npm packages need"
	}
	return f
}

func (a *App) checkServer(c *ucli.Context) []finding {
	f := finding{Check: "server", Found: c.String("server")}
	server, err := a.connect(c)
	if err != nil {
		f.Found, f.Fix = err.Error(), "correct --server"
		return []finding{f}
	}
	health, err := server.Ready(c.Context)
	if err != nil {
		f.Found, f.Fix = err.Error(), "inflect up, or name another one with --server"
		return []finding{f}
	}
	f.OK = true
	out := []finding{f}
	for _, h := range health.Checks {
		n := finding{Check: "server: " + h.Name, OK: h.OK, Found: h.Message}
		if h.OK {
			n.Found = "answers"
		} else {
			n.Fix = "see the server's log"
		}
		out = append(out, n)
	}
	version, err := server.Version(c.Context)
	if err == nil {
		out = append(out, finding{Check: "version", OK: version.Version == a.Version, Found: fmt.Sprintf("server %s, this %s", version.Version, a.Version), Fix: fix(version.Version != a.Version, "use the same version")})
	}
	pipelines, err := server.Pipelines(c.Context, pipeline.Query{})
	if err != nil {
		return append(out, finding{Check: "pipelines", Found: err.Error(), Fix: "set " + envToken})
	}
	for _, p := range pipelines {
		switch p.Status.Phase {
		case pipeline.PhaseFailed, pipeline.PhaseRejected, pipeline.PhaseWaiting:
			out = append(out, finding{Check: "pipeline " + p.Name, Found: string(p.Status.Phase) + ": " + p.Status.Message, Fix: "inflect pipelines status " + p.Name})
		}
	}
	return append(out, finding{Check: "pipelines", OK: true, Found: fmt.Sprintf("%d of them", len(pipelines))})
}

func fix(wrong bool, what string) string {
	if wrong {
		return what
	}
	return ""
}
