package cache

import (
	"context"
	"path/filepath"
	"runtime"
)

const (
	helmVersion = "v3.22.0"
	helmPackage = "helm.sh/helm/v3/cmd/helm"
)

// HelmPart is helm, built with the Go that runs.
func HelmPart() Part {
	return Part{Name: "helm", Version: helmVersion, recipe: runtime.Version(), install: func(ctx context.Context, dir string) error {
		return goInstall(ctx, dir, helmPackage+"@"+helmVersion)
	}}
}

// Helm locates the helm binary.
func Helm() (string, error) {
	dir, err := HelmPart().Locate()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "helm"), nil
}
