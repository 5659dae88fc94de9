// Command pocket is the part of the pocket cluster that is ours: its supervisor, its nodes and their containers.
package main

import (
	"fmt"
	"os"
	"runtime"

	"labs/engine/internal/builder"
	"labs/engine/internal/container"
	"labs/engine/internal/node"
	"labs/engine/internal/probe"
	"labs/engine/internal/supervisor"
)

var programs = map[string]func(args []string) int{
	"up":             supervisor.Up,
	"inner":          func([]string) int { return supervisor.Inner() },
	"inner-unmapped": func([]string) int { return supervisor.Unmapped() },
	"node":           func([]string) int { return node.Run() },

	"version":      supervisor.Version,
	"build":        builder.Main,
	"probe":        probe.Main,
	"probe-inside": probe.Inside,

	"container-init": container.InitMain,
	"container-exec": container.ExecMain,
	"pod-init":       container.PodInitMain,
}

// The main goroutine stays on the main thread: children are bound to the life of the thread that starts them.
func init() { runtime.LockOSThread() }

func main() {
	if len(os.Args) > 1 {
		if program, known := programs[os.Args[1]]; known {
			os.Exit(program(os.Args[2:]))
		}
	}
	fmt.Fprintln(os.Stderr, "usage: pocket up|probe|version ...")
	os.Exit(2)
}
