// Package pki issues and keeps every certificate of the cluster, and writes the kubeconfig files that carry them.
package pki
