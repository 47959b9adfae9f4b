// Package kube makes workloads of pipelines: for each one a ConfigMap with its stream config, a Deployment of engines
// that run it, a KEDA ScaledObject that says how many, and, where their APIs are served, a PodDisruptionBudget and a
// PodMonitor.
//
// [Render] is pure and golden-tested. [Cluster] applies what it makes with server-side apply under one field manager and
// removes what carries a pipeline's labels and is wanted no more. What a cached look at the cluster shows to be as it
// was applied last is left alone, so that looking at everything costs no requests.
//
// The pod template does not hold the config, so that a changed pipeline restarts no pod: running pods get the config
// over their streams API by whoever calls this package, which knows them from [Cluster.Pods]; the ConfigMap is for pods
// that start later, control plane or not.
//
// How many pods there are is KEDA's business, by what [Threshold] and [Bounds] say. [Cluster.Workload] shows what came of
// it, and who made it so.
//
// Invariants upheld here: pods run without this process (4), configs are complete (6), a pod runs one pipeline, without
// an account at the API server, as nobody, on a file system it cannot write (7), and secrets are referred to by name (8).
//
// When neighbours fail: the API server away is an Error of CodeUnavailable, to be tried again; what it refuses for good
// is one of CodeInvalid. Without KEDA a pipeline has as many pods as its scaling.min says, at least one and at most one for
// each partition.
package kube
