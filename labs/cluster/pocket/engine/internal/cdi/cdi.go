// Package cdi is the part of the Container Device Interface (cncf-tags/container-device-interface, SPEC.md) that is used here.
package cdi

// Dir is where drivers put descriptions that last as long as the node runs.
const Dir = "/var/run/cdi"

// Spec describes devices of one kind.
type Spec struct {
	Version string   `json:"cdiVersion"`
	Kind    string   `json:"kind"`
	Devices []Device `json:"devices"`
	Edits   Edits    `json:"containerEdits"`
}

// Device is one device: what a container sees that has it.
type Device struct {
	Name  string `json:"name"`
	Edits Edits  `json:"containerEdits"`
}

// Edits are variables (NAME=value) and mounts.
type Edits struct {
	Env    []string `json:"env,omitempty"`
	Mounts []Mount  `json:"mounts,omitempty"`
}

// Mount shows a file or folder of the node in the container.
type Mount struct {
	HostPath      string   `json:"hostPath"`
	ContainerPath string   `json:"containerPath"`
	Options       []string `json:"options,omitempty"`
}
