// Package probe finds out, before a cluster is started, whether this machine lets it run, by trying what it will do.
package probe
