package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"labs/engine/internal/image"
	"labs/engine/internal/rootfs"
)

// enterRoot makes the node's disk the root folder of this process, with the machine's programs shown in it read-only, and
// leaves the machine's files behind: nothing of its owner's can be reached any more.
func enterRoot(spec Spec) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := prepareDisk(spec.Disk); err != nil {
		return fmt.Errorf("prepare the disk of %s: %w", spec.Name, err)
	}
	if err := fillRoot(spec); err != nil {
		return fmt.Errorf("build the root of %s: %w", spec.Name, err)
	}
	if err := rootfs.Pivot(spec.Disk); err != nil {
		return err
	}
	return ProtectKernelSettings("/proc")
}

// prepareDisk mounts the disk onto itself, because only a mount can become a root. It removes the links of an earlier
// start: the machine's programs may lie elsewhere now.
func prepareDisk(disk string) error {
	if err := os.MkdirAll(disk, 0o755); err != nil {
		return err
	}
	if err := os.Chmod(disk, 0o755); err != nil {
		return err
	}
	for _, pattern := range []string{"*", "var/run"} {
		found, err := filepath.Glob(filepath.Join(disk, pattern))
		if err != nil {
			return err
		}
		if err := removeLinks(found); err != nil {
			return err
		}
	}
	return unix.Mount(disk, disk, "", unix.MS_BIND, "")
}

func removeLinks(paths []string) error {
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

func fillRoot(spec Spec) error {
	root := spec.Disk
	inside := func(name string) string { return filepath.Join(root, name) }
	steps := []func() error{
		func() error { return rootfs.Folders(root) },
		func() error { return rootfs.Empty(inside("run"), "64m") },
		func() error { return rootfs.Empty(inside("etc"), "8m") },
		func() error { return rootfs.System(root, image.Python(spec.Python)) },
		func() error { return rootfs.NodeEtc(root) },
		func() error { return nameNode(inside("etc"), spec) },
		func() error { return rootfs.Devices(root, "") },
		func() error { return rootfs.BindReadOnly(spec.Engine, inside(programsDir)) },
		func() error { return rootfs.BindReadOnly(spec.Images, inside(imagesDir)) },
		// The kubelet looks for the machine's cgroups here, so it is not a new one.
		func() error { return rootfs.BindReadOnly("/sys", inside("sys")) },
		func() error { return rootfs.Proc(root, false) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func nameNode(etc string, spec Spec) error {
	write := func(name, text string) error { return os.WriteFile(filepath.Join(etc, name), []byte(text), 0o644) }
	err := errors.Join(
		write("hostname", spec.Name+"\n"),
		write("hosts", "127.0.0.1\tlocalhost\n"+spec.Address+"\t"+spec.Name+"\n"),
		write("machine-id", fmt.Sprintf("%032x\n", spec.Index)),
	)
	if _, missing := os.Stat("/usr/lib/os-release"); missing == nil {
		err = errors.Join(err, os.Symlink("../usr/lib/os-release", filepath.Join(etc, "os-release")))
	}
	return err
}
