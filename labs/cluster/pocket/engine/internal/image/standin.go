package image

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

const searchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// commands are the base images that are built in, with the default command of the real ones.
var commands = map[string][]string{
	"busybox": {"sh"},
	"debian":  {"bash"},
	"python":  {"python3"},
	"ubuntu":  {"bash"},
}

func builtIn() []string { return slices.Sorted(maps.Keys(commands)) }

// standIn makes the image of a full reference out of the machine's own programs. Any tag will do, a digest will not: what is
// shown is not that content.
func standIn(reference string, python Python) (Image, bool) {
	name, official := strings.CutPrefix(reference, "docker.io/library/")
	if !official || strings.ContainsAny(name, "@/") {
		return Image{}, false
	}
	name, _, _ = strings.Cut(name, ":")
	command, known := commands[name]
	if !known {
		return Image{}, false
	}
	image := Image{ID: identify(reference), Reference: reference, Command: command, Env: []string{searchPath}}
	if name == "python" {
		image.Env = append(image.Env, "LANG=C.UTF-8", "PYTHON_VERSION="+python.Version)
	}
	if hasSharedLibrary() {
		image.Env = append(image.Env, "LD_LIBRARY_PATH=/usr/local/lib")
	}
	return image, true
}

// hasSharedLibrary tells whether the interpreter came with a library, which the dynamic linker would only find where the
// interpreter was installed. A node has both below /usr/local.
func hasSharedLibrary() bool {
	found, err := filepath.Glob("/usr/local/lib/libpython*.so*")
	return err == nil && len(found) > 0
}
