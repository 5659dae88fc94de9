package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Of the machine, a node has these, read-only: programs and libraries, and the few settings that they need.
var (
	systemFolders  = []string{"bin", "sbin", "lib", "lib32", "lib64", "libx32"}
	systemSettings = []string{
		"alternatives", "ca-certificates", "crypto-policies", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "pki", "ssl",
	}
	devices = []string{"null", "zero", "full", "random", "urandom", "tty"}
)

// enterRoot makes the node's disk the root folder of this process, with what a node needs of the machine, and leaves the
// machine's files behind: nothing of its owner's can be reached any more.
func enterRoot(spec Spec) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := os.MkdirAll(spec.Disk, 0o755); err != nil {
		return err
	}
	if err := os.Chmod(spec.Disk, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(spec.Disk, spec.Disk, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount the node's disk: %w", err)
	}
	root := builder{root: spec.Disk}
	root.ownFolders()
	root.system()
	root.settings(spec)
	root.devices()
	root.bind(spec.Engine, programsDir)
	if prefix := spec.Python.Prefix; prefix != "" && !strings.HasPrefix(prefix+"/", "/usr/") {
		root.bind(prefix, prefix)
	}
	root.mount("proc", "proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	root.bind("/sys", "sys")
	if root.err != nil {
		return fmt.Errorf("build the root of %s: %w", spec.Name, root.err)
	}
	if err := pivot(spec.Disk); err != nil {
		return err
	}
	return ProtectKernelSettings("/proc")
}

func pivot(root string) error {
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("change the root folder: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leave the machine's files: %w", err)
	}
	return os.Chdir("/")
}

// builder fills a root folder. After the first error it does nothing more and keeps the error.
type builder struct {
	root string
	err  error
}

func (b *builder) path(name string) string { return filepath.Join(b.root, name) }

func (b *builder) try(step func() error) {
	if b.err == nil {
		b.err = step()
	}
}

func (b *builder) folder(name string, mode fs.FileMode) {
	b.try(func() error {
		return errors.Join(os.MkdirAll(b.path(name), mode), os.Chmod(b.path(name), mode))
	})
}

func (b *builder) file(name, text string) {
	b.try(func() error { return os.WriteFile(b.path(name), []byte(text), 0o644) })
}

func (b *builder) link(target, name string) {
	b.try(func() error {
		_ = os.Remove(b.path(name))
		return os.Symlink(target, b.path(name))
	})
}

func (b *builder) mount(source, name, kind string, flags uintptr, data string) {
	b.folder(name, 0o755)
	b.try(func() error {
		if err := unix.Mount(source, b.path(name), kind, flags, data); err != nil {
			return fmt.Errorf("mount /%s: %w", name, err)
		}
		return nil
	})
}

func (b *builder) tmpfs(name, options string) {
	b.mount("tmpfs", name, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, options)
}

// bind shows a file or folder of the machine, with all that is mounted below it, read-only.
func (b *builder) bind(source, name string) {
	b.clone(source, name, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID)
}

func (b *builder) clone(source, name string, attributes uint64) {
	b.try(func() error {
		info, err := os.Stat(source)
		if err != nil {
			return err
		}
		if err := mountpoint(b.path(name), info.IsDir()); err != nil {
			return err
		}
		tree, err := unix.OpenTree(unix.AT_FDCWD, source, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
		if err != nil {
			return fmt.Errorf("open %s: %w", source, err)
		}
		defer unix.Close(tree)
		if attributes != 0 {
			wanted := unix.MountAttr{Attr_set: attributes}
			if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &wanted); err != nil {
				return fmt.Errorf("make %s read-only: %w", source, err)
			}
		}
		if err := unix.MoveMount(tree, "", unix.AT_FDCWD, b.path(name), unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
			return fmt.Errorf("mount %s: %w", source, err)
		}
		return nil
	})
}

func mountpoint(path string, folder bool) error {
	if folder {
		return os.MkdirAll(path, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o644)
	if err != nil {
		return err
	}
	return file.Close()
}

func (b *builder) ownFolders() {
	for _, name := range []string{"root", "var", "var/lib", "var/log", "home", "mnt", "opt", "srv", "usr"} {
		b.folder(name, 0o755)
	}
	b.folder("tmp", 0o1777|fs.ModeSticky)
	b.folder("var/tmp", 0o777|fs.ModeSticky)
	b.tmpfs("run", "mode=0755")
	b.tmpfs("etc", "mode=0755")
	b.link("/run", "var/run")
}

func (b *builder) system() {
	b.bind("/usr", "usr")
	for _, name := range systemFolders {
		target, err := os.Readlink("/" + name)
		if err == nil {
			b.link(target, name)
		} else if info, err := os.Stat("/" + name); err == nil && info.IsDir() {
			b.bind("/"+name, name)
		}
	}
	for _, name := range systemSettings {
		source, err := filepath.EvalSymlinks(filepath.Join("/etc", name))
		if err == nil {
			b.bind(source, filepath.Join("etc", name))
		}
	}
}

func (b *builder) settings(spec Spec) {
	b.file("etc/hostname", spec.Name+"\n")
	b.file("etc/hosts", "127.0.0.1 localhost\n"+spec.Address+" "+spec.Name+"\n")
	b.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n")
	b.file("etc/group", "root:x:0:\nnogroup:x:65534:\n")
	b.file("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
	b.file("etc/resolv.conf", "")
	b.file("etc/machine-id", fmt.Sprintf("%032x\n", spec.Index))
	if _, err := os.Stat("/usr/lib/os-release"); err == nil {
		b.link("../usr/lib/os-release", "etc/os-release")
	}
}

func (b *builder) devices() {
	b.tmpfs("dev", "mode=0755,size=64k")
	for _, name := range devices {
		b.clone("/dev/"+name, "dev/"+name, 0)
	}
	b.mount("devpts", "dev/pts", "devpts", unix.MS_NOSUID|unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620")
	b.tmpfs("dev/shm", "mode=1777")
	b.link("pts/ptmx", "dev/ptmx")
	b.link("/proc/self/fd", "dev/fd")
	for number, name := range []string{"stdin", "stdout", "stderr"} {
		b.link(fmt.Sprintf("/proc/self/fd/%d", number), "dev/"+name)
	}
}
