package cri

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"labs/engine/internal/container"
	"labs/engine/internal/image"
)

// CreateContainer checks what a container asks for and keeps it; nothing runs yet.
func (s *Server) CreateContainer(_ context.Context, request *runtimeapi.CreateContainerRequest) (*runtimeapi.CreateContainerResponse, error) {
	owner, err := s.findSandbox(request.GetPodSandboxId())
	if err != nil {
		return nil, err
	}
	config := request.GetConfig()
	used, found, err := s.images.Find(config.GetImage().GetImage())
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, status.Errorf(codes.NotFound, "no image %s", config.GetImage().GetImage())
	}
	if _, err := s.spec(owner, config, used); err != nil {
		return nil, err
	}
	text, err := proto.Marshal(config)
	if err != nil {
		return nil, err
	}
	record := containerRecord{ID: newID(), Sandbox: owner.record.ID, Config: text, ImageID: used.ID, CreatedAt: time.Now().UnixNano()}
	if err := s.save("containers", record.ID, record); err != nil {
		return nil, err
	}
	made := &task{server: s, record: record, config: config, sandbox: owner, image: used}
	s.mu.Lock()
	s.containers[record.ID] = made
	s.mu.Unlock()
	s.announce(made, runtimeapi.ContainerEventType_CONTAINER_CREATED_EVENT)
	return &runtimeapi.CreateContainerResponse{ContainerId: record.ID}, nil
}

// spec is what container-init is told.
func (s *Server) spec(owner *sandbox, config *runtimeapi.ContainerConfig, used image.Image) (container.Spec, error) {
	config, err := withDevices(config)
	if err != nil {
		return container.Spec{}, err
	}
	process := container.Process{Args: arguments(config, used), Dir: cmp.Or(config.GetWorkingDir(), used.Dir), Terminal: config.GetTty()}
	security := config.GetLinux().GetSecurityContext()
	root := s.root(used)
	if err := s.identity(security, used.User, root.Snapshot, &process); err != nil {
		return container.Spec{}, err
	}
	process.Env = environment(owner.config.GetHostname(), config, used, process.UID)
	spec := container.Spec{
		Process: process, Shm: owner.file("shm"), ResolvConf: owner.file("resolv.conf"), Hostname: owner.config.GetHostname(),
		ReadOnlyRoot: security.GetReadonlyRootfs(), Root: root,
	}
	for _, mount := range config.GetMounts() {
		if mount.GetImage().GetImage() != "" {
			return spec, refuse("an image volume", "its images are the machine's own programs")
		}
		source, err := filepath.EvalSymlinks(mount.GetHostPath())
		if err != nil {
			return spec, fmt.Errorf("mount the volume at %s: %w", mount.GetContainerPath(), err)
		}
		spec.Mounts = append(spec.Mounts, container.Mount{Source: source, Target: mount.GetContainerPath(), ReadOnly: mount.GetReadonly()})
	}
	return spec, nil
}

func (s *Server) root(used image.Image) container.Root {
	if used.Snapshot == "" {
		return container.Root{}
	}
	return container.Root{Snapshot: s.images.Library.Root(used.Snapshot), Machine: used.Machine}
}

// arguments follow Kubernetes' rule: command replaces the image's ENTRYPOINT and its CMD, args the CMD only.
func arguments(config *runtimeapi.ContainerConfig, used image.Image) []string {
	command, args := config.GetCommand(), config.GetArgs()
	if len(command) == 0 {
		command = used.Entrypoint
		if len(args) == 0 {
			args = used.Command
		}
	}
	return slices.Concat(command, args)
}

func environment(hostname string, config *runtimeapi.ContainerConfig, used image.Image, uid int) []string {
	home := "HOME=/root"
	if uid != 0 {
		home = "HOME=/"
	}
	entries := append([]string{}, used.Env...)
	entries = append(entries, "HOSTNAME="+hostname, home)
	if config.GetTty() {
		entries = append(entries, "TERM=xterm")
	}
	for _, pair := range config.GetEnvs() {
		entries = append(entries, pair.GetKey()+"="+string(pair.GetValue()))
	}
	return lastOfEach(entries)
}

func (s *Server) findTask(id string) (*task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, known := s.containers[id]; known {
		return found, nil
	}
	return nil, status.Errorf(codes.NotFound, "no container %s", id)
}

// StartContainer returns when the command runs, or with the reason why it cannot.
func (s *Server) StartContainer(_ context.Context, request *runtimeapi.StartContainerRequest) (*runtimeapi.StartContainerResponse, error) {
	found, err := s.findTask(request.GetContainerId())
	if err != nil {
		return nil, err
	}
	if err := found.start(); err != nil {
		return nil, err
	}
	s.announce(found, runtimeapi.ContainerEventType_CONTAINER_STARTED_EVENT)
	return &runtimeapi.StartContainerResponse{}, nil
}

// StopContainer sends the stop signal, waits for the grace period, and then ends the container.
func (s *Server) StopContainer(ctx context.Context, request *runtimeapi.StopContainerRequest) (*runtimeapi.StopContainerResponse, error) {
	found, err := s.findTask(request.GetContainerId())
	if err != nil {
		return &runtimeapi.StopContainerResponse{}, nil
	}
	grace, cancel := context.WithTimeout(ctx, time.Duration(request.GetTimeout())*time.Second)
	defer cancel()
	found.end(grace)
	return &runtimeapi.StopContainerResponse{}, nil
}

// RemoveContainer forgets a container, and ends it first where it still runs.
func (s *Server) RemoveContainer(_ context.Context, request *runtimeapi.RemoveContainerRequest) (*runtimeapi.RemoveContainerResponse, error) {
	found, err := s.findTask(request.GetContainerId())
	if err != nil {
		return &runtimeapi.RemoveContainerResponse{}, nil
	}
	return &runtimeapi.RemoveContainerResponse{}, s.remove(found)
}

func (s *Server) remove(one *task) error {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	one.end(now)
	s.mu.Lock()
	delete(s.containers, one.record.ID)
	s.mu.Unlock()
	s.announce(one, runtimeapi.ContainerEventType_CONTAINER_DELETED_EVENT)
	return s.forget("containers", one.record.ID)
}

// ListContainers lists containers, those that ended included.
func (s *Server) ListContainers(_ context.Context, request *runtimeapi.ListContainersRequest) (*runtimeapi.ListContainersResponse, error) {
	filter, response := request.GetFilter(), &runtimeapi.ListContainersResponse{}
	for _, one := range s.tasks() {
		now := one.snapshot()
		if filter.GetId() != "" && filter.GetId() != now.ID || filter.GetPodSandboxId() != "" && filter.GetPodSandboxId() != now.Sandbox ||
			filter.GetState() != nil && filter.GetState().State != now.State || !selected(filter.GetLabelSelector(), one.config.GetLabels()) {
			continue
		}
		response.Containers = append(response.Containers, &runtimeapi.Container{
			Id: now.ID, PodSandboxId: now.Sandbox, Metadata: one.config.GetMetadata(), Image: one.config.GetImage(), ImageRef: now.ImageID,
			ImageId: now.ImageID, State: now.State, CreatedAt: now.CreatedAt, Labels: one.config.GetLabels(), Annotations: one.config.GetAnnotations(),
		})
	}
	return response, nil
}

func (s *Server) tasks() []*task {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*task, 0, len(s.containers))
	for _, one := range s.containers {
		all = append(all, one)
	}
	return all
}

// ContainerStatus tells a container's state, and how it ended.
func (s *Server) ContainerStatus(_ context.Context, request *runtimeapi.ContainerStatusRequest) (*runtimeapi.ContainerStatusResponse, error) {
	found, err := s.findTask(request.GetContainerId())
	if err != nil {
		return nil, err
	}
	return &runtimeapi.ContainerStatusResponse{Status: found.status()}, nil
}

// UpdateContainerResources accepts new limits, which are not enforced here.
func (s *Server) UpdateContainerResources(_ context.Context, request *runtimeapi.UpdateContainerResourcesRequest) (*runtimeapi.UpdateContainerResourcesResponse, error) {
	_, err := s.findTask(request.GetContainerId())
	return &runtimeapi.UpdateContainerResourcesResponse{}, err
}

// ReopenContainerLog starts the log file anew after the kubelet moved it away.
func (s *Server) ReopenContainerLog(_ context.Context, request *runtimeapi.ReopenContainerLogRequest) (*runtimeapi.ReopenContainerLogResponse, error) {
	found, err := s.findTask(request.GetContainerId())
	if err != nil {
		return nil, err
	}
	return &runtimeapi.ReopenContainerLogResponse{}, found.reopenLog()
}
