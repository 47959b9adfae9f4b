package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const (
	monitoringVersion = "v0.85.0"
	monitoringModule  = "github.com/prometheus-operator/prometheus-operator"
	// monitoringSum is the module's, as go.sum has it.
	monitoringSum = "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s="
)

// monitoringKinds are the kinds whose definitions are kept, by their plural.
var monitoringKinds = []string{"podmonitors", "prometheusrules", "servicemonitors"}

// MonitoringPart is what Prometheus' operator defines of Kubernetes' API, out of its Go module.
func MonitoringPart() Part {
	return Part{Name: "monitoring", Version: monitoringVersion, recipe: monitoringSum + fmt.Sprint(monitoringKinds), install: installMonitoring}
}

// Monitoring locates the definition of a kind by its plural: one of monitoringKinds.
func Monitoring(plural string) (string, error) {
	dir, err := MonitoringPart().Locate()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, plural+".yaml"), nil
}

func installMonitoring(ctx context.Context, dir string) error {
	output, err := goOutput(ctx, dir, "mod", "download", "-json", monitoringModule+"@"+monitoringVersion)
	if err != nil {
		return err
	}
	var module struct{ Dir, Sum string }
	if err := json.Unmarshal([]byte(output), &module); err != nil {
		return fmt.Errorf("reading what go mod download says: %w", err)
	}
	if module.Sum != monitoringSum {
		return fmt.Errorf("%s has the sum %s, want %s", monitoringModule, module.Sum, monitoringSum)
	}
	var problems []error
	for _, plural := range monitoringKinds {
		text, err := os.ReadFile(filepath.Join(module.Dir, "example/prometheus-operator-crd/monitoring.coreos.com_"+plural+".yaml"))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, plural+".yaml"), text, 0o644)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
