package container

import "labs/engine/internal/image"

// Files that the programs find open when they start.
const (
	specFile    = 3 // a Spec or ExecSpec, JSON
	statusFile  = 4 // a failure in words; closed without one when the command runs
	consoleFile = 5 // where a terminal is wanted: a socket that its file is sent through
)

// Process is what is to be run, and as whom.
type Process struct {
	Args         []string `json:"args"`
	Env          []string `json:"env"`
	Dir          string   `json:"dir"`
	UID          int      `json:"uid"`
	GID          int      `json:"gid"`
	Groups       []int    `json:"groups"`
	Capabilities []int    `json:"capabilities"`
	Terminal     bool     `json:"terminal"`
}

// Mount shows a file or folder of the node in the container.
type Mount struct {
	Source   string `json:"source"`
	Target   string `json:"target"`
	ReadOnly bool   `json:"readOnly"`
}

// Spec is a container: its first process and what it sees. Without ResolvConf the names are left as the image has them.
type Spec struct {
	Process      Process `json:"process"`
	Mounts       []Mount `json:"mounts"`
	Shm          string  `json:"shm"`
	ResolvConf   string  `json:"resolvConf"`
	Hostname     string  `json:"hostname"`
	ReadOnlyRoot bool    `json:"readOnlyRoot"`
	Root         Root    `json:"root"`
}

// Root is what the container's root begins with.
type Root struct {
	// Snapshot is the folder with the image's files; "" for a stand-in, which is the machine's programs and nothing else.
	Snapshot string `json:"snapshot"`
	// Machine shows the machine's programs among the image's files.
	Machine bool `json:"machine"`
	// Build is set where an image is built: changes are made in Snapshot itself, and the programs are shown as the host has them.
	Build  bool         `json:"build"`
	Python image.Python `json:"python"`
}

// ExecSpec is one more process in a container that runs. Its pidfd is file 6.
type ExecSpec struct {
	Process Process `json:"process"`
}

const pidFile = 6
