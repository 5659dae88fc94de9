// Package podnet joins pods to the cluster's bridge, by netlink alone.
package podnet
