package cri

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"labs/engine/internal/image"
)

// exitLost is the exit code of a container whose end nobody saw, as containerd tells it.
const exitLost = 255

// task is one container: its record, and its process while it runs.
type task struct {
	server  *Server
	config  *runtimeapi.ContainerConfig
	sandbox *sandbox
	image   image.Image

	// life is held while the container is being started: an end waits for it.
	life sync.Mutex

	mu      sync.Mutex
	record  containerRecord
	process *os.Process
	streams *streamSet
	// done is closed when the process has ended and its record says so.
	done chan struct{}
}

func (t *task) snapshot() containerRecord {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.record
}

func (t *task) update(change func(*containerRecord)) {
	t.mu.Lock()
	change(&t.record)
	record := t.record
	t.mu.Unlock()
	_ = t.server.save("containers", record.ID, record)
}

// missed records that the container ended with its node.
func (t *task) missed() error {
	if t.record.State != runtimeapi.ContainerState_CONTAINER_RUNNING {
		return nil
	}
	t.update(func(record *containerRecord) {
		record.State, record.FinishedAt = runtimeapi.ContainerState_CONTAINER_EXITED, time.Now().UnixNano()
		record.ExitCode, record.Reason = exitLost, "Unknown"
		record.Message = "the node was stopped while the container ran"
	})
	return nil
}

func (t *task) logFile() string {
	return filepath.Join(t.sandbox.config.GetLogDirectory(), t.config.GetLogPath())
}

// failedToStart records and returns why the command could not be run, in the words container runtimes use.
func (t *task) failedToStart(cause error) error {
	message := "unable to start container process: " + cause.Error()
	t.update(func(record *containerRecord) {
		record.State, record.ExitCode = runtimeapi.ContainerState_CONTAINER_EXITED, 128
		record.Reason, record.Message = "StartError", message
		record.FinishedAt = time.Now().UnixNano()
	})
	return status.Error(codes.Unknown, message)
}

// start runs the container's first process.
func (t *task) start() error {
	t.life.Lock()
	defer t.life.Unlock()
	if state := t.snapshot().State; state != runtimeapi.ContainerState_CONTAINER_CREATED {
		return status.Errorf(codes.FailedPrecondition, "container %s was started before", t.record.ID)
	}
	began, err := t.launch()
	if err != nil {
		return t.failedToStart(err)
	}
	t.mu.Lock()
	t.process, t.streams, t.done = began.command.Process, began.streams, make(chan struct{})
	t.mu.Unlock()
	t.update(func(record *containerRecord) {
		record.State, record.StartedAt = runtimeapi.ContainerState_CONTAINER_RUNNING, time.Now().UnixNano()
	})
	go t.watch(began)
	return nil
}

// watch waits for the end of the process and of its output, records both, and tells it at once.
func (t *task) watch(began *launched) {
	err := began.command.Wait()
	at := time.Now().UnixNano()
	began.streams.finish()
	code := exitCode(began.command.ProcessState)
	reason := "Completed"
	if code != 0 || err != nil {
		reason = "Error"
	}
	t.update(func(record *containerRecord) {
		record.State, record.FinishedAt = runtimeapi.ContainerState_CONTAINER_EXITED, at
		record.ExitCode, record.Reason = int32(code), reason
	})
	close(t.done)
	t.server.announce(t, runtimeapi.ContainerEventType_CONTAINER_STOPPED_EVENT)
}

func exitCode(state *os.ProcessState) int {
	if state == nil {
		return exitLost
	}
	if wait, ok := state.Sys().(syscall.WaitStatus); ok && wait.Signaled() {
		return 128 + int(wait.Signal())
	}
	return state.ExitCode()
}

// end signals the container and waits until it ended; when patience is over it is killed. A container that has ended
// already is left as it is, and one that never started is recorded as ended.
func (t *task) end(patience context.Context) {
	t.life.Lock()
	t.mu.Lock()
	process, done := t.process, t.done
	t.mu.Unlock()
	t.life.Unlock()
	if process == nil {
		return
	}
	if patience.Err() == nil {
		_ = process.Signal(t.stopSignal())
		select {
		case <-done:
			return
		case <-patience.Done():
		}
	}
	if err := process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return
	}
	<-done
}

func (t *task) stopSignal() syscall.Signal {
	if named := t.config.GetStopSignal(); named != 0 {
		if number := unix.SignalNum(strings.TrimPrefix(named.String(), "SIGNAL_")); number != 0 {
			return number
		}
	}
	if number := unix.SignalNum(t.image.StopSignal); number != 0 {
		return number
	}
	return syscall.SIGTERM
}

func (t *task) reopenLog() error {
	t.mu.Lock()
	streams := t.streams
	t.mu.Unlock()
	if streams == nil {
		return status.Errorf(codes.FailedPrecondition, "container %s does not run", t.record.ID)
	}
	return streams.log.reopen()
}

func (t *task) status() *runtimeapi.ContainerStatus {
	now := t.snapshot()
	return &runtimeapi.ContainerStatus{
		Id: now.ID, Metadata: t.config.GetMetadata(), State: now.State, CreatedAt: now.CreatedAt, StartedAt: now.StartedAt,
		FinishedAt: now.FinishedAt, ExitCode: now.ExitCode, Image: t.config.GetImage(), ImageRef: now.ImageID, ImageId: now.ImageID,
		Reason: now.Reason, Message: now.Message, Labels: t.config.GetLabels(), Annotations: t.config.GetAnnotations(),
		Mounts: t.config.GetMounts(), LogPath: t.logFile(),
	}
}

func statuses(tasks []*task) []*runtimeapi.ContainerStatus {
	all := make([]*runtimeapi.ContainerStatus, len(tasks))
	for i, one := range tasks {
		all[i] = one.status()
	}
	return all
}
