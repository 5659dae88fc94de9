// Command why is the scheduler's filters without the rest of Kubernetes, for clusters that bring their own.
package main

import (
	"os"

	"labs/engine/internal/why"
)

func main() { os.Exit(why.Main()) }
