// Package node is one node of the cluster: PID 1 of its own mount and process namespaces, with a root of its own, that
// serves the container runtime interface and runs a real kubelet as its child.
package node
