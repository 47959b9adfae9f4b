package cache

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

// nodePackages are Ajv for every draft, what it depends on, and Protobuf-ES; each is named, so that the same code runs
// tomorrow. The licences are MIT, BSD-3-Clause (fast-uri) and Apache-2.0 (Protobuf-ES).
var nodePackages = []string{"ajv@8.17.1", "ajv-draft-04@1.0.0", "ajv-formats@3.0.1",
	"fast-deep-equal@3.1.3", "fast-uri@3.1.0", "json-schema-traverse@1.0.0", "require-from-string@2.0.2", "@bufbuild/protobuf@2.6.3"}

// pythonPackages depend on nothing. The licences are MIT and BSD-3-Clause.
var pythonPackages = []string{"fastavro==1.12.1", "protobuf==6.31.1"}

// ValidatorFolders hold the packages as Node and Python look for them: in NODE_PATH and PYTHONPATH.
type ValidatorFolders struct{ Node, Python string }

// ValidatorsPart is other people's validators of JSON Schema, Avro and Protobuf, which give a second opinion on events.
func ValidatorsPart() Part {
	recipe := strings.Join(nodePackages, " ") + " " + strings.Join(pythonPackages, " ")
	return Part{Name: "validators", Version: "1", recipe: recipe, install: installValidators}
}

// Validators locates the packages.
func Validators() (ValidatorFolders, error) {
	dir, err := ValidatorsPart().Locate()
	if err != nil {
		return ValidatorFolders{}, err
	}
	return ValidatorFolders{Node: filepath.Join(dir, "node_modules"), Python: filepath.Join(dir, "python")}, nil
}

func installValidators(ctx context.Context, dir string) error {
	if err := need("npm", "npm"); err != nil {
		return err
	}
	if err := need("python3", "python3-pip"); err != nil {
		return err
	}
	npm := []string{"install", "--prefix", dir, "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"}
	if err := command(ctx, dir, "npm", append(npm, nodePackages...)...); err != nil {
		return err
	}
	python := filepath.Join(dir, "python")
	if err := os.Mkdir(python, 0o755); err != nil {
		return err
	}
	pip := []string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--target", python}
	return command(ctx, dir, "python3", append(pip, pythonPackages...)...)
}
