package kube

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/inflect-dev/inflect/pipeline"
)

// minGrace leaves an engine some time after preStop; maxGrace bounds how long a pod may hold up a node that is to be
// emptied.
const (
	minGrace = preStop + 3*time.Second
	maxGrace = time.Hour
)

// given are the variables that are each pod's own.
var given = []string{envInstance, envPassword}

// check finds what the API server would refuse, by field below root, so that the author learns it when saving.
func (p Pod) check(root string) pipeline.Errors {
	c := &checks{root: root}
	c.quantities("resources.requests", p.Resources.Requests)
	c.quantities("resources.limits", p.Resources.Limits)
	c.pairs("node_selector", p.NodeSelector, validation.IsValidLabelValue)
	c.labels("labels", p.Labels)
	c.pairs("annotations", p.Annotations, func(string) []string { return nil })
	for i, e := range p.Env {
		at := fmt.Sprintf("env[%d]", i)
		c.all(at+".name", validation.IsEnvVarName(e.Name))
		c.that(!slices.Contains(given, e.Name), at+".name", "%s is given to each pod: choose another name", e.Name)
		c.that(!slices.ContainsFunc(p.Env[:i], func(before EnvVar) bool { return before.Name == e.Name }), at+".name", "%s is there twice: leave one out", e.Name)
		c.that(e.Value == "" || e.Secret == nil, at, "has a value and a secret: leave one out")
		if e.Secret != nil {
			c.all(at+".secret.name", validation.IsDNS1123Subdomain(e.Secret.Name))
			c.all(at+".secret.key", validation.IsConfigMapKey(e.Secret.Key))
		}
	}
	for i, t := range p.Tolerations {
		at := fmt.Sprintf("tolerations[%d]", i)
		c.that(t.Operator == "" || t.Operator == corev1.TolerationOpEqual || t.Operator == corev1.TolerationOpExists, at+".operator",
			"is %q, but must be Equal or Exists", t.Operator)
		c.that(slices.Contains([]corev1.TaintEffect{"", corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute}, t.Effect),
			at+".effect", "is %q, but must be NoSchedule, PreferNoSchedule or NoExecute", t.Effect)
		c.that(t.Key != "" || t.Operator == corev1.TolerationOpExists, at+".operator", "must be Exists without a key")
		c.that(t.Value == "" || t.Operator != corev1.TolerationOpExists, at+".value", "must be empty where the operator is Exists")
		c.that(t.TolerationSeconds == nil || t.Effect == corev1.TaintEffectNoExecute, at+".tolerationSeconds", "is for the effect NoExecute alone")
	}
	if p.ServiceAccount != "" {
		c.all("service_account", validation.IsDNS1123Subdomain(p.ServiceAccount))
	}
	c.that(!strings.ContainsAny(p.Image, " \t\r\n"), "image", "holds white space")
	c.that(slices.Contains([]corev1.PullPolicy{"", corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever}, p.ImagePullPolicy), "image_pull_policy",
		"is %q, but must be Always, IfNotPresent or Never", p.ImagePullPolicy)
	c.that(p.Grace == 0 || time.Duration(p.Grace) >= minGrace && time.Duration(p.Grace) <= maxGrace, "grace", "must be between %s and %s", minGrace, maxGrace)
	return c.errs
}

// checkTogether finds what is wrong with a pod as a whole, whose quantities are some.
func (p Pod) checkTogether(root string) pipeline.Errors {
	c := &checks{root: root}
	for _, name := range slices.Sorted(maps.Keys(p.Resources.Requests)) {
		limit, ok := p.Resources.Limits[name]
		if !ok {
			continue
		}
		least, most := resource.MustParse(p.Resources.Requests[name]), resource.MustParse(limit)
		c.that(least.Cmp(most) <= 0, "resources.requests."+name, "is %s, more than the limit of %s", p.Resources.Requests[name], limit)
	}
	return c.errs
}

// reserved are the names of labels that this package gives.
func reserved(key string) bool {
	return strings.HasPrefix(key, "app.kubernetes.io/") || strings.HasPrefix(key, domain)
}

type checks struct {
	root string
	errs pipeline.Errors
}

func (c *checks) that(ok bool, field, format string, args ...any) {
	if !ok {
		c.errs = append(c.errs, pipeline.Errorf(pipeline.CodeInvalid, c.root+"."+field, format, args...))
	}
}

func (c *checks) all(field string, problems []string) {
	for _, p := range problems {
		c.that(false, field, "%s", p)
	}
}

func (c *checks) quantities(field string, m map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		_, err := resource.ParseQuantity(m[name])
		c.that(err == nil, field+"."+name, "is %q, but must be a quantity like 500m or 1Gi", m[name])
		c.all(field+"."+name, validation.IsQualifiedName(name))
	}
}

func (c *checks) labels(field string, m map[string]string) {
	c.pairs(field, m, validation.IsValidLabelValue)
	for _, key := range slices.Sorted(maps.Keys(m)) {
		c.that(!reserved(key), field+"."+key, "is a label of ours: choose another name")
	}
}

func (c *checks) pairs(field string, m map[string]string, value func(string) []string) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		c.all(field+"."+key, validation.IsQualifiedName(strings.ToLower(key)))
		c.all(field+"."+key, value(m[key]))
	}
}
