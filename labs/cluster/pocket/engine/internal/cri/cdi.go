package cri

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"google.golang.org/protobuf/proto"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"labs/engine/internal/cdi"
)

// Folders where device drivers describe their devices for runtimes; the later one wins.
var cdiDirs = []string{"/etc/cdi", cdi.Dir}

// withDevices is the container with what its CDI devices add: variables and mounts, which is all that is supported here.
func withDevices(config *runtimeapi.ContainerConfig) (*runtimeapi.ContainerConfig, error) {
	if len(config.GetCDIDevices()) == 0 {
		return config, nil
	}
	known, err := cdiDevices()
	if err != nil {
		return nil, err
	}
	changed := proto.Clone(config).(*runtimeapi.ContainerConfig)
	seen := map[string]bool{}
	for _, wanted := range config.GetCDIDevices() {
		edits, found := known[wanted.GetName()]
		if !found {
			return nil, fmt.Errorf("unresolvable CDI devices %s", wanted.GetName())
		}
		for _, entry := range edits.Env {
			name, value, _ := strings.Cut(entry, "=")
			changed.Envs = append(changed.Envs, &runtimeapi.KeyValue{Key: name, Value: []byte(value)})
		}
		for _, mount := range edits.Mounts {
			if !seen[mount.ContainerPath] {
				changed.Mounts = append(changed.Mounts, mountOf(mount))
			}
			seen[mount.ContainerPath] = true
		}
	}
	return changed, nil
}

func mountOf(mount cdi.Mount) *runtimeapi.Mount {
	readOnly := false
	for _, option := range mount.Options {
		readOnly = readOnly || option == "ro"
	}
	return &runtimeapi.Mount{HostPath: mount.HostPath, ContainerPath: mount.ContainerPath, Readonly: readOnly}
}

// cdiDevices are all devices that are described on this node, by their full names.
func cdiDevices() (map[string]cdi.Edits, error) {
	all := map[string]cdi.Edits{}
	for _, folder := range cdiDirs {
		files, err := filepath.Glob(filepath.Join(folder, "*.json"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				continue // removed meanwhile
			}
			var spec cdi.Spec
			if err := json.Unmarshal(data, &spec); err != nil {
				return nil, fmt.Errorf("read %s: %w", file, err)
			}
			for _, device := range spec.Devices {
				all[spec.Kind+"="+device.Name] = joined(spec.Edits, device.Edits)
			}
		}
	}
	return all, nil
}

func joined(general, own cdi.Edits) cdi.Edits {
	general.Env = append(append([]string{}, general.Env...), own.Env...)
	general.Mounts = append(append([]cdi.Mount{}, general.Mounts...), own.Mounts...)
	return general
}
