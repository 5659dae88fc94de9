// Command gpus serves the simulated cards of one node to its kubelet. Under the name nvidia-smi it shows, inside a container,
// the cards that this was given.
package main

import (
	"os"
	"path/filepath"

	"labs/engine/internal/gpus"
	"labs/engine/internal/smi"
)

func main() {
	if filepath.Base(os.Args[0]) == "nvidia-smi" {
		os.Exit(smi.Main(os.Args[1:], os.Stdout))
	}
	os.Exit(gpus.Main())
}
