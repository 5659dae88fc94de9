package gpus

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"labs/engine/internal/cdi"
	"labs/engine/internal/smi"
)

const cdiKind = "gpu.nvidia.com/claim"

func cdiID(claim types.UID, device string) string { return cdiKind + "=" + cdiName(claim, device) }

func cdiName(claim types.UID, device string) string { return string(claim) + "-" + device }

func cdiFile(claim types.UID) string {
	return filepath.Join(cdi.Dir, "gpu.nvidia.com-"+string(claim)+".json")
}

// writeCDI describes, for the container runtime, what a container of the claim sees: each device by itself, and the names of all.
func writeCDI(claim types.UID, given []smi.Device) error {
	uuids := make([]string, len(given))
	for i, device := range given {
		uuids[i] = device.UUID
	}
	spec := cdi.Spec{Version: "0.6.0", Kind: cdiKind}
	for _, device := range given {
		edits := cdi.Edits{Env: []string{visibleDevices + "=" + strings.Join(uuids, ",")}}
		for _, mount := range mountsFor([]string{device.UUID}) {
			edits.Mounts = append(edits.Mounts, cdi.Mount{HostPath: mount.host, ContainerPath: mount.container, Options: []string{"ro", "bind"}})
		}
		spec.Devices = append(spec.Devices, cdi.Device{Name: cdiName(claim, device.Name), Edits: edits})
	}
	text, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	fresh := cdiFile(claim) + ".new"
	if err := os.WriteFile(fresh, text, 0o644); err != nil {
		return err
	}
	return os.Rename(fresh, cdiFile(claim))
}

func removeCDI(claim types.UID) error {
	err := os.Remove(cdiFile(claim))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
