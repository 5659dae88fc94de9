package node

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"labs/engine/internal/control"
	"labs/engine/internal/cri"
	"labs/engine/internal/image"
)

const (
	stopPatience = 1200 * time.Millisecond
	kubeletPause = 200 * time.Millisecond
	longestPause = 5 * time.Second
)

// Run is PID 1 of a node: it reads its Spec and then Orders from standard input, serves until SIGTERM, and returns the exit code. When the
// container runtime fails, all of the node ends with it, and its supervisor starts it anew: a kubelet does not find
// its way back to the events of a runtime that was away.
func Run() int {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "node:", err)
		return 1
	}
	return 0
}

func run() error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	var spec Spec
	decoder := json.NewDecoder(os.Stdin)
	if err := decoder.Decode(&spec); err != nil {
		return fmt.Errorf("read the node's settings: %w", err)
	}
	syscall.Umask(0o022)
	if err := unix.Sethostname([]byte(spec.Name)); err != nil {
		return err
	}
	if err := enterRoot(spec); err != nil {
		return err
	}
	if err := writeKubelet(spec); err != nil {
		return err
	}
	orders := make(chan bool, 1)
	go obey(decoder, orders)
	return serve(spec, signals, orders)
}

func serve(spec Spec, signals <-chan os.Signal, orders <-chan bool) error {
	server, err := cri.New(runtimeConfig(spec))
	if err != nil {
		return fmt.Errorf("start the container runtime: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ctx) }()
	if !awaitSocket(ctx, failed) {
		return fmt.Errorf("the container runtime ended: %w", <-failed)
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		keepKubelet(ctx, spec)
	}()
	go keepGPUs(ctx, spec, orders)
	select {
	case err := <-failed:
		return fmt.Errorf("the container runtime ended: %w", err)
	case <-signals:
	}
	cancel()
	<-stopped
	patience, done := context.WithTimeout(context.Background(), stopPatience)
	defer done()
	server.Stop(patience)
	return nil
}

func runtimeConfig(spec Spec) cri.Config {
	return cri.Config{
		NodeName: spec.Name, NodeIP: spec.Address, Socket: runtimeSocket, StateDir: "/var/lib/pocket",
		PodCIDR: fmt.Sprintf("10.244.%d.0/24", spec.Index), Gateway: "10.244.0.1", Bridge: control.Bridge,
		IDs: spec.IDs, Python: image.Python(spec.Python), Images: imagesDir,
	}
}

// awaitSocket returns when the runtime can be called: a kubelet that comes first gives up its events for good.
func awaitSocket(ctx context.Context, failed chan error) bool {
	for ctx.Err() == nil {
		if _, err := os.Stat(runtimeSocket); err == nil {
			return true
		}
		select {
		case err := <-failed:
			failed <- err
			return false
		case <-time.After(2 * time.Millisecond):
		}
	}
	return false
}

// keepKubelet runs the kubelet until ctx ends. Its containers go on while it is away.
func keepKubelet(ctx context.Context, spec Spec) {
	pause := kubeletPause
	for ctx.Err() == nil {
		began := time.Now()
		command := kubelet(spec)
		err := command.Start()
		if err == nil {
			release := context.AfterFunc(ctx, func() { _ = command.Process.Kill() })
			err = command.Wait()
			release()
		}
		if ctx.Err() != nil {
			return
		}
		fmt.Fprintln(os.Stderr, "node: the kubelet ended:", err)
		if time.Since(began) > longestPause {
			pause = kubeletPause
		}
		time.Sleep(pause)
		pause = min(2*pause, longestPause)
	}
}
