package cri

import (
	"fmt"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// podInit is process 1 of a pod whose containers share their processes: it ends the orphans of the others.
type podInit struct{ command *exec.Cmd }

func (b *sandbox) startInit() error {
	command := exec.Command("/proc/self/exe", "pod-init")
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
	if err := startIn(b.namespaces(), command); err != nil {
		return fmt.Errorf("start the pod's first process: %w", err)
	}
	b.init = &podInit{command: command}
	return nil
}

// podInit is nil when the pod has none, or has been stopped.
func (s *Server) podInit(b *sandbox) *podInit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return b.init
}

func (i *podInit) namespace() string { return fmt.Sprintf("/proc/%d/ns/pid", i.command.Process.Pid) }

func (i *podInit) kill() {
	_ = i.command.Process.Kill()
	_ = i.command.Wait()
}
