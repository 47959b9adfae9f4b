package kube

import "github.com/inflect-dev/inflect/pipeline"

// domain is that of labels and annotations of ours.
const domain = "inflect.dev/"

const (
	labelPipeline  = domain + "pipeline"
	labelManagedBy = "app.kubernetes.io/managed-by"
	managedBy      = "inflect"
	labelName      = "app.kubernetes.io/name"
	engineName     = "inflect-engine"
	labelInstance  = "app.kubernetes.io/instance"

	annotationRevision = domain + "revision"
	annotationRate     = domain + "measured-rate"
	annotationHash     = domain + "applied"
	annotationPaused   = "autoscaling.keda.sh/paused-replicas"

	// manager owns the fields that are applied.
	manager = "inflect"
)

// ObjectName is the name of a pipeline's objects. A pipeline's name is a DNS label of at most 63 bytes, and Deployments
// may have up to 253, but the names of pods and of KEDA's HPA come of it, and labels with the name hold 63 at most.
func ObjectName(name string) string { return "inflect-" + name }

// labels are those by which a pipeline's objects are found, and pruned. They are a Deployment's selector as well, which
// can never be changed.
func selector(name string) map[string]string {
	return map[string]string{labelManagedBy: managedBy, labelPipeline: name}
}

func labels(p pipeline.Pipeline) map[string]string {
	l := selector(p.Name)
	l[labelName], l[labelInstance] = engineName, p.Name
	return l
}
