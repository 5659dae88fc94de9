// Package cri is the container runtime of a node: Kubernetes' container runtime interface over namespaced processes.
package cri
