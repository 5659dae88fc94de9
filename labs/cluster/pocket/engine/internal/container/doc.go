// Package container starts processes inside a pod's namespaces: a container's first process, and later ones by exec. Both
// are programs of their own, because namespaces and capabilities belong to a process.
package container
