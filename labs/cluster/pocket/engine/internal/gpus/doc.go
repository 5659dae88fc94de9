// Package gpus serves the cards that the ConfigMap gpu-fleet gives to a node: to the kubelet as a device plugin or as a DRA
// driver, to everybody else as labels, a taint and the amounts in the node's status.
package gpus
