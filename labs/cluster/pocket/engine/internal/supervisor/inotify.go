package supervisor

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// The control plane watches files with this many inotify instances, and each node with so many more (counted).
const (
	controlWatches = 15
	nodeWatches    = 6
)

// checkWatches finds out, by taking and returning them, whether this account has enough inotify instances left. Kubelets
// that get none do not become ready, and say so only in their logs.
func checkWatches(nodes int) error {
	return haveWatches(controlWatches+nodeWatches*nodes, func() (int, error) { return unix.InotifyInit1(unix.IN_CLOEXEC) })
}

func haveWatches(needed int, open func() (int, error)) error {
	for had := range needed {
		watch, err := open()
		if err != nil {
			return &Failure{
				"watches-used-up", "Your account has too few inotify instances left on this machine",
				fmt.Sprintf("The cluster watches files with %d of them, and %d are left: %v", needed, had, err),
				"End other clusters or programs that watch files, or: sudo sysctl -w fs.inotify.max_user_instances=512",
			}
		}
		defer unix.Close(watch)
	}
	return nil
}
