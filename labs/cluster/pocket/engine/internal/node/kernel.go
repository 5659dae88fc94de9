package node

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ProtectKernelSettings makes proc/sys read-only, its `net` folder excepted, which belongs to the cluster's own network.
// The kubelet would otherwise change settings of the machine itself.
func ProtectKernelSettings(proc string) error {
	const safe = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	sys, network := filepath.Join(proc, "sys"), filepath.Join(proc, "sys/net")
	err := errors.Join(
		unix.Mount(sys, sys, "", unix.MS_BIND, ""),
		unix.Mount(network, network, "", unix.MS_BIND, ""),
		unix.Mount("", sys, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|safe, ""),
	)
	if err != nil {
		return fmt.Errorf("make %s read-only: %w", sys, err)
	}
	return nil
}
