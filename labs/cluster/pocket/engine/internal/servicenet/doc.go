// Package servicenet gives Services their addresses: it follows the Services and EndpointSlices of the cluster and has the
// kernel translate connections to them, as kube-proxy does.
package servicenet
