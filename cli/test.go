package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"
)

// envTransforms is where inflect_js looks for the directory that `file:` is relative to.
const envTransforms = "INFLECT_TRANSFORMS"

func (a *App) test() *ucli.Command {
	return &ucli.Command{
		Name:      "test",
		Usage:     "Run the unit tests inside configs and transforms",
		ArgsUsage: "PATH...",
		Description: `Runs the tests: of every given config. A path that ends in /... means all configs below it; node_modules and
hidden directories are skipped.

   inflect test ./transforms/...
   inflect test ./transforms/mask.yaml

The file: of inflect_js is relative to --transforms; without it to the directory before /..., or to that of the
config.`,
		Flags: []ucli.Flag{
			&ucli.StringFlag{Name: "transforms", EnvVars: []string{envTransforms}, Usage: "`DIRECTORY` that file: is relative to"},
			&ucli.StringFlag{Name: "log", Usage: "let components write logs of this `LEVEL`"},
			&ucli.StringSliceFlag{Name: "resources", Aliases: []string{"r"}, Usage: "`FILE` with further resources; repeatable"},
			&ucli.BoolFlag{Name: "verbose", Usage: "name every test case before it runs"},
		},
		Action: func(c *ucli.Context) error {
			if c.NArg() == 0 {
				return usage("name the configs to test: `inflect test ./transforms/...`")
			}
			groups, err := testGroups(c.Args().Slice(), c.String("transforms"))
			if err != nil {
				return err
			}
			var failed error
			for _, g := range groups {
				if err := a.testGroup(c, g); err != nil {
					failed = err
				}
			}
			return failed
		},
	}
}

// testGroup is configs whose `file:` is relative to the same directory.
type testGroup struct {
	root  string
	files []string
}

func testGroups(paths []string, root string) ([]testGroup, error) {
	var groups []testGroup
	add := func(dir string, files ...string) {
		if root != "" {
			dir = root
		}
		for i := range groups {
			if groups[i].root == dir {
				groups[i].files = append(groups[i].files, files...)
				return
			}
		}
		groups = append(groups, testGroup{root: dir, files: files})
	}
	for _, p := range paths {
		if dir, ok := strings.CutSuffix(p, "..."); ok {
			dir = filepath.Clean(dir)
			files, err := configsBelow(dir)
			if err != nil {
				return nil, fmt.Errorf("looking for tests: %w", err)
			}
			if len(files) == 0 {
				return nil, fmt.Errorf("looking for tests: there is no .yaml or .yml file below %s", dir)
			}
			add(dir, files...)
			continue
		}
		matches, err := filepath.Glob(p)
		if err != nil {
			return nil, usage("%q is no path: %w", p, err)
		}
		if len(matches) == 0 {
			return nil, fmt.Errorf("looking for tests: %s does not exist", p)
		}
		for _, m := range matches {
			if info, err := os.Stat(m); err == nil && info.IsDir() {
				return nil, usage("%s is a directory: write %s/... to test everything below it", m, strings.TrimSuffix(m, "/"))
			}
			add(filepath.Dir(m), m)
		}
	}
	return groups, nil
}

func configsBelow(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != dir && (name == "node_modules" || strings.HasPrefix(name, ".")) {
				return fs.SkipDir
			}
			return nil
		}
		if ext := filepath.Ext(name); d.Type().IsRegular() && (ext == ".yaml" || ext == ".yml") {
			files = append(files, path)
		}
		return nil
	})
	slices.Sort(files)
	return files, err
}

func (a *App) testGroup(c *ucli.Context, g testGroup) error {
	if err := os.Setenv(envTransforms, g.root); err != nil {
		return fmt.Errorf("naming the transform directory: %w", err)
	}
	args := []string{"inflect", "test"}
	if level := c.String("log"); level != "" {
		args = append(args, "--log", level)
	}
	if c.Bool("verbose") {
		args = append(args, "--verbose")
	}
	for _, r := range c.StringSlice("resources") {
		args = append(args, "--resources", r)
	}
	code, err := a.Benthos(c.Context, append(args, g.files...))
	if err != nil {
		return err
	}
	if code != 0 {
		// Benthos has printed what failed.
		return &exitError{code: code}
	}
	return nil
}
