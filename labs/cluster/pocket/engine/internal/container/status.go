package container

import (
	"os"

	"golang.org/x/sys/unix"
)

// exitNotStarted is the program's exit code when the command could not be run.
const exitNotStarted = 128

func openStatus() *os.File {
	unix.CloseOnExec(statusFile)
	return os.NewFile(statusFile, "status")
}

// report tells a failure to the process that started this one. It returns the exit code.
func report(status *os.File, err error) int {
	if err != nil {
		_, _ = status.WriteString(err.Error())
	}
	_ = status.Close()
	return exitNotStarted
}
