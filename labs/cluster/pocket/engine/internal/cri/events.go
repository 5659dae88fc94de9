package cri

import (
	"sync"
	"time"

	"google.golang.org/grpc"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// eventBacklog is how many events one listener may be behind.
const eventBacklog = 1024

// events passes on what happens to containers to everybody who listens.
type events struct {
	mu        sync.Mutex
	listeners map[chan *runtimeapi.ContainerEventResponse]bool
}

func newEvents() *events {
	return &events{listeners: map[chan *runtimeapi.ContainerEventResponse]bool{}}
}

func (e *events) listen() (<-chan *runtimeapi.ContainerEventResponse, func()) {
	listener := make(chan *runtimeapi.ContainerEventResponse, eventBacklog)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.listeners[listener] = true
	return listener, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.listeners, listener)
	}
}

// send drops an event for a listener that is too far behind: the kubelet also lists all containers now and then.
func (e *events) send(event *runtimeapi.ContainerEventResponse) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for listener := range e.listeners {
		select {
		case listener <- event:
		default:
		}
	}
}

// announce tells a change of a container, with the state of its pod, which the kubelet ignores events without.
func (s *Server) announce(one *task, kind runtimeapi.ContainerEventType) {
	tasks := s.tasksOf(one.sandbox)
	s.mu.Lock()
	pod := one.sandbox.status()
	s.mu.Unlock()
	s.events.send(&runtimeapi.ContainerEventResponse{
		ContainerId: one.record.ID, ContainerEventType: kind, CreatedAt: time.Now().UnixNano(), PodSandboxStatus: pod,
		ContainersStatuses: statuses(tasks),
	})
}

// GetContainerEvents streams events until the caller goes.
func (s *Server) GetContainerEvents(_ *runtimeapi.GetEventsRequest, stream grpc.ServerStreamingServer[runtimeapi.ContainerEventResponse]) error {
	events, leave := s.events.listen()
	defer leave()
	for {
		select {
		case event := <-events:
			if err := stream.Send(event); err != nil {
				return err
			}
		case <-stream.Context().Done():
			return nil
		}
	}
}
