package cri

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"labs/engine/internal/container"
)

// outputLimit is how much of each stream ExecSync keeps, as containerd does.
const outputLimit = 16 << 20

// newExec prepares one more command in a container that runs.
func (s *Server) newExec(id string, args []string, terminal bool) (*program, error) {
	found, err := s.findTask(id)
	if err != nil {
		return nil, err
	}
	pid := found.pid()
	if pid == 0 {
		return nil, status.Errorf(codes.FailedPrecondition, "container %s is not running", found.config.GetMetadata().GetName())
	}
	spec, err := s.spec(found.sandbox, found.config, found.image)
	if err != nil {
		return nil, err
	}
	spec.Process.Args, spec.Process.Terminal = args, terminal
	p, err := newProgram("container-exec", container.ExecSpec{Process: spec.Process})
	if err != nil {
		return nil, err
	}
	if err := p.withConsole(terminal); err != nil {
		p.abandon()
		return nil, err
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		p.abandon()
		return nil, err
	}
	process := os.NewFile(uintptr(fd), "process")
	p.ours = append(p.ours, process)
	p.command.ExtraFiles = append(p.command.ExtraFiles, process)
	return p, nil
}

// limited keeps the beginning of what is written to it.
type limited struct{ bytes.Buffer }

func (l *limited) Write(text []byte) (int, error) {
	if room := outputLimit - l.Len(); room > 0 {
		l.Buffer.Write(text[:min(room, len(text))])
	}
	return len(text), nil
}

// ExecSync runs a command in a container and gives its output. Probes and hooks use it.
func (s *Server) ExecSync(ctx context.Context, request *runtimeapi.ExecSyncRequest) (*runtimeapi.ExecSyncResponse, error) {
	p, err := s.newExec(request.GetContainerId(), request.GetCmd(), false)
	if err != nil {
		return nil, err
	}
	if seconds := request.GetTimeout(); seconds > 0 {
		limitedCtx, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
		defer cancel()
		ctx = limitedCtx
	}
	var out, errs limited
	p.command.Stdout, p.command.Stderr, p.command.WaitDelay = &out, &errs, drainPatience
	if err := p.begin((*exec.Cmd).Start); err != nil {
		return nil, status.Errorf(codes.Unknown, "failed to exec in container: %v", err)
	}
	release := context.AfterFunc(ctx, p.cancel)
	_ = p.command.Wait()
	release()
	if ctx.Err() != nil {
		return nil, status.Errorf(codes.DeadlineExceeded, "command %q timed out", request.GetCmd())
	}
	return &runtimeapi.ExecSyncResponse{
		Stdout: out.Bytes(), Stderr: errs.Bytes(), ExitCode: int32(exitCode(p.command.ProcessState)),
	}, nil
}

// copyAll copies until either side ends, and closes what it copied to.
func copyAll(to io.WriteCloser, from io.Reader) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
}
