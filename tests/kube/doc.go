// Package kube tests Inflect on a real Kubernetes with real KEDA and a real Kafka: see [bed] for what is real. The
// engines are the product's own, as pods; the control plane runs under its own service account with the rights that
// deploy/ gives it.
//
// INFLECT_KUBE_SCALE multiplies the sizes of what is measured: 1 by default, which is meant for every run.
package kube
