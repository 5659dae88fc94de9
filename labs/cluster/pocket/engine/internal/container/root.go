package container

import (
	"path/filepath"

	"golang.org/x/sys/unix"

	"labs/engine/internal/rootfs"
)

// writable is how much memory a container's own files may take.
const writable = "50%"

// begin makes the root that a container starts with, and returns where it is.
func begin(root Root) (string, error) {
	switch {
	case root.Snapshot == "":
		return RootMount, standIn()
	case root.Build:
		return root.Snapshot, buildRoot(root)
	}
	if err := rootfs.Plain(root.Snapshot); err != nil {
		return "", err
	}
	mounted, err := rootfs.Layer(root.Snapshot, RootMount, writable)
	if err != nil || !root.Machine {
		return mounted, err
	}
	if err := rootfs.Machine(mounted, rootfs.Share); err != nil {
		return "", err
	}
	return mounted, rootfs.MachineFiles(mounted)
}

func standIn() error {
	for _, step := range []func(string) error{
		func(root string) error { return rootfs.Empty(root, writable) }, rootfs.Folders, rootfs.Share, rootfs.Etc,
	} {
		if err := step(RootMount); err != nil {
			return err
		}
	}
	return nil
}

// buildRoot makes a root of the snapshot itself. What is written to /run is not kept.
func buildRoot(root Root) error {
	at := root.Snapshot
	if err := rootfs.Plain(at); err != nil {
		return err
	}
	if err := unix.Mount(at, at, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	if root.Machine {
		system := func(at string) error { return rootfs.System(at, root.Python) }
		if err := rootfs.Machine(at, system); err != nil {
			return err
		}
		if err := rootfs.MachineFiles(at); err != nil {
			return err
		}
	}
	return rootfs.Empty(filepath.Join(at, "run"), "64m")
}
