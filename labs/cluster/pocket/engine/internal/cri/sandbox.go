package cri

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"labs/engine/internal/podnet"
	"labs/engine/internal/rootfs"
)

// sandbox is a pod's shared namespaces. One that is not ready has none.
type sandbox struct {
	record  sandboxRecord
	config  *runtimeapi.PodSandboxConfig
	ready   bool
	address netip.Addr
	// init is process 1 of the pod where its containers share processes.
	init *podInit
}

func (b *sandbox) folder() string          { return filepath.Join(sandboxDir, b.record.ID) }
func (b *sandbox) file(name string) string { return filepath.Join(b.folder(), name) }
func (b *sandbox) device() string          { return "veth" + b.record.ID[:8] }

func (b *sandbox) hostNetwork() bool {
	return b.config.GetLinux().GetSecurityContext().GetNamespaceOptions().GetNetwork() == runtimeapi.NamespaceMode_NODE
}

func (b *sandbox) sharesProcesses() bool {
	return b.config.GetLinux().GetSecurityContext().GetNamespaceOptions().GetPid() == runtimeapi.NamespaceMode_POD
}

// namespaces are those that a container of the pod joins, by the path of their file.
func (b *sandbox) namespaces() map[string]int {
	joined := map[string]int{}
	for _, name := range b.own() {
		joined[b.file(name)] = kinds[name]
	}
	return joined
}

func (b *sandbox) own() []string {
	if b.hostNetwork() {
		return []string{"ipc", "uts"}
	}
	return []string{"net", "ipc", "uts"}
}

// RunPodSandbox makes a pod's namespaces and joins it to the network.
func (s *Server) RunPodSandbox(_ context.Context, request *runtimeapi.RunPodSandboxRequest) (*runtimeapi.RunPodSandboxResponse, error) {
	config := request.GetConfig()
	if err := refusedSandbox(config); err != nil {
		return nil, err
	}
	text, err := proto.Marshal(config)
	if err != nil {
		return nil, err
	}
	made := &sandbox{record: sandboxRecord{ID: newID(), Config: text, CreatedAt: time.Now().UnixNano()}, config: config}
	if err := s.open(made); err != nil {
		s.closeSandbox(made)
		return nil, err
	}
	if err := s.save("sandboxes", made.record.ID, made.record); err != nil {
		s.closeSandbox(made)
		return nil, err
	}
	s.mu.Lock()
	s.sandboxes[made.record.ID] = made
	s.mu.Unlock()
	return &runtimeapi.RunPodSandboxResponse{PodSandboxId: made.record.ID}, nil
}

func (s *Server) open(b *sandbox) error {
	if err := os.MkdirAll(b.file("shm"), 0o755); err != nil {
		return err
	}
	if err := rootfs.Shared(b.file("shm")); err != nil {
		return fmt.Errorf("mount the pod's shared memory: %w", err)
	}
	if err := os.WriteFile(b.file("resolv.conf"), []byte(resolver(b.config.GetDnsConfig())), 0o644); err != nil {
		return err
	}
	hostname := b.config.GetHostname()
	if hostname == "" {
		hostname = s.config.NodeName
	}
	if err := pin(b.folder(), hostname, b.own()); err != nil {
		return err
	}
	if !b.hostNetwork() {
		if err := s.connect(b); err != nil {
			return err
		}
	}
	b.ready = true
	if b.sharesProcesses() {
		return b.startInit()
	}
	return nil
}

func (s *Server) connect(b *sandbox) error {
	address, err := s.addresses.Take()
	if err != nil {
		return err
	}
	b.address = address
	namespace, err := os.Open(b.file("net"))
	if err != nil {
		return err
	}
	defer namespace.Close()
	return podnet.Join(namespace, s.config.Bridge, b.device(), address, s.gateway)
}

func resolver(dns *runtimeapi.DNSConfig) string {
	var text strings.Builder
	for _, server := range dns.GetServers() {
		fmt.Fprintf(&text, "nameserver %s\n", server)
	}
	if len(dns.GetSearches()) > 0 {
		fmt.Fprintf(&text, "search %s\n", strings.Join(dns.GetSearches(), " "))
	}
	if len(dns.GetOptions()) > 0 {
		fmt.Fprintf(&text, "options %s\n", strings.Join(dns.GetOptions(), " "))
	}
	return text.String()
}

// closeSandbox takes the pod's namespaces down; other pods are served meanwhile. It may be called again.
func (s *Server) closeSandbox(b *sandbox) {
	s.mu.Lock()
	init, address := b.init, b.address
	b.ready, b.init, b.address = false, nil, netip.Addr{}
	s.mu.Unlock()
	if init != nil {
		init.kill()
	}
	if address.IsValid() {
		_ = podnet.Leave(b.device())
		s.addresses.Give(address)
	}
	unpin(b.folder())
	_ = unix.Unmount(b.file("shm"), unix.MNT_DETACH)
	_ = os.RemoveAll(b.folder())
}

func (s *Server) findSandbox(id string) (*sandbox, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, known := s.sandboxes[id]; known {
		return found, nil
	}
	return nil, status.Errorf(codes.NotFound, "no pod sandbox %s", id)
}

func (s *Server) tasksOf(b *sandbox) []*task {
	s.mu.Lock()
	defer s.mu.Unlock()
	var tasks []*task
	for _, one := range s.containers {
		if one.sandbox == b {
			tasks = append(tasks, one)
		}
	}
	return tasks
}

// StopPodSandbox ends what still runs in the pod and takes its namespaces down. It may be called again.
func (s *Server) StopPodSandbox(_ context.Context, request *runtimeapi.StopPodSandboxRequest) (*runtimeapi.StopPodSandboxResponse, error) {
	found, err := s.findSandbox(request.GetPodSandboxId())
	if status.Code(err) == codes.NotFound {
		return &runtimeapi.StopPodSandboxResponse{}, nil
	}
	now, cancel := context.WithCancel(context.Background())
	cancel()
	for _, one := range s.tasksOf(found) {
		one.end(now)
	}
	s.closeSandbox(found)
	return &runtimeapi.StopPodSandboxResponse{}, nil
}

// RemovePodSandbox forgets a pod and its containers.
func (s *Server) RemovePodSandbox(ctx context.Context, request *runtimeapi.RemovePodSandboxRequest) (*runtimeapi.RemovePodSandboxResponse, error) {
	found, err := s.findSandbox(request.GetPodSandboxId())
	if err != nil {
		return &runtimeapi.RemovePodSandboxResponse{}, nil
	}
	if _, err := s.StopPodSandbox(ctx, &runtimeapi.StopPodSandboxRequest{PodSandboxId: found.record.ID}); err != nil {
		return nil, err
	}
	for _, one := range s.tasksOf(found) {
		if err := s.remove(one); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	delete(s.sandboxes, found.record.ID)
	s.mu.Unlock()
	return &runtimeapi.RemovePodSandboxResponse{}, s.forget("sandboxes", found.record.ID)
}

func (b *sandbox) state() runtimeapi.PodSandboxState {
	if b.ready {
		return runtimeapi.PodSandboxState_SANDBOX_READY
	}
	return runtimeapi.PodSandboxState_SANDBOX_NOTREADY
}

func (b *sandbox) status() *runtimeapi.PodSandboxStatus {
	network := &runtimeapi.PodSandboxNetworkStatus{}
	if b.address.IsValid() {
		network.Ip = b.address.String()
	}
	options := b.config.GetLinux().GetSecurityContext().GetNamespaceOptions()
	return &runtimeapi.PodSandboxStatus{
		Id: b.record.ID, Metadata: b.config.GetMetadata(), State: b.state(), CreatedAt: b.record.CreatedAt, Network: network,
		Linux:  &runtimeapi.LinuxPodSandboxStatus{Namespaces: &runtimeapi.Namespace{Options: options}},
		Labels: b.config.GetLabels(), Annotations: b.config.GetAnnotations(),
	}
}

// PodSandboxStatus tells a pod's state and address. It leaves the time out: with one, and with events on, the kubelet of
// 1.37 forgets which containers are of the current sandbox, and runs init containers for ever (GetPodStatus in
// pkg/kubelet/kuberuntime/kuberuntime_manager.go).
func (s *Server) PodSandboxStatus(_ context.Context, request *runtimeapi.PodSandboxStatusRequest) (*runtimeapi.PodSandboxStatusResponse, error) {
	found, err := s.findSandbox(request.GetPodSandboxId())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &runtimeapi.PodSandboxStatusResponse{Status: found.status()}, nil
}

// ListPodSandbox lists pods, those that ended included.
func (s *Server) ListPodSandbox(_ context.Context, request *runtimeapi.ListPodSandboxRequest) (*runtimeapi.ListPodSandboxResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	filter, response := request.GetFilter(), &runtimeapi.ListPodSandboxResponse{}
	for _, one := range s.sandboxes {
		if filter.GetId() != "" && filter.GetId() != one.record.ID || filter.GetState() != nil && filter.GetState().State != one.state() ||
			!selected(filter.GetLabelSelector(), one.config.GetLabels()) {
			continue
		}
		response.Items = append(response.Items, &runtimeapi.PodSandbox{
			Id: one.record.ID, Metadata: one.config.GetMetadata(), State: one.state(), CreatedAt: one.record.CreatedAt,
			Labels: one.config.GetLabels(), Annotations: one.config.GetAnnotations(),
		})
	}
	return response, nil
}

func selected(selector, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return true
}
