package transforms

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	esbuild "github.com/evanw/esbuild/pkg/api"
)

// DefaultExport is what a reference without #export names.
const DefaultExport = "default"

// paramsExport is the name under which a bundle exports the JSON Schema of its function's parameters.
const paramsExport = "$params"

// Module is one function with everything it needs, as an ES module.
type Module struct {
	// Code is the module's text. It ends with its source map, sources included.
	Code string
	// Export is the name of the function among the module's exports.
	Export string
	// Hash is the SHA-256 of Code in hexadecimal.
	Hash string
	// Files are the files that went into it, relative to the directory, sorted: a change to one of them changes Code.
	Files []string
}

// Bundle bundles the function that ref ("orders.ts#keepPaid") names in the directory. Errors are of type *[Error].
func Bundle(dir, ref string) (Module, error) {
	file, export := SplitRef(ref)
	root, err := realDir(dir)
	if err != nil {
		return Module{}, err
	}
	if err := inside(root, file); err != nil {
		return Module{}, err
	}
	result := esbuild.Build(options(root, &esbuild.StdinOptions{
		Contents:   entry(file, export),
		ResolveDir: root,
		Sourcefile: "<entry>",
		Loader:     esbuild.LoaderJS,
	}))
	if len(result.Errors) > 0 {
		e := buildError(result.Errors, 0)
		if e.Code == CodeUnknown && e.File == "<entry>" {
			return Module{}, &Error{Code: CodeUnknown, File: file, Message: fmt.Sprintf("exports nothing called %q", export)}
		}
		return Module{}, e
	}
	files, err := inputs(result.Metafile)
	if err != nil {
		return Module{}, err
	}
	code := string(result.OutputFiles[0].Contents)
	sum := sha256.Sum256([]byte(code))
	return Module{Code: code, Export: export, Hash: hex.EncodeToString(sum[:]), Files: files}, nil
}

// SplitRef splits "orders.ts#keepPaid" into file and export.
func SplitRef(ref string) (file, export string) {
	file, export, _ = strings.Cut(ref, "#")
	if export == "" {
		export = DefaultExport
	}
	return filepath.ToSlash(filepath.Clean(file)), export
}

// entry is a module that exports one function of the file and, if there is one, the schema of its parameters: an export
// called <function>Params, or else params.
func entry(file, export string) string {
	quoted := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	from := quoted("./" + file)
	return fmt.Sprintf("import * as all from %s;\nexport { %s } from %s;\nexport const %s = all[%s] ?? all.params;\n",
		from, quoted(export), from, paramsExport, quoted(export+"Params"))
}

func options(root string, stdin *esbuild.StdinOptions) esbuild.BuildOptions {
	return esbuild.BuildOptions{
		Stdin:          stdin,
		AbsWorkingDir:  root,
		Outfile:        filepath.Join(root, "bundle.js"),
		Bundle:         true,
		Format:         esbuild.FormatESModule,
		Platform:       esbuild.PlatformNeutral,
		MainFields:     []string{"module", "main"},
		Conditions:     []string{"import", "module", "default"},
		Target:         esbuild.ES2022,
		Supported:      unsupported(),
		Sourcemap:      esbuild.SourceMapInline,
		SourcesContent: esbuild.SourcesContentInclude,
		Charset:        esbuild.CharsetUTF8,
		Metafile:       true,
		LogLevel:       esbuild.LogLevelSilent,
		Plugins:        []esbuild.Plugin{guard(root)},
	}
}

// unsupported is the syntax within the target that the engine does not know, which esbuild then lowers or refuses.
func unsupported() map[string]bool {
	return map[string]bool{
		"async-generator": false,
		// Becomes new RegExp, which the engine's library completes.
		"regexp-unicode-property-escapes": false,
		"for-await":                       false,
		"decorators":                      false,
		"using":                           false,
	}
}

// guard refuses every file that does not really lie inside root.
func guard(root string) esbuild.Plugin {
	return esbuild.Plugin{Name: "directory", Setup: func(b esbuild.PluginBuild) {
		b.OnLoad(esbuild.OnLoadOptions{Filter: ".*", Namespace: "file"}, func(a esbuild.OnLoadArgs) (esbuild.OnLoadResult, error) {
			target, err := filepath.EvalSymlinks(a.Path)
			if err != nil {
				return esbuild.OnLoadResult{}, fmt.Errorf("cannot be read: %w", pathless(err))
			}
			if !within(root, target) {
				return esbuild.OnLoadResult{}, errors.New(outsideMark + ": move the file into it")
			}
			return esbuild.OnLoadResult{}, nil
		})
	}}
}

// kubernetesData is the link by which a volume made of a ConfigMap leads to its files. They lie in a folder that gets
// another name with every mount, which must not make other code of them.
const kubernetesData = "..data"

// realDir is the directory with its own symbolic links resolved.
func realDir(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if data, err := filepath.EvalSymlinks(filepath.Join(abs, kubernetesData)); err == nil && within(abs, data) {
		return data, nil
	}
	if err != nil {
		return "", badf("", "the transform directory %s cannot be opened: %v", dir, pathless(err))
	}
	return abs, nil
}

// inside reports why file, relative to root, cannot be used; nil when it can.
func inside(root, file string) error {
	outside := &Error{Code: CodeOutside, File: file, Message: outsideMark + ": name a file inside it"}
	if !filepath.IsLocal(filepath.FromSlash(file)) {
		return outside
	}
	target, err := filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(file)))
	if errors.Is(err, fs.ErrNotExist) {
		return &Error{Code: CodeUnknown, File: file, Message: "no such file in the transform directory"}
	}
	if err != nil {
		return badf(file, "cannot be opened: %v", pathless(err))
	}
	if !within(root, target) {
		return outside
	}
	if info, err := os.Stat(target); err != nil || !info.Mode().IsRegular() {
		return &Error{Code: CodeUnknown, File: file, Message: "is not a file: name one like orders.ts#keepPaid"}
	}
	return nil
}

func within(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && filepath.IsLocal(rel)
}

// pathless is the reason inside a path error: the path is either known already or none of the reader's business.
func pathless(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func inputs(metafile string) ([]string, error) {
	var meta struct {
		Inputs map[string]json.RawMessage `json:"inputs"`
	}
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return nil, fmt.Errorf("reading the bundler's list of files: %w", err)
	}
	files := make([]string, 0, len(meta.Inputs))
	for name := range meta.Inputs {
		if name != "<entry>" {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	return files, nil
}
