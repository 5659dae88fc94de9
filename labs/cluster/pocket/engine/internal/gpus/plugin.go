package gpus

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"

	"labs/engine/internal/fleet"
)

const (
	retryPause = 50 * time.Millisecond
	// How long the kubelet may take to ask a plugin that has registered for its devices.
	patience = 2 * time.Second
)

// plugin serves one resource to the kubelet, and registers again whenever the kubelet has let go of it.
type plugin struct {
	api.UnimplementedDevicePluginServer
	name   string
	socket string
	// changed is called when the kubelet has begun or ceased to listen, or has asked for devices.
	changed func()

	mu     sync.Mutex
	units  []fleet.Unit
	shared bool
	// news is closed and replaced when the units change.
	news chan struct{}
	// listening counts the kubelet's streams, streams tells when that has changed.
	listening int
	streams   chan struct{}

	stop context.CancelFunc
	done chan struct{}
}

func startPlugin(ctx context.Context, name string, changed func()) *plugin {
	ctx, stop := context.WithCancel(ctx)
	p := &plugin{
		name: name, socket: filepath.Join(api.DevicePluginPath, "labs-"+strings.ReplaceAll(name, "/", "-")+".sock"),
		changed: changed, news: make(chan struct{}), streams: make(chan struct{}, 1), stop: stop, done: make(chan struct{}),
	}
	go p.keep(ctx)
	return p
}

// end takes the resource away from the kubelet.
func (p *plugin) end() {
	p.stop()
	<-p.done
}

// offer says which devices there are.
func (p *plugin) offer(units []fleet.Unit, shared bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shared = shared
	if !slices.Equal(units, p.units) {
		p.units = units
		close(p.news)
		p.news = make(chan struct{})
	}
}

func (p *plugin) isListening() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.listening > 0
}

// keep registers until ctx ends. A kubelet that starts empties the folder of sockets, so there is a new one for each attempt.
func (p *plugin) keep(ctx context.Context) {
	defer close(p.done)
	for ctx.Err() == nil {
		if err := p.serveOnce(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", p.name, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryPause):
		}
	}
}

// serveOnce serves until the kubelet ceases to listen.
func (p *plugin) serveOnce(ctx context.Context) error {
	probe, err := net.DialTimeout("unix", api.KubeletSocket, time.Second)
	if err != nil {
		return nil // the kubelet is not there yet
	}
	probe.Close()
	_ = os.Remove(p.socket)
	listener, err := net.Listen("unix", p.socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	api.RegisterDevicePluginServer(server, p)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		server.Stop()
		<-served
	}()
	if err := p.register(ctx); err != nil {
		return err
	}
	p.attend(ctx)
	return nil
}

func (p *plugin) register(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	connection, err := dial(api.KubeletSocket)
	if err != nil {
		return err
	}
	defer connection.Close()
	_, err = api.NewRegistrationClient(connection).Register(ctx, &api.RegisterRequest{
		Version: api.Version, Endpoint: filepath.Base(p.socket), ResourceName: p.name, Options: &api.DevicePluginOptions{},
	})
	return err
}

// attend returns when ctx ends, or when no stream of the kubelet is left; a first one has to come soon.
func (p *plugin) attend(ctx context.Context) {
	late := time.After(patience)
	for came := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-late:
			if !came {
				return
			}
		case <-p.streams:
			now := p.isListening()
			if came && !now {
				return
			}
			came = came || now
		}
	}
}

// GetDevicePluginOptions: none of the API's options is used.
func (p *plugin) GetDevicePluginOptions(context.Context, *api.Empty) (*api.DevicePluginOptions, error) {
	return &api.DevicePluginOptions{}, nil
}

// ListAndWatch tells the kubelet which devices there are, at once and whenever they change.
func (p *plugin) ListAndWatch(_ *api.Empty, stream grpc.ServerStreamingServer[api.ListAndWatchResponse]) error {
	p.count(1)
	defer p.count(-1)
	for {
		p.mu.Lock()
		units, news := p.units, p.news
		p.mu.Unlock()
		if err := stream.Send(&api.ListAndWatchResponse{Devices: listed(units)}); err != nil {
			return err
		}
		p.changed()
		select {
		case <-stream.Context().Done():
			return nil
		case <-news:
		}
	}
}

func (p *plugin) count(by int) {
	p.mu.Lock()
	p.listening += by
	p.mu.Unlock()
	notify(p.streams)
	p.changed()
}

func listed(units []fleet.Unit) []*api.Device {
	devices := []*api.Device{}
	for _, each := range units {
		health := api.Unhealthy
		if each.Healthy {
			health = api.Healthy
		}
		devices = append(devices, &api.Device{ID: each.ID, Health: health})
	}
	return devices
}

// Allocate makes devices visible in a container, with the errors of NVIDIA's plugin (internal/plugin/server.go, internal/rm).
func (p *plugin) Allocate(_ context.Context, request *api.AllocateRequest) (*api.AllocateResponse, error) {
	defer p.changed()
	response := &api.AllocateResponse{}
	for _, container := range request.GetContainerRequests() {
		uuids, err := p.uuids(container.GetDevicesIds())
		if err != nil {
			return nil, err
		}
		answer := &api.ContainerAllocateResponse{Envs: map[string]string{visibleDevices: strings.Join(uuids, ",")}}
		for _, mount := range mountsFor(uuids) {
			answer.Mounts = append(answer.Mounts, &api.Mount{HostPath: mount.host, ContainerPath: mount.container, ReadOnly: true})
		}
		response.ContainerResponses = append(response.ContainerResponses, answer)
	}
	return response, nil
}

// uuids are the cards behind ids, each once.
func (p *plugin) uuids(ids []string) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shared && len(ids) > 1 {
		return nil, fmt.Errorf("invalid request: maximum request size for shared resources is 1; found %d", len(ids))
	}
	found := []string{}
	for _, id := range ids {
		at := slices.IndexFunc(p.units, func(one fleet.Unit) bool { return one.ID == id })
		if at < 0 {
			return nil, fmt.Errorf("invalid allocation request for '%s': unknown device: %s", p.name, id)
		}
		if uuid := p.units[at].UUID; !slices.Contains(found, uuid) {
			found = append(found, uuid)
		}
	}
	return found, nil
}

// GetPreferredAllocation and PreStartContainer are announced as not wanted.
func (p *plugin) GetPreferredAllocation(context.Context, *api.PreferredAllocationRequest) (*api.PreferredAllocationResponse, error) {
	return &api.PreferredAllocationResponse{}, nil
}

// PreStartContainer has nothing to do.
func (p *plugin) PreStartContainer(context.Context, *api.PreStartContainerRequest) (*api.PreStartContainerResponse, error) {
	return &api.PreStartContainerResponse{}, nil
}

func dial(socket string) (*grpc.ClientConn, error) {
	return grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// notify wakes whoever reads from the channel, once.
func notify(channel chan struct{}) {
	select {
	case channel <- struct{}{}:
	default:
	}
}
