package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"labs/engine/internal/control"
	"labs/engine/internal/node"
	"labs/engine/internal/podnet"
)

// isolate gives the cluster mounts of its own: /proc of its processes, an empty /run, and settings of the kernel that nobody
// in the cluster can write. Folders that are kept lie in the state or engine folder, which may themselves be below /run.
func isolate(kept ...string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := node.ProtectKernelSettings("/proc"); err != nil {
		return err
	}
	if err := emptyRun(kept); err != nil {
		return err
	}
	return os.Mkdir(control.RuntimeDir(), 0o700)
}

func emptyRun(kept []string) error {
	open := map[string]int{}
	for _, path := range kept {
		if resolved, err := filepath.EvalSymlinks(path); err == nil && strings.HasPrefix(resolved+"/", "/run/") {
			fd, err := unix.Open(resolved, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			open[resolved] = fd
		}
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755,size=16m"); err != nil {
		return fmt.Errorf("mount /run: %w", err)
	}
	for path, fd := range open {
		err := os.MkdirAll(path, 0o700)
		if err == nil {
			err = unix.Mount(fmt.Sprintf("/proc/self/fd/%d", fd), path, "", unix.MS_BIND|unix.MS_REC, "")
		}
		if err != nil {
			return fmt.Errorf("keep %s: %w", path, err)
		}
	}
	return nil
}

// configureNetwork raises the loopback device with the addresses of the nodes, and the bridge of the pods.
func configureNetwork(nodes int) error {
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(loopback); err != nil {
		return fmt.Errorf("raise the loopback device: %w", err)
	}
	addresses := []string{control.DNSAddress}
	for i := range nodes {
		addresses = append(addresses, control.NodeAddress(i+1))
	}
	for _, address := range addresses {
		parsed, err := netlink.ParseAddr(address + "/32")
		if err != nil {
			return err
		}
		if err := netlink.AddrAdd(loopback, parsed); err != nil {
			return fmt.Errorf("add the address %s: %w", address, err)
		}
	}
	if err := routePackets(); err != nil {
		return err
	}
	if err := podnet.SetupBridge(podnet.Config{Bridge: control.Bridge, Gateway: control.PodGateway}); err != nil {
		return fmt.Errorf("set up the bridge of the pods: %w", err)
	}
	return podnet.Route(control.Bridge, control.ServiceRange, control.PodGateway)
}

// routePackets lets packets pass from pod to pod, without advice to send them directly: answers must come this way as well.
func routePackets() error {
	for name, value := range map[string]string{"ip_forward": "1", "conf/all/send_redirects": "0", "conf/default/send_redirects": "0"} {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0o600); err != nil {
			return fmt.Errorf("let nodes forward packets: %w", err)
		}
	}
	return nil
}
