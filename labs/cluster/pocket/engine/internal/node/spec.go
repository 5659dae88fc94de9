package node

// Spec is all that a node is told. It has secrets: it is passed by a pipe, and of the files only those of this node.
type Spec struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Index   int    `json:"index"`
	IDs     int    `json:"ids"`
	// Disk is the folder that becomes the node's disk, Engine that of the programs; both as the machine knows them.
	Disk   string `json:"disk"`
	Engine string `json:"engine"`
	// Images is the folder of the images that all nodes share.
	Images string `json:"images"`
	// MilliCPU and Memory (bytes) are what pods may request, where the machine has as much.
	MilliCPU   int64  `json:"milliCPU"`
	Memory     int64  `json:"memory"`
	Authority  string `json:"authority"`
	Server     Pair   `json:"server"`
	Kubeconfig string `json:"kubeconfig"`
	Python     Python `json:"python"`
	// GPUs is how the program that serves simulated cards calls the API server.
	GPUs Pair `json:"gpus"`
}

// Pair is a certificate and its key, PEM.
type Pair struct {
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
}

// Python is the interpreter that stand-in images serve.
type Python struct {
	Executable string `json:"executable"`
	Prefix     string `json:"prefix"`
	Version    string `json:"version"`
}
