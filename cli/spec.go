package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/inflect-dev/inflect/pipeline"
)

// maxSpecFile bounds what is read of one file.
const maxSpecFile = 64 << 20

// source is a spec and where it was read.
type source struct {
	spec pipeline.Spec
	at   string
}

// specs reads every spec of the files, "-" being stdin and a directory standing for its .yaml, .yml and .json files. A spec
// that is wrong in itself is an error.
func (a *App) specs(paths []string) ([]source, error) {
	out, err := a.unchecked(paths)
	for _, s := range out {
		if errs := s.spec.Validate().Fatal(); len(errs) > 0 {
			return nil, fmt.Errorf("reading %s: %w", s.at, errs)
		}
	}
	return out, err
}

// unchecked reads every spec of the files, whatever is wrong with it.
func (a *App) unchecked(paths []string) ([]source, error) {
	var out []source
	for _, p := range paths {
		files, err := specFiles(p)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			found, err := a.specsOf(file)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
	}
	seen := map[string]string{}
	for _, s := range out {
		if first, ok := seen[s.spec.Name]; ok {
			return nil, fmt.Errorf("%s: pipeline %s is in %s already", s.at, s.spec.Name, first)
		}
		seen[s.spec.Name] = s.at
	}
	return out, nil
}

func specFiles(path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading specs: %s does not exist", path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading specs: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("reading specs: %w", err)
	}
	var files []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); e.Type().IsRegular() && slices.Contains([]string{".yaml", ".yml", ".json"}, ext) {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("reading specs: there is no .yaml, .yml or .json file in %s", path)
	}
	return files, nil
}

func (a *App) specsOf(file string) ([]source, error) {
	in, name := a.Stdin, "stdin"
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("reading specs: %w", err)
		}
		defer f.Close()
		in, name = f, file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxSpecFile))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	var out []source
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var n yaml.Node
		err := d.Decode(&n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		s, err := specOf(&n)
		at := name
		if n.Line > 1 {
			at = fmt.Sprintf("%s:%d", name, n.Line)
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", at, err)
		}
		out = append(out, source{s, at})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("reading %s: it is empty", name)
	}
	return out, nil
}

func specOf(n *yaml.Node) (pipeline.Spec, error) {
	var b bytes.Buffer
	if err := writeJSON(&b, n, 0); err != nil {
		return pipeline.Spec{}, err
	}
	return pipeline.Parse(b.Bytes())
}

// text is a spec as YAML, in the order of its fields.
func text(s pipeline.Spec) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return nil, fmt.Errorf("writing pipeline %s: %w", s.Name, err)
	}
	return toYAML(b.Bytes())
}

// same reports whether two specs mean the same, written with or without their defaults.
func same(a, b pipeline.Spec) bool {
	ta, erra := text(a.WithDefaults())
	tb, errb := text(b.WithDefaults())
	return erra == nil && errb == nil && bytes.Equal(ta, tb)
}
