package image

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Clone fills the empty folder to with the files of from: as links to the same content, which must then never be written to
// but only be replaced, or as copies.
func Clone(from, to string, link bool) error {
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		switch {
		case entry.IsDir():
			return makeFolder(target, info)
		case link:
			return os.Link(path, target)
		default:
			return CopyFile(path, target, info)
		}
	})
	return err
}

func makeFolder(target string, info fs.FileInfo) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	return alike(target, info)
}

// CopyFile copies a file or a link to where there is nothing; a device or a socket is left away.
func CopyFile(source, target string, info fs.FileInfo) error {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		to, err := os.Readlink(source)
		if err != nil {
			return err
		}
		return os.Symlink(to, target)
	case !info.Mode().IsRegular():
		return nil
	}
	from, err := os.Open(source)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := to.ReadFrom(from); err != nil {
		to.Close()
		return err
	}
	if err := to.Close(); err != nil {
		return err
	}
	if err := alike(target, info); err != nil {
		return err
	}
	return os.Chtimes(target, info.ModTime(), info.ModTime())
}

// alike gives target the owner, where that is possible, and then the mode of what it was made from.
func alike(target string, info fs.FileInfo) error {
	if owner, known := info.Sys().(*syscall.Stat_t); known && os.Geteuid() == 0 {
		if err := os.Lchown(target, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	return os.Chmod(target, info.Mode()&(fs.ModePerm|fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky))
}
