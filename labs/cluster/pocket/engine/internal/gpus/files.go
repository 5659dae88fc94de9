package gpus

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"

	"labs/engine/internal/smi"
)

const (
	visibleDevices = "NVIDIA_VISIBLE_DEVICES"
	// A file for each device lies here on the node, and is shown in the containers that have it.
	devicesDir = "/var/lib/labs-gpus"
	// On PATH nearly everywhere. In images made on this machine's programs it is a link to where files can be shown.
	toolPath = "/usr/local/bin/nvidia-smi"
)

type mount struct{ host, container string }

// mountsFor are what a container with these devices sees: nvidia-smi, and a file that describes each device, in the folder where
// NVIDIA's runtime looks for devices that are passed as mounts.
func mountsFor(uuids []string) []mount {
	program, err := os.Executable()
	if err != nil {
		program = os.Args[0]
	}
	mounts := []mount{{program, toolPath}}
	for _, uuid := range uuids {
		mounts = append(mounts, mount{filepath.Join(devicesDir, uuid), filepath.Join(smi.DevicesDir, uuid)})
	}
	return mounts
}

// describe writes the devices' files. They stay when the fleet changes: containers that were given them may start again.
func describe(devices []smi.Device) error {
	if err := os.MkdirAll(devicesDir, 0o755); err != nil {
		return err
	}
	for _, device := range devices {
		text, err := json.Marshal(device)
		if err != nil {
			return err
		}
		path := filepath.Join(devicesDir, device.UUID)
		if written, err := os.ReadFile(path); err == nil && bytes.Equal(written, text) {
			continue
		}
		// Never changed in place: a container may be reading it.
		if err := os.WriteFile(path+".new", text, 0o644); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return err
		}
	}
	return nil
}
