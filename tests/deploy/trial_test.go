package deploy

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// dependency is one of a Chart.yaml.
type dependency struct{ Name, Version, Repository, Condition string }

func dependencies(t *testing.T) []dependency {
	t.Helper()
	var c struct{ Dependencies []dependency }
	if err := yaml.Unmarshal([]byte(read(t, trial, "Chart.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	return c.Dependencies
}

// TestTheTrialChartPutsTheOthersBesideOurs renders it with charts that stand for those of others, which would have to be
// downloaded: what is tested is what it says to them, and that each can be switched off.
func TestTheTrialChartPutsTheOthersBesideOurs(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "helm")
	for _, name := range []string{"inflect", "inflect-trial"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join("../../deploy/helm", name))); err != nil {
			t.Fatal(err)
		}
	}
	chart := filepath.Join(dir, "inflect-trial")
	var others []string
	for _, d := range dependencies(t) {
		if d.Name == "inflect" {
			if d.Repository != "file://../inflect" || !strings.Contains(read(t, "../../deploy/helm/inflect/Chart.yaml"), "\nversion: "+d.Version+"\n") {
				t.Errorf("the trial does not want the chart beside it: %+v", d)
			}
			continue
		}
		if d.Condition != d.Name+".enabled" || !strings.HasPrefix(d.Repository, "https://") {
			t.Errorf("%+v cannot be switched off, or found", d)
		}
		others = append(others, d.Name)
		stub := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: stands-for-" + d.Name + "}\ndata: {values: {{ toJson .Values | quote }}}\n"
		put(t, filepath.Join(chart, "charts", d.Name), map[string]string{
			"Chart.yaml": "apiVersion: v2\nname: " + d.Name + "\nversion: 100.0.0\n", "templates/all.yaml": stub,
		})
	}
	// helm dependency build would bring all of them; ours it brings by this alone.
	run(t, helm(t), "package", filepath.Join(dir, "inflect"), "--destination", filepath.Join(chart, "charts"))

	values := file(t, "inflect:"+strings.ReplaceAll(required, "\n", "\n  "))
	template := func(set ...string) []object {
		args := []string{"template", "try", chart, "--namespace", namespace, "--kube-version", "1.36.3", "--values", values}
		for _, s := range set {
			args = append(args, "--set", s)
		}
		return decode(t, run(t, helm(t), args...))
	}
	stands := func(objects []object) (names []string) {
		for _, o := range objects {
			if name, ok := strings.CutPrefix(o.name(), "stands-for-"); ok {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return names
	}
	all := template()
	if got := stands(all); !slices.Equal(got, others) {
		t.Errorf("it brings %v, want %v", got, others)
	}
	find(t, all, "StatefulSet", "try-postgres")
	find(t, all, "PrometheusRule", "try")
	find(t, all, "ServiceMonitor", "try")
	find(t, all, "ConfigMap", "try-dashboard-pipelines")
	told := find(t, all, "ConfigMap", "stands-for-kube-prometheus-stack").text("data", "values")
	for _, want := range []string{"podMonitorSelectorNilUsesHelmValues", "serviceMonitorSelectorNilUsesHelmValues", "ruleSelectorNilUsesHelmValues"} {
		if !strings.Contains(told, `"`+want+`":false`) {
			t.Errorf("Prometheus would overlook what it is to read, for want of %s", want)
		}
	}
	if got := stands(template("keda.enabled=false", "kube-prometheus-stack.enabled=false")); len(got) > 0 {
		t.Errorf("switched off, and there are %v", got)
	}
}

// TestTheChartNeedsNothing: it is installed where there is no network.
func TestTheChartNeedsNothing(t *testing.T) {
	t.Parallel()
	if strings.Contains(read(t, chart, "Chart.yaml"), "dependencies") {
		t.Error("the chart has dependencies; those are for inflect-trial")
	}
}
