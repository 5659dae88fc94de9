package builder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	securejoin "github.com/cyphar/filepath-securejoin"

	"labs/engine/internal/dockerfile"
	"labs/engine/internal/image"
)

// source is a file or folder to copy: where it is, and what it was called.
type source struct {
	path string
	name string
	// skip tells whether a path below it is left away.
	skip func(path string) bool
}

func (b *build) copy(one dockerfile.Instruction) error {
	words := one.Exec
	if words == nil {
		var err error
		if words, err = dockerfile.Words(one.Args, b.lookup); err != nil {
			return one.Errorf("%v", err)
		}
	}
	if len(words) < 2 {
		return one.Errorf("COPY wants what to copy and where to, not %q", one.Args)
	}
	last := len(words) - 1
	sources, err := b.sources(one, words[:last])
	if err != nil {
		return err
	}
	into := words[last]
	if len(sources) > 1 && !strings.HasSuffix(into, "/") && into != "." {
		return one.Errorf("several files are copied, so the target must be a folder: %s/", into)
	}
	target := absolute(into, b.now().image.Dir)
	if folder := strings.HasSuffix(into, "/") || into == "." || into == ".."; folder {
		target = strings.TrimSuffix(target, "/") + "/"
	}
	digest, err := digestOf(sources)
	if err != nil {
		return one.Errorf("%v", err)
	}
	return b.change(key("COPY", b.now().image.Snapshot, target, digest), true, func(root string) error {
		for _, from := range sources {
			if err := b.place(one, from, root, target); err != nil {
				return err
			}
		}
		return nil
	})
}

// sources finds what the patterns mean, in the context or in the files of another stage or image.
func (b *build) sources(one dockerfile.Instruction, patterns []string) ([]source, error) {
	root, skip, where := b.Context, b.ignore.skips, "the build context"
	if name := one.Flags["from"]; name != "" {
		from, err := b.base(one, name)
		if err != nil {
			return nil, err
		}
		root, skip, where = b.Library.Root(from.Snapshot), func(string) bool { return false }, name
	}
	var all []source
	for _, pattern := range patterns {
		found, err := match(root, pattern, one.Flags["from"] != "", skip)
		if errors.Is(err, errOutside) {
			return nil, one.Errorf("COPY %s: that is outside of %s, the folder that is built; copy it in there first", pattern, where)
		}
		if err != nil {
			return nil, one.Errorf("COPY %s: %v", pattern, err)
		}
		if len(found) == 0 {
			return nil, one.Errorf("COPY %s: there is no such file in %s", pattern, where)
		}
		all = append(all, found...)
	}
	return all, nil
}

var errOutside = errors.New("outside")

func match(root, pattern string, rooted bool, skip func(string) bool) ([]source, error) {
	clean := path.Clean(strings.TrimPrefix(pattern, "/"))
	if clean == ".." || strings.HasPrefix(clean, "../") {
		return nil, errOutside
	}
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(root, clean))
	if err != nil {
		return nil, err
	}
	var all []source
	for _, one := range paths {
		name, err := filepath.Rel(root, one)
		if err != nil {
			return nil, err
		}
		if skip(name) {
			continue
		}
		real, err := resolve(root, name, rooted)
		if err != nil {
			return nil, err
		}
		below := func(path string) bool { return skip(filepath.Join(name, path)) }
		all = append(all, source{path: real, name: filepath.Base(one), skip: below})
	}
	return all, nil
}

// resolve follows links. Those of the context must not lead out of it; those of an image are followed within it.
func resolve(root, name string, rooted bool) (string, error) {
	if rooted {
		return securejoin.SecureJoin(root, name)
	}
	real, err := filepath.EvalSymlinks(filepath.Join(root, name))
	if err != nil {
		return "", err
	}
	if real != root && !strings.HasPrefix(real, root+"/") {
		return "", errOutside
	}
	return real, nil
}

// digestOf changes with any name, mode or byte of the sources.
func digestOf(sources []source) (string, error) {
	sum := sha256.New()
	for _, from := range sources {
		err := from.walk(func(name, path string, info fs.FileInfo) error {
			fmt.Fprintf(sum, "%q %q %o ", from.name, name, info.Mode())
			if info.Mode()&fs.ModeSymlink != 0 {
				to, err := os.Readlink(path)
				fmt.Fprintf(sum, "%q\n", to)
				return err
			}
			if !info.Mode().IsRegular() {
				fmt.Fprintln(sum)
				return nil
			}
			file, err := os.Open(path)
			if err != nil {
				return err
			}
			defer file.Close()
			content := sha256.New()
			_, err = io.Copy(content, file)
			fmt.Fprintf(sum, "%x\n", content.Sum(nil))
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (s source) walk(visit func(name, path string, info fs.FileInfo) error) error {
	return filepath.WalkDir(s.path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(s.path, path)
		if err != nil {
			return err
		}
		if name != "." && s.skip(name) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return visit(name, path, info)
	})
}

// place copies one source: a folder's content, or a file into a folder or as the target.
func (b *build) place(one dockerfile.Instruction, from source, root, target string) error {
	info, err := os.Stat(from.path)
	if err != nil {
		return err
	}
	at, err := securejoin.SecureJoin(root, target)
	if err != nil {
		return err
	}
	if there, err := os.Stat(at); !info.IsDir() && (strings.HasSuffix(target, "/") || err == nil && there.IsDir()) {
		at = filepath.Join(at, from.name)
	}
	inside, err := filepath.Rel(root, at)
	if err != nil {
		return err
	}
	if b.now().image.Machine && hidden(inside) {
		return one.Errorf("COPY to /%s: this image is made on a stand-in, whose /usr is this machine's own and cannot be changed; only /usr/local can", inside)
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	return from.walk(func(name, path string, info fs.FileInfo) error {
		target, err := securejoin.SecureJoin(at, name)
		if err != nil {
			return err
		}
		if info.IsDir() {
			return folder(target, info)
		}
		if err := os.RemoveAll(target); err != nil {
			return err
		}
		return image.CopyFile(path, target, info)
	})
}

func folder(target string, info fs.FileInfo) error {
	if there, err := os.Lstat(target); err == nil && !there.IsDir() {
		return fmt.Errorf("%s is a file, and a folder is copied there", there.Name())
	}
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	return os.Chmod(target, info.Mode().Perm())
}

// hidden tells whether the machine's programs would cover a path.
func hidden(path string) bool {
	first, below, _ := strings.Cut(path, "/")
	switch first {
	case "bin", "sbin", "lib", "lib32", "lib64", "libx32":
		return true
	case "usr":
		return below != "local" && !strings.HasPrefix(below, "local/")
	}
	return false
}
