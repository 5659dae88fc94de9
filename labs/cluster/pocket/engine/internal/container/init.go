package container

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	securejoin "github.com/cyphar/filepath-securejoin"
	"golang.org/x/sys/unix"

	"labs/engine/internal/rootfs"
)

// RootMount is where a container's root is put together; every container has this folder to itself.
const RootMount = "/run/container-root"

// InitMain is the program container-init: it runs in the namespaces of its container, builds the root, and becomes the command.
func InitMain([]string) int {
	status := openStatus()
	var spec Spec
	if err := json.NewDecoder(os.NewFile(specFile, "spec")).Decode(&spec); err != nil {
		return report(status, fmt.Errorf("read the container's settings: %w", err))
	}
	unix.CloseOnExec(specFile)
	return report(status, become(spec))
}

func become(spec Spec) error {
	unix.Umask(0o022)
	if err := build(spec); err != nil {
		return err
	}
	process := spec.Process
	if err := enterFolder(process.Dir); err != nil {
		return err
	}
	if process.Terminal {
		if err := openTerminal(); err != nil {
			return err
		}
	} else if _, err := unix.Setsid(); err != nil {
		return err
	}
	path, err := lookPath(process)
	if err != nil {
		return err
	}
	if err := dropTo(process, true); err != nil {
		return err
	}
	err = syscall.Exec(path, process.Args, process.Env)
	return fmt.Errorf("exec: %q: %w", process.Args[0], err)
}

func build(spec Spec) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	root, err := begin(spec.Root)
	if err != nil {
		return err
	}
	steps := []func() error{
		func() error { return names(root, spec) },
		func() error { return rootfs.Devices(root, spec.Shm) },
		func() error { return rootfs.Proc(root, true) },
		func() error { return rootfs.Sys(root) },
		func() error { return volumes(root, spec.Mounts) },
		func() error { return rootfs.Pivot(root) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	if !spec.ReadOnlyRoot {
		return nil
	}
	// A working directory that the image does not have is made while that is still possible, as runc does.
	if err := makeFolder(spec.Process.Dir); err != nil {
		return err
	}
	return rootfs.ReadOnly("/", false)
}

// names writes the files of the pod's names. A file of the image is replaced, not written to: it may be a link.
func names(root string, spec Spec) error {
	if spec.ResolvConf == "" {
		return nil
	}
	resolver, err := os.ReadFile(spec.ResolvConf)
	if err != nil {
		return err
	}
	etc := filepath.Join(root, "etc")
	if err := os.MkdirAll(etc, 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{"resolv.conf": string(resolver), "hostname": spec.Hostname + "\n"} {
		path := filepath.Join(etc, name)
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// volumes mounts what the kubelet wants shown. Links in the container's root are followed within it only.
func volumes(root string, mounts []Mount) error {
	for _, mount := range mounts {
		target, err := securejoin.SecureJoin(root, mount.Target)
		if err != nil {
			return err
		}
		show := rootfs.Bind
		if mount.ReadOnly {
			show = rootfs.BindReadOnly
		}
		if err := show(mount.Source, target); err != nil {
			return fmt.Errorf("mount the volume at %s: %w", mount.Target, err)
		}
	}
	return nil
}

func enterFolder(path string) error {
	if err := makeFolder(path); err != nil {
		return err
	}
	if err := unix.Chdir(filepath.Join("/", path)); err != nil {
		return fmt.Errorf("enter the working directory %s: %w", path, err)
	}
	return nil
}

func makeFolder(path string) error {
	if err := os.MkdirAll(filepath.Join("/", path), 0o755); err != nil {
		return fmt.Errorf("make the working directory %s: %w", path, err)
	}
	return nil
}

func lookPath(process Process) (string, error) {
	if len(process.Args) == 0 {
		return "", errors.New("no command specified")
	}
	for _, entry := range process.Env {
		if path, found := strings.CutPrefix(entry, "PATH="); found {
			if err := os.Setenv("PATH", path); err != nil {
				return "", err
			}
		}
	}
	path, err := exec.LookPath(process.Args[0])
	if errors.Is(err, exec.ErrDot) {
		err = nil
	}
	if err == nil {
		return path, nil
	}
	var failed *exec.Error
	if errors.As(err, &failed) && errors.Is(failed.Err, exec.ErrNotFound) {
		return "", fmt.Errorf("exec: %q: executable file not found in $PATH", process.Args[0])
	}
	return "", err
}
