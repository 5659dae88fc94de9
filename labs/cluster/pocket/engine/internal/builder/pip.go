package builder

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"labs/engine/internal/container"
)

// pipDir is where a RUN finds pip, which a stand-in has not of its own. It is not kept: /run never is.
const pipDir = "/run/build"

// pip is what a RUN gets of the machine: its pip, and the settings by which that reaches its index.
type pip struct {
	settings map[string]string
	mounts   []container.Mount
	// tools are pip itself, for images that are made on a stand-in.
	tools []container.Mount
}

// kept are variables of the machine that tell how to reach the network.
var kept = []string{"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}

// programs are the names of pip's command.
var programs = []string{"pip", "pip3"}

// wherePip prints the folder of the installed pip, else the wheel that every interpreter brings along.
const wherePip = `
try:
    import os, pip
    print(os.path.dirname(pip.__file__))
except ImportError:
    import ensurepip, glob
    print(glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl"))[0])
`

// findPip asks an interpreter that has pip. Without one the RUN steps get the network all the same.
func findPip(python, scratch string) (*pip, error) {
	p := &pip{settings: map[string]string{"PIP_ROOT_USER_ACTION": "ignore", "PIP_BREAK_SYSTEM_PACKAGES": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_RETRIES": "1"}}
	for _, name := range []string{"/etc/resolv.conf", "/etc/hosts"} {
		if real, err := filepath.EvalSymlinks(name); err == nil {
			p.mounts = append(p.mounts, container.Mount{Source: real, Target: name, ReadOnly: true})
		}
	}
	if output, err := exec.Command(python, "-m", "pip", "config", "list").Output(); err == nil {
		for line := range strings.Lines(string(output)) {
			p.setting(strings.TrimSpace(line))
		}
	}
	for _, name := range kept {
		if value, set := os.LookupEnv(name); set {
			p.settings[name] = value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.settings)) {
		p.settings[name] = p.show(p.settings[name])
	}
	where, err := exec.Command(python, "-c", wherePip).Output()
	if err != nil {
		return p, nil
	}
	source := strings.TrimSpace(string(where))
	for _, name := range programs {
		if err := os.WriteFile(filepath.Join(scratch, name), []byte("#!/bin/sh\nexec python3 -m pip \"$@\"\n"), 0o755); err != nil {
			return nil, err
		}
	}
	p.tools = []container.Mount{
		{Source: source, Target: pipDir + "/lib/" + filepath.Base(source), ReadOnly: true},
		{Source: scratch, Target: pipDir + "/bin", ReadOnly: true},
	}
	return p, nil
}

// setting takes a line such as global.index-url='…'. Variables of the environment (:env:) win, as they do in pip.
func (p *pip) setting(line string) {
	name, value, found := strings.Cut(line, "=")
	scope, option, scoped := strings.Cut(name, ".")
	if !found || !scoped {
		return
	}
	variable := "PIP_" + strings.ToUpper(strings.ReplaceAll(option, "-", "_"))
	if _, own := os.LookupEnv(variable); own && scope != ":env:" {
		return
	}
	if text, err := strconv.Unquote(`"` + strings.ReplaceAll(strings.Trim(value, `'"`), `"`, `\"`) + `"`); err == nil {
		value = text
	}
	if scope == ":env:" || scope == "global" || scope == "install" {
		p.settings[variable] = strings.Join(strings.Fields(value), " ")
	}
}

// show makes files and folders of the machine that a setting names visible, and names them anew.
func (p *pip) show(value string) string {
	words := strings.Fields(value)
	for at, word := range words {
		file := strings.TrimPrefix(word, "file://")
		if !filepath.IsAbs(file) {
			continue
		}
		if real, err := filepath.EvalSymlinks(file); err == nil {
			target := pipDir + "/files/" + strconv.Itoa(len(p.mounts))
			p.mounts = append(p.mounts, container.Mount{Source: real, Target: target, ReadOnly: true})
			words[at] = target
		}
	}
	return strings.Join(words, " ")
}

// environment is the image's, with what is for this step only.
func (p *pip) environment(env []string, uid int, machine bool) []string {
	home := "HOME=/root"
	if uid != 0 {
		home = "HOME=/"
	}
	all := []string{home}
	for _, name := range sorted(p.settings) {
		all = append(all, name+"="+p.settings[name])
	}
	if !machine {
		return append(all, env...)
	}
	for _, tool := range p.tools[:min(1, len(p.tools))] {
		library := tool.Target
		if !strings.HasSuffix(library, ".whl") {
			library = filepath.Dir(library)
		}
		all = append(all, "PYTHONPATH="+library)
	}
	for _, entry := range env {
		if path, found := strings.CutPrefix(entry, "PATH="); found {
			entry = "PATH=" + pipDir + "/bin:" + path
		}
		all = append(all, entry)
	}
	return all
}

func sorted(all map[string]string) []string { return slices.Sorted(maps.Keys(all)) }
