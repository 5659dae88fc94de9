package cri

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"

	"google.golang.org/grpc"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-streaming/pkg/streaming"

	"labs/engine/internal/container"
	"labs/engine/internal/image"
	"labs/engine/internal/podnet"
)

// Config is what a runtime needs to know of its node.
type Config struct {
	NodeName string
	NodeIP   string
	// Socket is where the runtime is called, StateDir what it keeps on the node's disk.
	Socket   string
	StateDir string
	PodCIDR  string
	Gateway  string
	Bridge   string
	// IDs is how many user ids the cluster has: 65536, or 1 where only the learner's own could be mapped.
	IDs    int
	Python image.Python
	// Images is the folder of the library that the nodes share.
	Images string
}

// sandboxDir holds the namespaces of the pods that run. It is empty after a start.
const sandboxDir = "/run/sandboxes"

// Server is the runtime. Its methods are those of the interface.
type Server struct {
	runtimeapi.UnimplementedRuntimeServiceServer
	runtimeapi.UnimplementedImageServiceServer

	config    Config
	images    *image.Store
	addresses *podnet.Pool
	gateway   netip.Addr
	events    *events
	streams   streaming.Server
	grpc      *grpc.Server

	mu         sync.Mutex
	sandboxes  map[string]*sandbox
	containers map[string]*task
}

// New reads what an earlier run left behind: its containers are known, and have ended.
func New(config Config) (*Server, error) {
	pool, err := podnet.NewPool(config.PodCIDR)
	if err != nil {
		return nil, err
	}
	gateway, err := netip.ParseAddr(config.Gateway)
	if err != nil {
		return nil, fmt.Errorf("read the gateway: %w", err)
	}
	s := &Server{
		config: config, addresses: pool, gateway: gateway, events: newEvents(),
		grpc: grpc.NewServer(), sandboxes: map[string]*sandbox{}, containers: map[string]*task{},
	}
	for _, folder := range []string{s.folder("sandboxes"), s.folder("containers"), sandboxDir, container.RootMount} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	if s.images, err = image.Open(config.StateDir, image.Library{Folder: config.Images}, config.Python); err != nil {
		return nil, fmt.Errorf("read the image store: %w", err)
	}
	if err := s.recall(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) folder(name string) string { return filepath.Join(s.config.StateDir, name) }

// Serve answers until ctx ends or Stop is called.
func (s *Server) Serve(ctx context.Context) error {
	if err := s.serveStreams(); err != nil {
		return err
	}
	runtimeapi.RegisterRuntimeServiceServer(s.grpc, s)
	runtimeapi.RegisterImageServiceServer(s.grpc, s)
	if err := os.Remove(s.config.Socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", s.config.Socket)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, s.grpc.Stop)()
	return s.grpc.Serve(listener)
}

// Stop ends every container: a signal first, the rest when ctx ends.
func (s *Server) Stop(ctx context.Context) {
	s.grpc.Stop()
	_ = s.streams.Stop()
	s.mu.Lock()
	running := make([]*task, 0, len(s.containers))
	for _, one := range s.containers {
		running = append(running, one)
	}
	s.mu.Unlock()
	var all sync.WaitGroup
	for _, one := range running {
		all.Go(func() { one.end(ctx) })
	}
	all.Wait()
}

// Version names the runtime.
func (s *Server) Version(context.Context, *runtimeapi.VersionRequest) (*runtimeapi.VersionResponse, error) {
	return &runtimeapi.VersionResponse{Version: "0.1.0", RuntimeName: "pocket", RuntimeVersion: "1.0.0", RuntimeApiVersion: "v1"}, nil
}

// Status is ready as soon as it can be asked.
func (s *Server) Status(context.Context, *runtimeapi.StatusRequest) (*runtimeapi.StatusResponse, error) {
	conditions := []*runtimeapi.RuntimeCondition{
		{Type: runtimeapi.RuntimeReady, Status: true}, {Type: runtimeapi.NetworkReady, Status: true},
	}
	return &runtimeapi.StatusResponse{
		Status:          &runtimeapi.RuntimeStatus{Conditions: conditions},
		RuntimeHandlers: []*runtimeapi.RuntimeHandler{{Features: &runtimeapi.RuntimeHandlerFeatures{RecursiveReadOnlyMounts: true}}},
	}, nil
}

// UpdateRuntimeConfig has nothing to change: the node's pod range is set when it is made.
func (s *Server) UpdateRuntimeConfig(context.Context, *runtimeapi.UpdateRuntimeConfigRequest) (*runtimeapi.UpdateRuntimeConfigResponse, error) {
	return &runtimeapi.UpdateRuntimeConfigResponse{}, nil
}

// RuntimeConfig tells the cgroup driver, which is of no effect: pods have no cgroups of their own.
func (s *Server) RuntimeConfig(context.Context, *runtimeapi.RuntimeConfigRequest) (*runtimeapi.RuntimeConfigResponse, error) {
	return &runtimeapi.RuntimeConfigResponse{
		Linux: &runtimeapi.LinuxRuntimeConfiguration{CgroupDriver: runtimeapi.CgroupDriver_CGROUPFS},
	}, nil
}
