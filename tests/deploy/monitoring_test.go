package deploy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/inflect-dev/inflect/tests/parts"
	"github.com/inflect-dev/inflect/tests/setup/cache"
)

const monitored = `
monitors: true
monitorToken: inflect-prometheus
dashboards: {enabled: true}
alerts: {enabled: true}
`

// panel is one of a dashboard, a query of it filled in as Grafana would.
type panel struct{ dashboard, title, query string }

func panels(t *testing.T) []panel {
	t.Helper()
	var out []panel
	for _, o := range render(t, monitored) {
		if o.kind() != "ConfigMap" || o.text("metadata", "labels", "grafana_dashboard") != "1" {
			continue
		}
		data, _ := o.at("data").(map[string]any)
		for name, text := range data {
			var d struct {
				UID    string
				Panels []struct {
					Title   string
					Targets []struct{ Expr string }
				}
			}
			if err := json.Unmarshal([]byte(text.(string)), &d); err != nil || d.UID == "" {
				t.Fatalf("%s is no dashboard: %v", name, err)
			}
			for _, p := range d.Panels {
				for _, target := range p.Targets {
					fill := strings.NewReplacer("$__rate_interval", "1m", "$pipeline", ".*")
					out = append(out, panel{name, p.Title, fill.Replace(target.Expr)})
				}
			}
		}
	}
	if len(out) < 20 {
		t.Fatalf("there are %d queries in the dashboards", len(out))
	}
	return out
}

// group is what Prometheus calls a group of rules.
type group struct {
	Name  string `json:"name"`
	Rules []rule `json:"rules"`
}

type rule struct {
	Alert       string            `json:"alert,omitempty"`
	Record      string            `json:"record,omitempty"`
	Expr        string            `json:"expr"`
	For         string            `json:"for,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

func alerts(t *testing.T) []group {
	t.Helper()
	text, err := yaml.Marshal(find(t, render(t, monitored), "PrometheusRule", "inflect").at("spec"))
	if err != nil {
		t.Fatal(err)
	}
	var spec struct{ Groups []group }
	if err := yaml.UnmarshalStrict(text, &spec); err != nil {
		t.Fatal(err)
	}
	return spec.Groups
}

// TestQueriesFindMetrics has a real Prometheus read a real control plane and engine, and asks for every panel of the
// dashboards, and for the metrics and labels that the alerts are about.
func TestQueriesFindMetrics(t *testing.T) {
	t.Parallel()
	p := observed(t)
	// All is well, so values of labels that say otherwise and the comparisons of alerts are taken out.
	comparison := regexp.MustCompile(`\s(>|>=|==) [0-9.]+`)
	matcher := regexp.MustCompile(`\{(\w+)=~?"[^"]*"\}`)
	for _, q := range panels(t) {
		t.Run(q.title, func(t *testing.T) {
			t.Parallel()
			p.finds(t, matcher.ReplaceAllString(q.query, `{$1=~".+"}`), q.dashboard)
		})
	}
	for _, g := range alerts(t) {
		for _, r := range g.Rules {
			t.Run(r.Alert, func(t *testing.T) {
				t.Parallel()
				query := matcher.ReplaceAllString(comparison.ReplaceAllString(r.Expr, ""), `{$1=~".+"}`)
				query = strings.ReplaceAll(strings.ReplaceAll(query, "absent(", "max("), "[10m:1m]", "[1m:1s]")
				p.finds(t, query, "the alert")
			})
		}
	}
}

// server is a Prometheus.
type server struct{ url string }

// observed is a Prometheus that reads an installation with the demo.
func observed(t *testing.T) server {
	t.Helper()
	dir, page := t.TempDir(), parts.Address(t)
	up := parts.Start(t, "up", parts.Program{Path: parts.Inflect(t), Ready: "  Logs  ",
		Args: []string{"up", "--listen", page, "--data", filepath.Join(dir, "data"), "--transforms", filepath.Join(dir, "transforms")}})
	engine := regexp.MustCompile(`Engine +http://(\S+)/metrics`).FindStringSubmatch(read(t, up.Log()))
	if engine == nil {
		t.Fatal("nothing says where the engine's metrics are")
	}
	programs, err := cache.Prometheus()
	if err != nil {
		t.Fatal(err)
	}
	config := file(t, fmt.Sprintf(`
global: {scrape_interval: 1s}
scrape_configs:
  - {job_name: inflect, static_configs: [{targets: [%q, %q], labels: {namespace: inflect}}]}
`, page, engine[1]))
	listen := parts.Address(t)
	parts.Start(t, "prometheus", parts.Program{Path: filepath.Join(programs, "prometheus"), Ready: "Server is ready to receive web requests",
		Args: []string{"--config.file=" + config, "--storage.tsdb.path=" + filepath.Join(dir, "tsdb"), "--web.listen-address=" + listen}})
	return server{"http://" + listen}
}

// finds waits until a query has a result.
func (p server) finds(t *testing.T, query, where string) {
	t.Helper()
	until(t, "there is a result for "+query+" of "+where, func() error {
		code, body := request(t, http.MethodGet, p.url+"/api/v1/query?query="+url.QueryEscape(query), "")
		if code == http.StatusBadRequest {
			t.Fatalf("%s of %s: %s", query, where, body)
		}
		var answer struct {
			Data struct{ Result []json.RawMessage }
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			return err
		}
		if len(answer.Data.Result) == 0 {
			return fmt.Errorf("it has none: %s", body)
		}
		return nil
	})
}

// TestAlertsFire has promtool run the alerts over made-up series: see testdata/alerts.yaml.
func TestAlertsFire(t *testing.T) {
	t.Parallel()
	programs, err := cache.Prometheus()
	if err != nil {
		t.Fatal(err)
	}
	promtool, dir := filepath.Join(programs, "promtool"), t.TempDir()
	rules, err := yaml.Marshal(map[string]any{"groups": alerts(t)})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"rules.yaml": string(rules), "test.yaml": read(t, "testdata/alerts.yaml")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, promtool, "check", "rules", filepath.Join(dir, "rules.yaml"))
	run(t, promtool, "test", "rules", filepath.Join(dir, "test.yaml"))
}

// TestEveryAlertIsTestedAndExplained also holds that none is explained that does not exist.
func TestEveryAlertIsTestedAndExplained(t *testing.T) {
	t.Parallel()
	tests, book := read(t, "testdata/alerts.yaml"), read(t, "../../docs/guides/runbook.md")
	known := map[string]bool{}
	for _, g := range alerts(t) {
		for _, r := range g.Rules {
			known[r.Alert] = true
			if !strings.Contains(tests, "alertname: "+r.Alert+"\n") {
				t.Errorf("testdata/alerts.yaml has no test for %s", r.Alert)
			}
			if !strings.Contains(book, "\n## "+r.Alert+"\n") {
				t.Errorf("docs/guides/runbook.md does not say what to do about %s", r.Alert)
			}
			if want := "/docs/guides/runbook.md#" + strings.ToLower(r.Alert); !strings.HasSuffix(r.Annotations["runbook_url"], want) {
				t.Errorf("%s points to %s", r.Alert, r.Annotations["runbook_url"])
			}
		}
	}
	for _, heading := range regexp.MustCompile(`(?m)^## (Inflect\w+)$`).FindAllStringSubmatch(book, -1) {
		if !known[heading[1]] {
			t.Errorf("docs/guides/runbook.md explains %s, which there is not", heading[1])
		}
	}
}

func TestAlertsCanBeLeftOut(t *testing.T) {
	t.Parallel()
	values := monitored + "\n" + `alerts: {enabled: true, disabled: [InflectDeadLetters], labels: {release: monitoring}}`
	rules := find(t, render(t, strings.Replace(values, "alerts: {enabled: true}\n", "", 1)), "PrometheusRule", "inflect")
	text, err := yaml.Marshal(rules)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "InflectDeadLetters") || !strings.Contains(string(text), "InflectLagGrowing") {
		t.Errorf("disabling one alert leaves %s", text)
	}
	if rules.text("metadata", "labels", "release") != "monitoring" {
		t.Error("the label is missing by which Prometheus' operator finds the rules")
	}
}
