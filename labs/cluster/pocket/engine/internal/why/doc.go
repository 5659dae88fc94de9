// Package why says of a Pod, node by node, what keeps it from there: the scheduler's own plugins, run on a snapshot.
package why
