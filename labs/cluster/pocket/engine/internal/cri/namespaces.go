package cri

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// kinds are the namespaces that the containers of a pod share.
var kinds = map[string]int{"net": unix.CLONE_NEWNET, "ipc": unix.CLONE_NEWIPC, "uts": unix.CLONE_NEWUTS}

// pin makes new namespaces and keeps each by a mount of its file in the folder. No process is needed to hold them.
func pin(folder, hostname string, names []string) error {
	return onThread(func() error {
		flags := 0
		for _, name := range names {
			flags |= kinds[name]
		}
		if err := unix.Unshare(flags); err != nil {
			return fmt.Errorf("make the pod's namespaces: %w", err)
		}
		if err := unix.Sethostname([]byte(hostname)); err != nil {
			return fmt.Errorf("set the pod's host name: %w", err)
		}
		for _, name := range names {
			target := filepath.Join(folder, name)
			if err := os.WriteFile(target, nil, 0o600); err != nil {
				return err
			}
			source := fmt.Sprintf("/proc/self/task/%d/ns/%s", unix.Gettid(), name)
			if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
				return fmt.Errorf("keep the pod's %s namespace: %w", name, err)
			}
		}
		return nil
	})
}

func unpin(folder string) {
	for name := range kinds {
		_ = unix.Unmount(filepath.Join(folder, name), unix.MNT_DETACH)
	}
}

// startIn starts the command in the namespaces behind the files: flag by path.
func startIn(namespaces map[string]int, command *exec.Cmd) error {
	return onThread(func() error {
		for path, flag := range namespaces {
			if err := join(path, flag); err != nil {
				return err
			}
		}
		return command.Start()
	})
}

func join(path string, flag int) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := unix.Setns(int(file.Fd()), flag); err != nil {
		return fmt.Errorf("join %s: %w", path, err)
	}
	return nil
}

// onThread acts on a thread of its own, which ends with the act: namespaces that it took part in are its alone.
func onThread(act func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		result <- act()
	}()
	return <-result
}
