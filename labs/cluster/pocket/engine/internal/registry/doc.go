// Package registry pulls images: the host does, asked by the nodes, which have no way out of the cluster.
package registry
