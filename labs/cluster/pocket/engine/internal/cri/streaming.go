package cri

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-streaming/pkg/streaming"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// serveStreams opens the server of exec, attach and port-forward. It listens on the cluster's own loopback device, which no
// pod has, and each address that it gives out holds a token for one use.
func (s *Server) serveStreams() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	config := streaming.DefaultConfig
	config.Addr = listener.Addr().String()
	if err := listener.Close(); err != nil {
		return err
	}
	if s.streams, err = streaming.NewServer(config, streams{s}); err != nil {
		return err
	}
	go func() { _ = s.streams.Start(true) }()
	return nil
}

// Exec prepares the stream of a command in a container.
func (s *Server) Exec(_ context.Context, request *runtimeapi.ExecRequest) (*runtimeapi.ExecResponse, error) {
	if err := s.mustRun(request.GetContainerId()); err != nil {
		return nil, err
	}
	return s.streams.GetExec(request)
}

// Attach prepares the stream of a container's own output.
func (s *Server) Attach(_ context.Context, request *runtimeapi.AttachRequest) (*runtimeapi.AttachResponse, error) {
	if err := s.mustRun(request.GetContainerId()); err != nil {
		return nil, err
	}
	return s.streams.GetAttach(request)
}

// PortForward prepares the stream to a port of a pod.
func (s *Server) PortForward(_ context.Context, request *runtimeapi.PortForwardRequest) (*runtimeapi.PortForwardResponse, error) {
	found, err := s.findSandbox(request.GetPodSandboxId())
	if err != nil {
		return nil, err
	}
	if !found.ready {
		return nil, status.Error(codes.FailedPrecondition, "the pod is not running")
	}
	return s.streams.GetPortForward(request)
}

func (s *Server) mustRun(id string) error {
	found, err := s.findTask(id)
	if err != nil {
		return err
	}
	if found.pid() == 0 {
		return status.Errorf(codes.FailedPrecondition, "container %s is not running", found.config.GetMetadata().GetName())
	}
	return nil
}

// streams carries what the streaming server hands over.
type streams struct{ server *Server }

// Exec runs a command in a container with the given files.
func (r streams) Exec(ctx context.Context, id string, args []string, in io.Reader, out, errs io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize) error {
	p, err := r.server.newExec(id, args, tty)
	if err != nil {
		return err
	}
	p.command.WaitDelay = drainPatience
	if tty {
		return p.onTerminal(ctx, in, out, resize)
	}
	if out != nil {
		p.command.Stdout = out
	}
	if errs != nil {
		p.command.Stderr = errs
	}
	if in != nil {
		input, err := p.command.StdinPipe()
		if err != nil {
			return err
		}
		go copyAll(input, in)
	}
	if err := p.begin((*exec.Cmd).Start); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, p.cancel)()
	_ = p.command.Wait()
	return ended(p.command.ProcessState)
}

func (p *program) onTerminal(ctx context.Context, in io.Reader, out io.WriteCloser, resize <-chan remotecommand.TerminalSize) error {
	if err := p.begin((*exec.Cmd).Start); err != nil {
		return err
	}
	terminal, err := p.terminal()
	if err != nil {
		return err
	}
	defer terminal.Close()
	go follow(terminal, resize)
	if in != nil {
		go func() { _, _ = io.Copy(terminal, in) }()
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(out, terminal)
	}()
	defer context.AfterFunc(ctx, p.cancel)()
	_ = p.command.Wait()
	<-copied
	return ended(p.command.ProcessState)
}

func follow(terminal *os.File, resize <-chan remotecommand.TerminalSize) {
	for size := range resize {
		_ = unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: size.Height, Col: size.Width})
	}
}

func ended(state *os.ProcessState) error {
	code := exitCode(state)
	if code == 0 {
		return nil
	}
	return utilexec.CodeExitError{Err: fmt.Errorf("command terminated with exit code %d", code), Code: code}
}

// Attach joins a container's own files until it ends or the caller goes.
func (r streams) Attach(ctx context.Context, id string, in io.Reader, out, errs io.WriteCloser, _ bool, resize <-chan remotecommand.TerminalSize) error {
	found, err := r.server.findTask(id)
	if err != nil {
		return err
	}
	found.mu.Lock()
	set, done := found.streams, found.done
	found.mu.Unlock()
	if set == nil {
		return status.Error(codes.FailedPrecondition, "the container is not running")
	}
	for stream, to := range map[string]io.WriteCloser{"stdout": out, "stderr": errs} {
		if to != nil {
			set.attach(stream, to)
			defer set.detach(to)
		}
	}
	if set.terminal != nil {
		go follow(set.terminal, resize)
	}
	if in != nil && set.input != nil {
		go func() {
			_, _ = io.Copy(set.input, in)
			if found.config.GetStdinOnce() {
				set.closeInput()
			}
		}()
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
	return nil
}

// PortForward joins the stream to a port on the pod's own loopback device.
func (r streams) PortForward(_ context.Context, id string, port int32, stream io.ReadWriteCloser) error {
	found, err := r.server.findSandbox(id)
	if err != nil {
		return err
	}
	connection, err := found.dial(int(port))
	if err != nil {
		return fmt.Errorf("connect to port %d of the pod: %w", port, err)
	}
	defer connection.Close()
	go func() {
		_, _ = io.Copy(connection, stream)
		_ = connection.(*net.TCPConn).CloseWrite()
	}()
	_, err = io.Copy(stream, connection)
	return err
}

// dial connects from within the pod's network: a socket belongs to the network of the thread that makes it.
func (b *sandbox) dial(port int) (net.Conn, error) {
	var connection net.Conn
	err := onThread(func() error {
		if !b.hostNetwork() {
			if err := join(b.file("net"), unix.CLONE_NEWNET); err != nil {
				return err
			}
		}
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		file := os.NewFile(uintptr(fd), "port")
		defer file.Close()
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			return err
		}
		connection, err = net.FileConn(file)
		return err
	})
	return connection, err
}
