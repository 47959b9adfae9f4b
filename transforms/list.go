package transforms

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Function is one exported function of the transform directory.
type Function struct {
	// ID is how a step names it: "orders.ts#keepPaid".
	ID     string `json:"id"`
	File   string `json:"file"`
	Export string `json:"export"`
	// Kind is transform or filter when the doc comment says @transform or @filter, else empty.
	Kind string `json:"kind,omitempty"`
	// Doc is the text of the doc comment before it.
	Doc string `json:"doc,omitempty"`
	// Params is the JSON Schema of its parameters, nil when the file exports none for it.
	Params json.RawMessage `json:"params,omitempty"`
	// Source is the text of the file.
	Source string `json:"source"`
	// Line is where the export is declared, zero when it comes from another file.
	Line int `json:"line,omitempty"`
}

// List is every function that the directory's files export, by file and in the order of their declaration. Files that
// cannot be bundled or evaluated are left out and reported, joined, as *[Error]s; the functions of the others are there
// all the same. node_modules, hidden files, declarations, tests and files that others import (_name.ts) are no transforms.
func List(dir string) ([]Function, error) {
	root, err := realDir(dir)
	if err != nil {
		return nil, err
	}
	files, err := sourceFiles(root)
	if err != nil {
		return nil, err
	}
	var (
		all      []Function
		problems []error
	)
	for _, file := range files {
		functions, err := listFile(root, file)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all = append(all, functions...)
	}
	return all, errors.Join(problems...)
}

// sourceFiles are the files that may export transforms, relative to root, sorted.
func sourceFiles(root string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return badf("", "the transform directory cannot be read: %v", pathless(err))
		}
		name := d.Name()
		if d.IsDir() {
			if p != root && (name == "node_modules" || strings.HasPrefix(name, ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		if isSource(name) {
			rel, err := filepath.Rel(root, p)
			if err != nil {
				return err
			}
			files = append(files, filepath.ToSlash(rel))
		}
		return nil
	})
	slices.Sort(files)
	return files, err
}

func isSource(name string) bool {
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	switch ext {
	case ".ts", ".mts", ".js", ".mjs":
	default:
		return false
	}
	return !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "_") && !strings.HasSuffix(stem, ".d") && !strings.HasSuffix(stem, ".test") && !strings.HasSuffix(stem, ".config")
}

func listFile(root, file string) ([]Function, error) {
	if err := inside(root, file); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
	if err != nil {
		return nil, badf(file, "cannot be read: %v", pathless(err))
	}
	exports, err := evaluate(root, file)
	if err != nil {
		return nil, err
	}
	declared := declarations(string(text))
	functions := make([]Function, 0, len(exports))
	for _, e := range exports {
		f := Function{ID: file + "#" + e.Name, File: file, Export: e.Name, Params: e.Params, Source: string(text)}
		if d, ok := declared[e.Name]; ok {
			f.Doc, f.Kind, f.Line = d.doc, d.kind, d.line
		}
		functions = append(functions, f)
	}
	slices.SortStableFunc(functions, func(a, b Function) int { return a.Line - b.Line })
	return functions, nil
}

// declaration is where a file declares an export and what its comment says.
type declaration struct {
	line      int
	doc, kind string
}

var exportForm = regexp.MustCompile(`(?m)^export[ \t]+(?:(default)\b[ \t]*)?(?:async[ \t]+)?(?:(?:function|const|let|var|class)\b[ \t]*\*?[ \t]*([A-Za-z_$][\w$]*)?)?`)

// declarations finds the exports that stand at the beginning of a line, with the doc comments right before them.
func declarations(text string) map[string]declaration {
	found := map[string]declaration{}
	for _, at := range exportForm.FindAllStringSubmatchIndex(text, -1) {
		name := DefaultExport
		if at[2] < 0 {
			if at[4] < 0 {
				continue
			}
			name = text[at[4]:at[5]]
		}
		d := declaration{line: 1 + strings.Count(text[:at[0]], "\n")}
		before := strings.TrimRight(text[:at[0]], " \t\r\n")
		if start := strings.LastIndex(before, "/**"); start >= 0 && strings.HasSuffix(before, "*/") && !strings.Contains(before[start:len(before)-2], "*/") {
			d.doc, d.kind = readComment(before[start+3 : len(before)-2])
		}
		if _, ok := found[name]; !ok {
			found[name] = d
		}
	}
	return found
}

// readComment is the text of a doc comment and the kind that a tag in it names. Tags end the text.
func readComment(comment string) (doc, kind string) {
	var lines []string
	tags := false
	for line := range strings.SplitSeq(comment, "\n") {
		line = strings.TrimSpace(line)
		line = strings.TrimSpace(strings.TrimPrefix(line, "*"))
		if tag, ok := strings.CutPrefix(line, "@"); ok {
			tags = true
			if tag, _, _ = strings.Cut(tag, " "); tag == "filter" || tag == "transform" {
				kind = tag
			}
		}
		if !tags {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), kind
}
