package container

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

const joined = unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS

// ExecMain is the program container-exec: it joins the container, runs one more command there, and ends as that does. It must
// run on the main thread, which alone joins.
func ExecMain([]string) int {
	status := openStatus()
	var spec ExecSpec
	if err := json.NewDecoder(os.NewFile(specFile, "spec")).Decode(&spec); err != nil {
		return report(status, fmt.Errorf("read the command: %w", err))
	}
	unix.CloseOnExec(specFile)
	if err := join(); err != nil {
		return report(status, err)
	}
	command, err := start(spec.Process)
	if err != nil {
		return report(status, err)
	}
	_ = status.Close()
	return wait(command)
}

func join() error {
	unix.CloseOnExec(pidFile)
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return err
	}
	if err := unix.Setns(pidFile, joined); err != nil {
		return fmt.Errorf("join the container: %w", err)
	}
	return nil
}

func start(process Process) (*exec.Cmd, error) {
	if err := enterFolder(process.Dir); err != nil {
		return nil, err
	}
	path, err := lookPath(process)
	if err != nil {
		return nil, err
	}
	command := &exec.Cmd{Path: path, Args: process.Args, Env: process.Env, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if process.Terminal {
		slave, err := sendTerminal()
		if err != nil {
			return nil, err
		}
		defer slave.Close()
		command.Stdin, command.Stdout, command.Stderr = slave, slave, slave
		command.SysProcAttr.Setctty = true
	}
	if process.UID != 0 || process.GID != 0 || len(process.Groups) > 0 {
		command.SysProcAttr.Credential = credential(process)
	}
	if err := dropTo(process, false); err != nil {
		return nil, err
	}
	return command, command.Start()
}

func credential(process Process) *syscall.Credential {
	groups := make([]uint32, len(process.Groups))
	for i, group := range process.Groups {
		groups[i] = uint32(group)
	}
	return &syscall.Credential{
		Uid: uint32(process.UID), Gid: uint32(process.GID), Groups: groups, NoSetGroups: len(groups) == 0,
	}
}

func sendTerminal() (*os.File, error) {
	master, slave, err := terminalPair()
	if err != nil {
		return nil, err
	}
	defer master.Close()
	if err := unix.Sendmsg(consoleFile, []byte{0}, unix.UnixRights(int(master.Fd())), nil, 0); err != nil {
		return nil, fmt.Errorf("hand over the terminal: %w", err)
	}
	unix.CloseOnExec(consoleFile)
	return slave, nil
}

// wait passes SIGTERM on as the end of the command. (A signal at the parent's death cannot be asked for across PID namespaces.)
func wait(command *exec.Cmd) int {
	told := make(chan os.Signal, 1)
	signal.Notify(told, unix.SIGTERM)
	go func() {
		<-told
		_ = command.Process.Kill()
	}()
	err := command.Wait()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		if state, ok := ended.Sys().(syscall.WaitStatus); ok && state.Signaled() {
			return 128 + int(state.Signal())
		}
		return ended.ExitCode()
	}
	if err != nil {
		return exitNotStarted
	}
	return 0
}
