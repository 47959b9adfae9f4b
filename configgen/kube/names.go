package kube

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/inflect-dev/inflect/pipeline"
)

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
	annotationPaused   = "autoscaling.keda.sh/paused-replicas"

	// manager owns the fields that are applied, and keeper a number of pods that is left to an autoscaler.
	manager = "inflect"
	keeper  = "inflect-keeper"
)

// maxName is the most that a label's value may hold: KEDA writes a ScaledObject's name into one.
const maxName = 63

// ObjectName is the name of a pipeline's objects. A name that gets too long is cut, and told apart by a hash.
func ObjectName(name string) string {
	full := "inflect-" + name
	if len(full) <= maxName {
		return full
	}
	sum := sha256.Sum256([]byte(name))
	tail := "-" + hex.EncodeToString(sum[:5])
	return strings.TrimRight(full[:maxName-len(tail)], "-") + tail
}

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
