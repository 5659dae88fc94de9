package main

import (
	"os"
	"runtime/debug"
	"strconv"
	"time"
)

// What a program builds while it starts is garbage soon after: collecting it before would cost a third of the start.
const startPhase = 12 * time.Second

// startFast leaves garbage alone at first, up to GOMEMLIMIT, and later keeps the heap as small as GOGC says.
func startFast() {
	percent, err := strconv.Atoi(os.Getenv("GOGC"))
	if err != nil || os.Getenv("GOMEMLIMIT") == "" {
		return
	}
	debug.SetGCPercent(-1)
	time.AfterFunc(startPhase, func() {
		debug.SetGCPercent(percent)
		debug.FreeOSMemory()
	})
}
