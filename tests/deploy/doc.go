// Package deploy tests what deploy/ holds without a cluster: that its dashboards and alerts ask for metrics that there are,
// that the alerts fire when they should, that transforms reach the control plane in each of the documented ways, and that
// the chart, the kustomize base, the values' schema and the Dockerfile stay in step. tests/kube has a real API server look
// at the manifests.
package deploy
