package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"labs/engine/internal/image"
)

// systemLinks are links into /usr on machines with one merged /usr, and folders on others.
var systemLinks = []string{"bin", "sbin", "lib", "lib32", "lib64", "libx32"}

// gpuTool is where containers with simulated GPUs are shown nvidia-smi: a link leads there from a folder on PATH that is
// read-only in them. In other containers it leads nowhere, and so the command is not found.
const gpuTool = "/run/nvidia/bin/nvidia-smi"

// System shows the machine's programs read-only below root: /usr, its links, and in place of /usr/local the course's Python.
func System(root string, python image.Python) error {
	if err := Bind("/usr", filepath.Join(root, "usr")); err != nil {
		return err
	}
	if err := pythonAt(filepath.Join(root, "usr/local"), python); err != nil {
		return err
	}
	if err := ReadOnly(filepath.Join(root, "usr"), true); err != nil {
		return err
	}
	return links(root)
}

// Share shows, below a container's root, the system of the node that this process sees.
func Share(root string) error {
	if err := BindReadOnly("/usr", filepath.Join(root, "usr")); err != nil {
		return err
	}
	return links(root)
}

func links(root string) error {
	for _, name := range systemLinks {
		source := filepath.Join("/", name)
		info, err := os.Lstat(source)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			err = BindReadOnly(source, filepath.Join(root, name))
		} else {
			err = copyLink(source, filepath.Join(root, name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyLink(source, target string) error {
	to, err := os.Readlink(source)
	if err != nil {
		return err
	}
	if err := os.Symlink(to, target); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// pythonAt puts the interpreter below local, an empty folder in place of the machine's own /usr/local. Of its folder only
// bin/python and lib are shown: configuration files of pip and conda lie beside them. Its installed packages are hidden.
func pythonAt(local string, python image.Python) error {
	if err := Empty(local, "1m"); err != nil {
		return err
	}
	for _, name := range []string{"bin", "lib", "share"} {
		if err := os.Mkdir(filepath.Join(local, name), 0o755); err != nil {
			return err
		}
	}
	executable, err := filepath.EvalSymlinks(python.Executable)
	if err != nil {
		return err
	}
	name := "python" + minor(python.Version)
	if err := os.Symlink(gpuTool, filepath.Join(local, "bin/nvidia-smi")); err != nil {
		return err
	}
	if strings.HasPrefix(executable, "/usr/") && !strings.HasPrefix(executable, "/usr/local/") {
		return errors.Join(packageFolders(filepath.Join(local, "lib", name)), namesOf(filepath.Join(local, "bin"), executable))
	}
	if err := Bind(executable, filepath.Join(local, "bin", name)); err != nil {
		return err
	}
	if err := Bind(filepath.Join(python.Prefix, "lib"), filepath.Join(local, "lib")); err != nil {
		return err
	}
	if err := hide(filepath.Join(local, "lib", name, "site-packages")); err != nil {
		return err
	}
	return namesOf(filepath.Join(local, "bin"), name)
}

// packageFolders are where a distribution's own interpreter looks for what is installed beside it.
func packageFolders(library string) error {
	return errors.Join(
		os.MkdirAll(filepath.Join(library, "site-packages"), 0o755), os.MkdirAll(filepath.Join(library, "dist-packages"), 0o755),
	)
}

func namesOf(bin, executable string) error {
	return errors.Join(
		os.Symlink(executable, filepath.Join(bin, "python")),
		os.Symlink(executable, filepath.Join(bin, "python3")),
	)
}

func hide(folder string) error {
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return Empty(folder, "4k")
}

func minor(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return version
	}
	return parts[0] + "." + parts[1]
}
