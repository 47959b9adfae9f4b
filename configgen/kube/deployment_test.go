package kube_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/inflect-dev/inflect/configgen/kube"
	"github.com/inflect-dev/inflect/pipeline"
)

func TestALostNodeIsWaitedForAsLongAsIsSaid(t *testing.T) {
	t.Parallel()
	const ours = "node.kubernetes.io/not-ready 30, node.kubernetes.io/unreachable 30"
	for _, c := range []struct{ name, tolerations, want string }{
		{"nothing is said", `[]`, ours},
		{"something else is tolerated", `[{"key":"dedicated","operator":"Exists"}]`, "dedicated for ever, " + ours},
		{"it may not be placed there", `[{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoSchedule"}]`, "node.kubernetes.io/unreachable for ever, " + ours},
		{"one of the taints is for longer", `[{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":600}]`,
			"node.kubernetes.io/unreachable 600, node.kubernetes.io/not-ready 30"},
		{"all taints are tolerated", `[{"operator":"Exists"}]`, " for ever"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := orders(func(s *pipeline.Spec) { s.Kubernetes = json.RawMessage(`{"tolerations":` + c.tolerations + `}`) })
			objects, err := kube.Render(p, nil, settings(t, plain), kube.Served{}, kube.Demand{})
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(objects, func(o kube.Object) bool { return o.Kind.Name == "Deployment" })
			var d struct {
				Spec struct {
					Template struct {
						Spec struct {
							Tolerations []struct {
								Key               string
								TolerationSeconds *int
							}
						}
					}
				}
			}
			if err := json.Unmarshal(objects[i].Body, &d); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, toleration := range d.Spec.Template.Spec.Tolerations {
				if got != "" {
					got += ", "
				}
				if toleration.TolerationSeconds == nil {
					got += toleration.Key + " for ever"
				} else {
					got += fmt.Sprintf("%s %d", toleration.Key, *toleration.TolerationSeconds)
				}
			}
			if got != c.want {
				t.Errorf("tolerated is %q, want %q", got, c.want)
			}
		})
	}
}
