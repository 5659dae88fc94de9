package registry

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	securejoin "github.com/cyphar/filepath-securejoin"
)

const (
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
	mostIDs  = 65536
)

// layer is one layer while it is put onto those below it.
type layer struct {
	root string
	made map[string]bool
}

// extract puts a layer onto the files in root. Nothing is written outside of it, whatever names and links say.
func extract(root string, archive io.Reader) error {
	l := layer{root: root, made: map[string]bool{}}
	files := tar.NewReader(archive)
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := l.entry(header, files); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
}

func (l layer) entry(header *tar.Header, content io.Reader) error {
	for _, part := range strings.Split(header.Name, "/") {
		if part == ".." {
			return errors.New("the name leads out of the image")
		}
	}
	name := path.Clean("/" + header.Name)
	if name == "/" {
		return nil
	}
	folder, err := securejoin.SecureJoin(l.root, path.Dir(name))
	if err != nil {
		return err
	}
	base := path.Base(name)
	if base == opaque {
		return l.hideAll(folder)
	}
	if hidden, found := strings.CutPrefix(base, whiteout); found {
		return os.RemoveAll(filepath.Join(folder, hidden))
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	target := filepath.Join(folder, base)
	l.made[target] = true
	return l.place(header, target, content)
}

// hideAll removes what lower layers have in the folder.
func (l layer) hideAll(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if at := filepath.Join(folder, entry.Name()); !l.made[at] {
			if err := os.RemoveAll(at); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l layer) place(header *tar.Header, target string, content io.Reader) error {
	there, err := os.Lstat(target)
	if err == nil && !(there.IsDir() && header.Typeflag == tar.TypeDir) {
		if err := os.RemoveAll(target); err != nil {
			return err
		}
	}
	switch header.Typeflag {
	case tar.TypeDir:
		if err := os.MkdirAll(target, 0o755); err != nil {
			return err
		}
	case tar.TypeReg:
		if err := write(target, content); err != nil {
			return err
		}
	case tar.TypeSymlink:
		if err := os.Symlink(header.Linkname, target); err != nil {
			return err
		}
	case tar.TypeLink:
		from, err := securejoin.SecureJoin(l.root, header.Linkname)
		if err != nil {
			return err
		}
		return os.Link(from, target)
	default:
		return nil // devices and the like: a container has its own
	}
	return own(target, header)
}

func write(target string, content io.Reader) error {
	file, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, content); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

func own(target string, header *tar.Header) error {
	if os.Geteuid() == 0 && header.Uid < mostIDs && header.Gid < mostIDs {
		if err := os.Lchown(target, header.Uid, header.Gid); err != nil {
			return err
		}
	}
	if header.Typeflag == tar.TypeSymlink {
		return nil
	}
	return os.Chmod(target, header.FileInfo().Mode()&(fs.ModePerm|fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky))
}
