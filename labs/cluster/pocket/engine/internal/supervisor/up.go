package supervisor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"labs/engine/internal/control"
	"labs/engine/internal/forward"
	"labs/engine/internal/image"
	"labs/engine/internal/pki"
	"labs/engine/internal/registry"
)

// Files that the inner supervisor inherits.
const (
	listenerFile = 3
	socketFile   = 4
	mappedFile   = 5
	portsFile    = 6
)

const orderlyEnd = 4800 * time.Millisecond

// Up runs the cluster until it is told to stop, and returns the exit code. It must be called on the main thread: the
// inner supervisor dies with the thread that started it, and the main thread lives as long as the process.
func Up(args []string) int {
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	b := &board{output: os.Stdout}
	options, err := ParseOptions(args)
	if err != nil {
		b.fail(err)
		return 2
	}
	if err := up(options, signals, &b); err != nil {
		b.fail(err)
		return 1
	}
	return 0
}

func up(options Options, signals <-chan os.Signal, b **board) error {
	started := time.Now()
	syscall.Umask(0o077)
	state, err := openFolder(options.State)
	if err != nil {
		return err
	}
	if err := checkWatches(options.Nodes); err != nil {
		return err
	}
	listener, err := state.listen(options.Port)
	if err != nil {
		return err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	server := fmt.Sprintf("https://127.0.0.1:%d", port)
	if err := errors.Join(state.rememberPort(port), writeCredentials(options, server)); err != nil {
		return err
	}
	*b = newBoard(options.State, server, options.Nodes, os.Stdout)
	(*b).phase("starting")
	if err := registry.Serve(image.Library{Folder: filepath.Join(options.State, "images")}); err != nil {
		return err
	}
	defer os.Remove(forward.File(options.State))
	inner, err := startInner(options, listener)
	if err != nil {
		return err
	}
	listener.Close()
	(*b).inner = inner.process.Pid
	err = inner.follow(*b, signals, started, filepath.Join(options.State, "kubeconfig"))
	(*b).change(func(s *status) { s.Phase, s.Processes = "stopped", []processInfo{} })
	return err
}

// writeCredentials makes the certificates and the learner's kubeconfig.
func writeCredentials(options Options, server string) error {
	nodes := hosts(options.Nodes)
	certs, err := pki.Open(filepath.Join(options.State, "pki"), nodes, control.APIHosts(nodes))
	if err != nil {
		return err
	}
	return pki.WriteFile(filepath.Join(options.State, "kubeconfig"), certs.Kubeconfig(server, pki.Admin))
}

func hosts(count int) []pki.Host {
	nodes := make([]pki.Host, count)
	for i, name := range nodeNames(count) {
		nodes[i] = pki.Host{Name: name, Address: control.NodeAddress(i + 1)}
	}
	return nodes
}

// innerProcess is the outer supervisor's view of the inner one.
type innerProcess struct {
	process *os.Process
	socket  *os.File
	ended   chan error
}

func startInner(options Options, listener *net.TCPListener) (*innerProcess, error) {
	ids := chooseIdentities()
	listening, err := listener.File()
	if err != nil {
		return nil, err
	}
	defer listening.Close()
	ours, theirs, err := socketPair(unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	ports, askPorts, err := socketPair(unix.SOCK_SEQPACKET)
	if err != nil {
		return nil, err
	}
	defer askPorts.Close()
	mapped, tellMapped, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer mapped.Close()
	defer tellMapped.Close()
	command := exec.Command(filepath.Join(options.Engine, "pocket"), ids.program())
	command.Stderr = os.Stderr
	command.Env = []string{"PATH=/usr/bin:/bin"}
	command.ExtraFiles = []*os.File{listening, theirs, mapped, askPorts}
	attr := ids.attr
	attr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS
	attr.Pdeathsig = syscall.SIGKILL
	command.SysProcAttr = &attr
	if err := command.Start(); err != nil {
		ours.Close()
		return nil, namespacesRefused(err)
	}
	inner := &innerProcess{process: command.Process, socket: ours, ended: make(chan error, 1)}
	go func() { inner.ended <- command.Wait() }()
	go func() {
		if err := forward.Serve(ports); err != nil {
			fmt.Fprintln(os.Stderr, "open ports for Services:", err)
		}
	}()
	if ids.helped {
		if err := ids.mapFor(command.Process.Pid); err != nil {
			inner.kill()
			return nil, err
		}
		_, _ = tellMapped.WriteString("mapped")
	}
	if err := json.NewEncoder(ours).Encode(spec{Options: options, IDs: ids.count}); err != nil {
		inner.kill()
		return nil, err
	}
	return inner, nil
}

// socketPair keeps its first end, and leaves the second to be inherited.
func socketPair(kind int) (ours, theirs *os.File, err error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(ends[0]), "inner"), os.NewFile(uintptr(ends[1]), "outer"), nil
}

func (i *innerProcess) kill() {
	_ = i.process.Kill()
	<-i.ended
}

// follow passes on what the inner supervisor says until it ends, by itself or because a signal asked for it.
func (i *innerProcess) follow(b *board, signals <-chan os.Signal, started time.Time, kubeconfig string) error {
	failed := make(chan *Failure, 1)
	go i.read(b, started, kubeconfig, failed)
	var deadline <-chan time.Time
	for {
		select {
		case <-signals:
			if deadline == nil {
				b.phase("stopping")
				_ = json.NewEncoder(i.socket).Encode(message{Stop: true})
				deadline = time.After(orderlyEnd)
			}
		case <-deadline:
			i.kill()
			return nil
		case err := <-i.ended:
			return ending(err, deadline != nil, failed)
		}
	}
}

func ending(err error, asked bool, failed <-chan *Failure) error {
	select {
	case failure := <-failed:
		return failure
	case <-time.After(50 * time.Millisecond):
	}
	if asked {
		return nil
	}
	return &Failure{"ended", "The cluster's inner supervisor ended", fmt.Sprint("its process: ", err), "Run `labs up` again; its state is kept"}
}

func (i *innerProcess) read(b *board, started time.Time, kubeconfig string, failed chan<- *Failure) {
	decoder := json.NewDecoder(i.socket)
	for {
		var said message
		if err := decoder.Decode(&said); err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
				fmt.Fprintln(os.Stderr, "listen to the inner supervisor:", err)
			}
			return
		}
		seconds := float64(time.Since(started).Milliseconds()) / 1000
		switch {
		case said.Step != nil:
			said.Step.Event, said.Step.Seconds = "step", seconds
			b.say(said.Step)
		case said.Process != nil:
			b.process(*said.Process)
		case said.Nodes != nil:
			b.change(func(s *status) { s.Nodes = said.Nodes })
		case said.Ready:
			b.phase("ready")
			b.say(map[string]any{"event": "ready", "kubeconfig": kubeconfig, "server": b.status.Server, "seconds": seconds})
		case said.Failure != nil:
			failed <- said.Failure
		}
	}
}
