package main

import (
	"os"
	"runtime/debug"
	"strconv"
	"time"
)

// What a program builds while it starts is garbage soon after. Collecting it eagerly would make the start longer; not at all
// would leave a heap full of holes.
const (
	startPhase   = 12 * time.Second
	startPercent = 200
)

// startFast collects little at first, and later keeps the heap as small as GOGC says.
func startFast() {
	percent, err := strconv.Atoi(os.Getenv("GOGC"))
	if err != nil || os.Getenv("GOMEMLIMIT") == "" {
		return
	}
	debug.SetGCPercent(startPercent)
	time.AfterFunc(startPhase, func() {
		debug.SetGCPercent(percent)
		debug.FreeOSMemory()
	})
}
