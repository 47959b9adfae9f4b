package kube

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	authorization "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
)

// TestTheControlPlaneNeedsItsRightsAndNoOthers compares what the control plane's account may do with what the control
// plane did in the life of a pipeline, by the API server's own audit log, and asks for what it must not do.
func TestTheControlPlaneNeedsItsRightsAndNoOthers(t *testing.T) {
	t.Parallel()
	s := install(t, bed.Options{KEDA: true, Audit: true}, installation{
		settings:  "monitors: true\ntrigger: {secret: inflect-keda, keys: [username]}\n",
		secrets:   map[string]map[string]string{"inflect-keda": {"username": "nobody"}},
		manifests: definition(t, "podmonitors"),
	})
	began := time.Now()
	spec := s.spec("rights", 2)
	spec.Scaling = pipeline.Scaling{Min: 1, Max: 2}
	s.create(spec)
	s.runs("rights")
	s.has("rights", "PodMonitor/inflect-rights", "TriggerAuthentication/inflect-rights")
	// A budget is not wanted for one pod, so that it is deleted.
	s.update("rights", func(p *pipeline.Spec) { p.Scaling.Max = 1; p.Steps[0].Code = "(e) => e" })
	s.runs("rights")
	s.Until("the budget is gone", func(context.Context) error {
		if left := s.all("rights"); slices.ContainsFunc(left, func(n string) bool { return strings.HasPrefix(n, "PodDisruptionBudget") }) {
			return fmt.Errorf("there are %v", left)
		}
		return nil
	})
	s.remove("rights")
	s.gone("rights")

	used := s.Used(namespace, "inflect")
	granted := s.granted()
	// A create belongs to a patch that makes an object, and API servers that do not stream what a watch begins with, older
	// ones, are asked for a list.
	for _, right := range granted {
		switch {
		case strings.HasSuffix(right, " create"), strings.HasSuffix(right, " list"):
		case !slices.Contains(used, right):
			t.Errorf("the right to %s is granted and never used", right)
		}
	}
	for _, right := range used {
		if !slices.Contains(granted, right) {
			t.Errorf("the control plane tried to %s, which it may not", right)
		}
	}

	config, err := clientcmd.BuildConfigFromFlags("", s.AccountKubeconfig(namespace, "inflect"))
	s.must(err)
	account, err := kubernetes.NewForConfig(config)
	s.must(err)
	for _, a := range []authorization.ResourceAttributes{
		{Verb: "get", Resource: "secrets", Namespace: namespace}, {Verb: "list", Resource: "secrets", Namespace: namespace},
		{Verb: "create", Resource: "pods", Namespace: namespace}, {Verb: "delete", Resource: "pods", Namespace: namespace},
		{Verb: "create", Resource: "pods", Subresource: "exec", Namespace: namespace},
		{Verb: "list", Resource: "pods", Namespace: "default"}, {Verb: "list", Resource: "pods"}, {Verb: "patch", Group: "apps", Resource: "deployments", Namespace: "default"},
		{Verb: "create", Group: "rbac.authorization.k8s.io", Resource: "rolebindings", Namespace: namespace},
		{Verb: "create", Resource: "serviceaccounts", Subresource: "token", Namespace: namespace},
		{Verb: "update", Group: "apps", Resource: "deployments", Subresource: "scale", Namespace: namespace},
		{Verb: "list", Resource: "nodes"}, {Verb: "list", Resource: "namespaces"}, {Verb: "impersonate", Resource: "users"},
	} {
		review, err := account.AuthorizationV1().SelfSubjectAccessReviews().Create(t.Context(),
			&authorization.SelfSubjectAccessReview{Spec: authorization.SelfSubjectAccessReviewSpec{ResourceAttributes: &a}}, metav1.CreateOptions{})
		s.must(err)
		if review.Status.Allowed {
			t.Errorf("the control plane may %s %s/%s in %q", a.Verb, a.Resource, a.Subresource, a.Namespace)
		}
	}
	t.Logf("%d rights are granted and %d were used", len(granted), len(used))

	// The API server ends each watch after five to ten minutes, and nobody else has a reason to.
	begun, ended := s.Watches(namespace, "inflect")
	took := time.Since(began)
	if due := begun - ended; float64(ended) > float64(due)*(1+took.Minutes()/5) {
		t.Errorf("of %d watches %d ended within %s", begun, ended, took.Round(time.Second))
	}
}

// granted are the rights of the control plane's role: resource and verb.
func (s *system) granted() []string {
	s.t.Helper()
	role, err := s.Client.RbacV1().Roles(namespace).Get(s.t.Context(), "inflect", metav1.GetOptions{})
	s.must(err)
	var out []string
	for _, rule := range role.Rules {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				out = append(out, resource+" "+verb)
			}
		}
	}
	sort.Strings(out)
	return out
}
