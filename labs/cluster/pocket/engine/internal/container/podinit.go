package container

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// PodInitMain is process 1 of a pod whose containers share their processes. It collects orphans until it is told to end.
func PodInitMain([]string) int {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, unix.SIGCHLD, unix.SIGTERM, unix.SIGINT)
	for received := range signals {
		if received != unix.SIGCHLD {
			return 0
		}
		for {
			if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
	return 0
}
