package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"labs/engine/internal/image"
)

// Layer mounts a root on target whose files are those of snapshot, and whose changes are gone with it. Where overlays are
// refused the files are copied.
func Layer(snapshot, target, size string) (string, error) {
	if err := Empty(target, size); err != nil {
		return "", err
	}
	root := filepath.Join(target, "root")
	for _, name := range []string{"root", "upper", "work"} {
		if err := os.Mkdir(filepath.Join(target, name), 0o755); err != nil {
			return "", err
		}
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%s/work", snapshot, target, target)
	for _, extra := range []string{",userxattr", ""} {
		if err := unix.Mount("overlay", root, "overlay", unix.MS_NODEV, options+extra); err == nil {
			return root, nil
		}
	}
	if err := image.Clone(snapshot, root, false); err != nil {
		return "", fmt.Errorf("copy the image's files: %w", err)
	}
	return root, unix.Mount(root, root, "", unix.MS_BIND, "")
}

// Plain refuses an image that has links where folders of the kernel and of ours are to be mounted.
func Plain(root string) error {
	for _, name := range []string{"dev", "proc", "sys", "etc", "usr", "usr/local", "run"} {
		info, err := os.Lstat(filepath.Join(root, name))
		if err == nil && !info.IsDir() {
			return fmt.Errorf("the image's /%s is not a folder", name)
		}
	}
	return nil
}

// Machine shows the machine's programs, as system does, in the root of an image that was made on a stand-in. The image's own
// /usr/local stays: beside its programs those of the interpreter are shown, its installed packages are those of the image.
func Machine(root string, system func(root string) error) error {
	own := filepath.Join(root, "usr/local")
	if err := os.MkdirAll(own, 0o755); err != nil {
		return err
	}
	local, err := pick(own)
	if err != nil {
		return err
	}
	defer local.drop()
	if err := system(root); err != nil {
		return err
	}
	added, err := interpreter(own)
	if err != nil {
		return err
	}
	defer added.drop()
	if err := local.show(own); err != nil {
		return err
	}
	return added.into(own)
}

// MachineFiles shows the machine's certificates and the like in /etc of an image that was made on a stand-in.
func MachineFiles(root string) error { return machineEtc(filepath.Join(root, "etc"), BindReadOnly) }

// Prepare makes the usual folders and the files of /etc: what an image made on a stand-in begins with.
func Prepare(root string) error {
	return errors.Join(Folders(root), writeEtc(filepath.Join(root, "etc")))
}

// picked is a mount that can be shown elsewhere.
type picked struct{ file *os.File }

func pick(path string) (picked, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.AT_RECURSIVE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return picked{}, fmt.Errorf("take %s along: %w", path, err)
	}
	return picked{os.NewFile(uintptr(fd), path)}, nil
}

func (p picked) show(target string) error {
	err := unix.MoveMount(int(p.file.Fd()), "", unix.AT_FDCWD, target, unix.MOVE_MOUNT_F_EMPTY_PATH)
	if err != nil {
		return fmt.Errorf("show %s at %s: %w", p.file.Name(), target, err)
	}
	return nil
}

func (p picked) drop() { _ = p.file.Close() }

// parts are what the interpreter has below /usr/local.
type parts struct {
	library  picked
	programs map[string]picked
	links    map[string]string
	packages []string
}

func interpreter(local string) (*parts, error) {
	p := &parts{programs: map[string]picked{}, links: map[string]string{}}
	var err error
	if p.library, err = pick(filepath.Join(local, "lib")); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(local, "bin"))
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		path := filepath.Join(local, "bin", entry.Name())
		if entry.Type()&fs.ModeSymlink != 0 {
			p.links[entry.Name()], err = os.Readlink(path)
		} else {
			p.programs[entry.Name()], err = pick(path)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"site-packages", "dist-packages"} {
		found, err := filepath.Glob(filepath.Join(local, "lib/python3*", name))
		if err != nil {
			return nil, err
		}
		for _, path := range found {
			below, err := filepath.Rel(local, path)
			if err != nil {
				return nil, err
			}
			p.packages = append(p.packages, below)
		}
	}
	return p, nil
}

func (p *parts) drop() {
	p.library.drop()
	for _, one := range p.programs {
		one.drop()
	}
}

// into shows the parts in local, an image's own /usr/local.
func (p *parts) into(local string) error {
	packages := map[string]picked{}
	for _, name := range p.packages {
		own := filepath.Join(local, name)
		if err := os.MkdirAll(own, 0o755); err != nil {
			return err
		}
		taken, err := pick(own)
		if err != nil {
			return err
		}
		defer taken.drop()
		packages[name] = taken
	}
	for _, name := range []string{"bin", "lib"} {
		if err := os.MkdirAll(filepath.Join(local, name), 0o755); err != nil {
			return err
		}
	}
	if err := p.library.show(filepath.Join(local, "lib")); err != nil {
		return err
	}
	for name, one := range packages {
		if err := one.show(filepath.Join(local, name)); err != nil {
			return err
		}
	}
	return p.commands(filepath.Join(local, "bin"))
}

func (p *parts) commands(bin string) error {
	for name, one := range p.programs {
		path := filepath.Join(bin, name)
		if err := mountPoint(path, false); err != nil {
			return err
		}
		if err := one.show(path); err != nil {
			return err
		}
	}
	for name, to := range p.links {
		if err := os.Symlink(to, filepath.Join(bin, name)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}
