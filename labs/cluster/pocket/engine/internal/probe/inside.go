package probe

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Inside is what the probe runs in namespaces like the cluster's: it tries, and prints its Results as JSON.
func Inside([]string) int {
	results := []Result{mounts(), bridge(), veth(), overlay()}
	if json.NewEncoder(os.Stdout).Encode(results) != nil {
		return 1
	}
	return 0
}

func mounts() Result {
	result := Result{Name: "mount", Required: true, Found: "tmpfs and /proc can be mounted"}
	err := tryMounts()
	result.OK = err == nil
	if err != nil {
		result.Found, result.Why = "refused", "Mounts inside a user namespace are refused here: "+err.Error()
		result.Next = appArmorNext()
		if inContainer() {
			result.Next = "Start this container with --privileged, or with --security-opt systempaths=unconfined --security-opt apparmor=unconfined"
		}
	}
	return result
}

func tryMounts() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, "size=1m"); err != nil {
		return fmt.Errorf("mount a tmpfs: %w", err)
	}
	return readOnlyTree()
}

// readOnlyTree needs mount_setattr, which is in Linux 5.12 and later.
func readOnlyTree() error {
	target := "/run/usr"
	if err := os.Mkdir(target, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("/usr", target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind /usr: %w", err)
	}
	attributes := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(unix.AT_FDCWD, target, unix.AT_RECURSIVE, &attributes); err != nil {
		return fmt.Errorf("make mounts read-only (Linux 5.12 is needed): %w", err)
	}
	return nil
}

func bridge() Result {
	link := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "probe0"}}
	return device("bridge", netlink.LinkAdd(link))
}

func veth() Result {
	link := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "probe1"}, PeerName: "probe2"}
	return device("veth", netlink.LinkAdd(link))
}

func device(name string, err error) Result {
	result := Result{Name: name, OK: err == nil, Required: true, Found: "can be made"}
	if err != nil {
		result.Found, result.Why = "refused", fmt.Sprintf("A network device of type %s cannot be made: %v", name, err)
		result.Next = "Ask the administrator of this machine to load it: sudo modprobe " + name
	}
	return result
}

func overlay() Result {
	result := Result{Name: "overlay", Found: "can be mounted"}
	err := tryOverlay("/run")
	result.OK = err == nil
	if err != nil {
		result.Found, result.Why = "refused", "Overlay mounts are refused here: "+err.Error()
		result.Next = "No lesson needs them"
	}
	return result
}

func tryOverlay(base string) error {
	options := ""
	for _, name := range []string{"lowerdir", "upperdir", "workdir", "merged"} {
		path := filepath.Join(base, name)
		if err := os.Mkdir(path, 0o755); err != nil {
			return err
		}
		if name != "merged" {
			options += name + "=" + path + ","
		}
	}
	return unix.Mount("overlay", filepath.Join(base, "merged"), "overlay", 0, options[:len(options)-1])
}
