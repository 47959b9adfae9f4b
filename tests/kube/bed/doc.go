// Package bed is a Kubernetes for tests, without containers: etcd, the API server, the controller manager and KEDA are
// the real ones, as processes of this machine; what stands in for scheduler, kubelet and container runtime is [Node],
// which runs a pod's command as a process. There may be several, which can be lost and cut off: they renew leases as kubelets
// do, and it is the real controllers that miss them. In place of a metrics server, pods' use is read off their processes.
//
// A pod gets an address of its own out of 127.0.0.0/8, so that all pods may listen on the same ports, as in a cluster. Its
// volumes are folders of files; where a pod's arguments and environment name the path of a mount, or a port without an
// address, they are given the folder and the pod's address instead. Probes, preStop and the grace period are kept to.
// There is no isolation of files, no image, and a security context is looked at by nobody: those are tested elsewhere.
//
// The programs are built once by tests/setup.
package bed
