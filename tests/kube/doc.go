// Package kube tests Inflect on a real Kubernetes with real KEDA and a real Kafka: see [bed] for what is real. The
// engines are the product's own, as pods; the control plane runs under its own service account with the rights that
// deploy/ gives it.
//
// Each test has a cluster of its own, since some take one apart, and they run side by side, but for the one that measures
// pods. Most of their time they wait: for cooldowns, sessions and nodes that are given up. Sizes are meant for every run;
// INFLECT_KUBE_SCALE multiplies those of what is measured: 25 is a million events, and 500 pipelines. What they measure
// goes to their log, and stands for proportions, as broker, cluster and pods share the machine.
package kube
