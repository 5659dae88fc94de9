// Package supervisor runs the cluster: `up` on the host, and `inner` as PID 1 of the cluster's own namespaces.
//
// The outer supervisor owns what belongs to the host (state folder, lock, port); the inner one owns every process.
// When either ends, for whatever reason, the kernel ends all the rest.
package supervisor
