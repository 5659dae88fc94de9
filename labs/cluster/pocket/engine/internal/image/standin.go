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

// MachineImage makes the image of a full reference out of the machine's own programs. Any tag will do, a digest will not:
// what is shown is not that content. Below libraries is the interpreter's own library, where it has one.
func MachineImage(reference string, python Python, libraries string) (Image, bool) {
	name, official := strings.CutPrefix(reference, "docker.io/library/")
	if !official || strings.ContainsAny(name, "@/") {
		return Image{}, false
	}
	name, _, _ = strings.Cut(name, ":")
	command, known := commands[name]
	if !known {
		return Image{}, false
	}
	image := Image{
		ID: identify(reference), Reference: reference, Origin: StandIn, Machine: true, Command: command, Env: []string{searchPath},
		Labels: map[string]string{Label: "true"}, Size: 1,
	}
	if name == "python" {
		image.Env = append(image.Env, "LANG=C.UTF-8", "PYTHON_VERSION="+python.Version)
	}
	if hasSharedLibrary(libraries) {
		image.Env = append(image.Env, "LD_LIBRARY_PATH=/usr/local/lib")
	}
	return image, true
}

// hasSharedLibrary tells whether the interpreter came with a library, which the dynamic linker would only find where the
// interpreter was installed. A node has both below /usr/local.
func hasSharedLibrary(folder string) bool {
	found, err := filepath.Glob(filepath.Join(folder, "libpython*.so*"))
	return err == nil && len(found) > 0
}
