package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// machineFiles of /etc are shown as they are, where the machine has them: certificates, what the dynamic linker needs, the
// links behind /usr/bin's names, and the time zone.
var machineFiles = []string{
	"ssl/certs", "ca-certificates", "pki", "ssl/openssl.cnf", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives",
	"localtime", "mime.types", "protocols", "services",
}

// Files of a node's or container's own /etc.
var etcFiles = map[string]string{
	"passwd":        "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
	"group":         "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
	"nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
	"hosts":         "127.0.0.1\tlocalhost\n::1\tlocalhost\n",
	"resolv.conf":   "",
}

// Etc fills /etc below root. Files of the machine that hold its users, its names or its secrets are not among them.
func Etc(root string) error {
	etc := filepath.Join(root, "etc")
	return errors.Join(writeEtc(etc), machineEtc(etc, BindReadOnly))
}

// NodeEtc is Etc with copies of the machine's files. A file that is shown by a mount cannot be passed on to containers once
// the machine has replaced it, as it does with ld.so.cache whenever a package is installed.
func NodeEtc(root string) error {
	etc := filepath.Join(root, "etc")
	return errors.Join(writeEtc(etc), machineEtc(etc, copyOrBind))
}

func copyOrBind(source, target string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return BindReadOnly(source, target)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.WriteFile(target, text, 0o644)
}

func writeEtc(etc string) error {
	if err := os.MkdirAll(etc, 0o755); err != nil {
		return err
	}
	for name, text := range etcFiles {
		if err := os.WriteFile(filepath.Join(etc, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func machineEtc(etc string, show func(source, target string) error) error {
	for _, name := range machineFiles {
		if err := showFile(filepath.Join("/etc", name), filepath.Join(etc, name), show); err != nil {
			return err
		}
	}
	return nil
}

func showFile(source, target string, show func(source, target string) error) error {
	info, err := os.Lstat(source)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return copyLink(source, target)
	}
	return show(source, target)
}
