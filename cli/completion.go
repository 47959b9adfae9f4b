package cli

import (
	"fmt"
	"strings"

	ucli "github.com/urfave/cli/v2"
)

// The scripts ask the program itself, so they never grow stale.
const (
	bashCompletion = `_inflect() {
  COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _inflect inflect
`
	zshCompletion = `#compdef inflect
_inflect() {
  local -a found
  found=("${(@f)$(${words[1]} __complete ${words[2,CURRENT-1]} 2>/dev/null)}")
  if [[ -n "${found[1]}" ]]; then compadd -a found; else _files; fi
}
compdef _inflect inflect
`
	fishCompletion = `complete -c inflect -a '(inflect __complete (commandline -opc)[2..-1] 2>/dev/null)'
`
)

func (a *App) completion() *ucli.Command {
	scripts := map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
	return &ucli.Command{
		Name: "completion", Usage: "Print a shell's completion script", ArgsUsage: "bash|zsh|fish",
		Description: "   source <(inflect completion bash)",
		Action: func(c *ucli.Context) error {
			shell, err := one(c, "shell")
			if err != nil {
				return err
			}
			script, ok := scripts[shell]
			if !ok {
				return usage("there is no completion for %q: bash, zsh or fish", shell)
			}
			_, err = fmt.Fprint(a.Stdout, script)
			return err
		},
	}
}

// complete prints what may follow the words that are there.
func (a *App) complete() *ucli.Command {
	return &ucli.Command{
		Name: "__complete", Hidden: true, SkipFlagParsing: true,
		Action: func(c *ucli.Context) error {
			for _, word := range candidates(a.Commands(), c.Args().Slice()) {
				fmt.Fprintln(a.Stdout, word)
			}
			return nil
		},
	}
}

func candidates(commands []*ucli.Command, words []string) []string {
	var flags []ucli.Flag
	top := true
	for _, w := range words {
		if strings.HasPrefix(w, "-") {
			continue
		}
		for _, c := range commands {
			if c.HasName(w) {
				commands, flags, top = c.Subcommands, c.Flags, false
				break
			}
		}
	}
	var out []string
	for _, c := range commands {
		if !c.Hidden {
			out = append(out, c.Name)
		}
	}
	if top {
		for _, c := range benthosCommands {
			out = append(out, c[0])
		}
		return out
	}
	for _, f := range flags {
		out = append(out, "--"+f.Names()[0])
	}
	return out
}
