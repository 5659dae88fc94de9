package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

var devices = []string{"null", "zero", "full", "random", "urandom", "tty"}

var deviceLinks = map[string]string{
	"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
	"ptmx": "pts/ptmx",
}

// Devices makes /dev below root: single harmless devices, terminals of its own, and shm, a folder to show at /dev/shm or
// "" for an empty one.
func Devices(root, shm string) error {
	dev := filepath.Join(root, "dev")
	if err := Empty(dev, "64k"); err != nil {
		return err
	}
	for _, name := range devices {
		if err := Bind(filepath.Join("/dev", name), filepath.Join(dev, name)); err != nil {
			return err
		}
	}
	for name, to := range deviceLinks {
		if err := os.Symlink(to, filepath.Join(dev, name)); err != nil {
			return err
		}
	}
	if err := terminals(filepath.Join(dev, "pts")); err != nil {
		return err
	}
	if shm == "" {
		return Shared(filepath.Join(dev, "shm"))
	}
	return Bind(shm, filepath.Join(dev, "shm"))
}

// Shared mounts memory that processes share, with the size that container runtimes give by default.
func Shared(target string) error {
	if err := os.MkdirAll(target, 0o1777); err != nil {
		return err
	}
	return unix.Mount("shm", target, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=1777,size=64m")
}

func terminals(target string) error {
	if err := os.Mkdir(target, 0o755); err != nil {
		return err
	}
	const flags = unix.MS_NOSUID | unix.MS_NOEXEC
	err := unix.Mount("devpts", target, "devpts", flags, "newinstance,ptmxmode=0666,mode=0620,gid=5")
	if errors.Is(err, unix.EINVAL) {
		err = unix.Mount("devpts", target, "devpts", flags, "newinstance,ptmxmode=0666,mode=0620")
	}
	if err != nil {
		return fmt.Errorf("mount terminals: %w", err)
	}
	return nil
}

// Files of /proc that show or change the machine as a whole.
var (
	maskedProc   = []string{"kcore", "keys", "timer_list", "sched_debug", "latency_stats", "sysrq-trigger", "kmsg", "acpi", "scsi", "interrupts"}
	readOnlyProc = []string{"sys", "bus", "fs", "irq"}
)

// Proc mounts /proc of this process's PID namespace below root. A container's has its dangerous files masked.
func Proc(root string, masked bool) error {
	proc := filepath.Join(root, "proc")
	if err := os.MkdirAll(proc, 0o555); err != nil {
		return err
	}
	if err := unix.Mount("proc", proc, "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if !masked {
		return nil
	}
	for _, name := range readOnlyProc {
		path := filepath.Join(proc, name)
		if err := whereThere(path, func(fs.FileInfo) error { return BindReadOnly(path, path) }); err != nil {
			return err
		}
	}
	return mask(proc, maskedProc)
}

func mask(folder string, names []string) error {
	for _, name := range names {
		path := filepath.Join(folder, name)
		err := whereThere(path, func(info fs.FileInfo) error {
			if info.IsDir() {
				return unix.Mount("tmpfs", path, "tmpfs", unix.MS_RDONLY, "size=0")
			}
			return unix.Mount("/dev/null", path, "", unix.MS_BIND, "")
		})
		if err != nil {
			return fmt.Errorf("mask %s: %w", path, err)
		}
	}
	return nil
}

func whereThere(path string, act func(fs.FileInfo) error) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	return act(info)
}

var maskedSys = []string{"firmware", "fs/bpf", "kernel/debug", "kernel/tracing", "kernel/security"}

// Sys shows /sys below root, read-only. Where the namespaces permit, it is a new one that shows only this network's devices.
func Sys(root string) error {
	sys := filepath.Join(root, "sys")
	if err := os.MkdirAll(sys, 0o555); err != nil {
		return err
	}
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_RDONLY
	if err := unix.Mount("sysfs", sys, "sysfs", flags, ""); err == nil {
		return mask(sys, maskedSys)
	}
	if err := BindReadOnly("/sys", sys); err != nil {
		return err
	}
	return mask(sys, maskedSys)
}

// Folders makes the usual empty folders and links below root.
func Folders(root string) error {
	for name, mode := range map[string]os.FileMode{
		"tmp": 0o777 | os.ModeSticky, "run": 0o755, "root": 0o700, "home": 0o755, "var/log": 0o755, "var/lib": 0o755,
		"var/cache": 0o755, "var/tmp": 0o777 | os.ModeSticky, "mnt": 0o755, "opt": 0o755, "srv": 0o755, "media": 0o755,
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		if err := os.Chmod(path, mode); err != nil {
			return err
		}
	}
	return os.Symlink("/run", filepath.Join(root, "var/run"))
}
