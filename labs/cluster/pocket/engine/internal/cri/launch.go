package cri

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// launched is a process that runs its command.
type launched struct {
	command *exec.Cmd
	streams *streamSet
}

// program starts this program again as one of its parts; its settings and its status come by pipes.
type program struct {
	command *exec.Cmd
	spec    any
	status  *os.File
	ours    []*os.File
	console *os.File
}

func newProgram(name string, spec any) (*program, error) {
	command := exec.Command("/proc/self/exe", name)
	command.Args[0] = "pocket"
	command.Env = []string{"GOGC=off", "GOMAXPROCS=2"}
	p := &program{command: command, spec: spec}
	settings, told, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	status, report, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.status = status
	p.ours = append(p.ours, settings, report)
	command.ExtraFiles = []*os.File{settings, report}
	go func() {
		defer told.Close()
		_ = json.NewEncoder(told).Encode(spec)
	}()
	return p, nil
}

// withConsole adds the socket that the program sends its terminal through.
func (p *program) withConsole(wanted bool) error {
	if !wanted {
		p.command.ExtraFiles = append(p.command.ExtraFiles, nil)
		return nil
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	theirs := os.NewFile(uintptr(pair[1]), "console")
	p.console = os.NewFile(uintptr(pair[0]), "console")
	p.ours = append(p.ours, theirs)
	p.command.ExtraFiles = append(p.command.ExtraFiles, theirs)
	return nil
}

// abandon lets go of the files of a program that will not be started.
func (p *program) abandon() {
	for _, file := range append(p.ours, p.status, p.console) {
		if file != nil {
			_ = file.Close()
		}
	}
}

// begin starts the program and returns when its command runs, or with the reason why that cannot be.
func (p *program) begin(start func(*exec.Cmd) error) error {
	defer p.status.Close()
	err := start(p.command)
	for _, file := range p.ours {
		_ = file.Close()
	}
	if err != nil {
		return err
	}
	reason, err := io.ReadAll(p.status)
	if err == nil && len(reason) > 0 {
		err = errors.New(string(reason))
	}
	if err != nil {
		_ = p.command.Process.Kill()
		_ = p.command.Wait()
	}
	return err
}

// cancel ends a command that runs.
func (p *program) cancel() { _ = p.command.Process.Signal(unix.SIGTERM) }

// terminal receives the terminal of a program that has begun.
func (p *program) terminal() (*os.File, error) {
	defer p.console.Close()
	rights := make([]byte, unix.CmsgSpace(4))
	_, size, _, _, err := unix.Recvmsg(int(p.console.Fd()), make([]byte, 1), rights, 0)
	if err != nil {
		return nil, fmt.Errorf("receive the terminal: %w", err)
	}
	messages, err := unix.ParseSocketControlMessage(rights[:size])
	if err != nil || len(messages) == 0 {
		return nil, errors.New("the terminal did not come")
	}
	files, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(files) == 0 {
		return nil, errors.New("the terminal did not come")
	}
	unix.CloseOnExec(files[0])
	return os.NewFile(uintptr(files[0]), "terminal"), nil
}

// launch runs the container's command in the pod's namespaces.
func (t *task) launch() (*launched, error) {
	spec, err := t.server.spec(t.sandbox, t.config, t.image)
	if err != nil {
		return nil, err
	}
	namespaces, own, err := t.processNamespace()
	if err != nil {
		return nil, err
	}
	p, err := newProgram("container-init", spec)
	if err != nil {
		return nil, err
	}
	if err := p.withConsole(t.config.GetTty()); err != nil {
		p.abandon()
		return nil, err
	}
	log, err := openLog(t.logFile())
	if err != nil {
		p.abandon()
		return nil, fmt.Errorf("open the log: %w", err)
	}
	streams := newStreams(log)
	if err := streams.connect(p, t.config); err != nil {
		p.abandon()
		streams.finish()
		return nil, err
	}
	p.command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | own}
	if err := p.begin(func(command *exec.Cmd) error { return startIn(namespaces, command) }); err != nil {
		streams.finish()
		return nil, err
	}
	if p.console != nil {
		if err := streams.takeTerminal(p); err != nil {
			_ = p.command.Process.Kill()
			_ = p.command.Wait()
			streams.finish()
			return nil, err
		}
	}
	return &launched{command: p.command, streams: streams}, nil
}

// processNamespace gives the namespaces to join, and the flag of a new one for processes unless one is shared.
func (t *task) processNamespace() (map[string]int, uintptr, error) {
	joined := t.sandbox.namespaces()
	options := t.config.GetLinux().GetSecurityContext().GetNamespaceOptions()
	switch {
	case options.GetPid() == runtimeapi.NamespaceMode_TARGET:
		target, err := t.server.findTask(options.GetTargetId())
		if err != nil {
			return nil, 0, err
		}
		pid := target.pid()
		if pid == 0 {
			return nil, 0, errors.New("the container whose processes it wants to see does not run")
		}
		joined[fmt.Sprintf("/proc/%d/ns/pid", pid)] = unix.CLONE_NEWPID
		return joined, 0, nil
	case t.sandbox.sharesProcesses():
		init := t.server.podInit(t.sandbox)
		if init == nil {
			return nil, 0, errors.New("the pod has been stopped")
		}
		joined[init.namespace()] = unix.CLONE_NEWPID
		return joined, 0, nil
	}
	return joined, unix.CLONE_NEWPID, nil
}

// pid is 0 when the container does not run.
func (t *task) pid() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.process == nil || t.record.State != runtimeapi.ContainerState_CONTAINER_RUNNING {
		return 0
	}
	return t.process.Pid
}

// connect gives the program its standard files: pipes, or nothing yet where it will have a terminal.
func (s *streamSet) connect(p *program, config *runtimeapi.ContainerConfig) error {
	if config.GetTty() {
		return nil
	}
	for _, one := range []struct {
		name string
		to   *io.Writer
	}{{"stdout", &p.command.Stdout}, {"stderr", &p.command.Stderr}} {
		reader, writer, err := os.Pipe()
		if err != nil {
			return err
		}
		*one.to = writer
		p.ours = append(p.ours, writer)
		s.carry(one.name, reader)
	}
	if !config.GetStdin() {
		return nil
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	p.command.Stdin = reader
	p.ours = append(p.ours, reader)
	s.input = writer
	return nil
}

func (s *streamSet) takeTerminal(p *program) error {
	terminal, err := p.terminal()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.input, s.terminal = terminal, terminal
	s.mu.Unlock()
	s.carry("stdout", terminal)
	return nil
}
