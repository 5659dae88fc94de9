package forward

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"labs/engine/internal/kubeapi"
	"labs/engine/internal/relay"
	"labs/engine/internal/servicenet"
)

const (
	dialPatience = 10 * time.Second
	retryPause   = 2 * time.Second
)

// Set keeps the ports of the machine as the Services of the cluster want them.
type Set struct {
	folder string
	ports  *HostPorts
	client *kubeapi.Client
	open   map[string]opened
	last   map[string]int

	mu       sync.Mutex
	services map[string]servicenet.Service
	wake     chan struct{}
}

// opened is a port that leads to target. wanted is what it was asked to be.
type opened struct {
	forward  Forward
	target   string
	listener net.Listener
}

// New has no port open, and says so in the folder.
func New(folder string, ports *HostPorts, client *kubeapi.Client) (*Set, error) {
	set := &Set{
		folder: folder, ports: ports, client: client, open: map[string]opened{}, last: readPorts(folder), wake: make(chan struct{}, 1),
	}
	return set, writeForwards(folder, []Forward{})
}

// Changed tells the set about Services.
func (s *Set) Changed(services map[string]servicenet.Service) {
	s.mu.Lock()
	s.services = maps.Clone(services)
	s.mu.Unlock()
	s.again()
}

func (s *Set) again() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run follows what Changed tells until ctx ends.
func (s *Set) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		s.mu.Lock()
		services := s.services
		s.mu.Unlock()
		if err := s.put(ctx, services); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "open a port to a Service:", err)
			time.AfterFunc(retryPause, s.again)
		}
	}
}

func (s *Set) put(ctx context.Context, services map[string]servicenet.Service) error {
	wanted, changed := wishes(services), false
	for key, port := range s.open {
		if wish, kept := wanted[key]; !kept || wish.target != port.target || wish.forward.Kind != port.forward.Kind {
			port.listener.Close()
			delete(s.open, key)
			changed = true
		}
	}
	var failures []error
	for key, wish := range wanted {
		if _, exists := s.open[key]; !exists {
			failures = append(failures, s.add(ctx, key, wish))
			changed = true
		}
	}
	if changed {
		failures = append(failures, s.write())
	}
	return errors.Join(append(failures, s.setStatuses(ctx, services))...)
}

// wish is a port that is to be open.
type wish struct {
	forward  Forward
	target   string
	nodePort int
	uid      string
}

func wishes(services map[string]servicenet.Service) map[string]wish {
	wanted := map[string]wish{}
	for name, service := range services {
		spec := service.Spec
		if spec.Type != "NodePort" && spec.Type != "LoadBalancer" || spec.LoadBalancerClass != nil {
			continue
		}
		for _, port := range spec.Ports {
			if port.Protocol != "TCP" {
				continue
			}
			number := strconv.Itoa(int(port.Port))
			wanted[name+"/"+number] = wish{
				forward: Forward{
					Namespace: service.Metadata.Namespace, Service: service.Metadata.Name,
					Port: int(port.Port), Name: port.Name, Kind: spec.Type, Address: address,
				},
				target: net.JoinHostPort(spec.ClusterIP, number), nodePort: int(port.NodePort), uid: service.Metadata.UID,
			}
		}
	}
	return wanted
}

// add opens a port: the one that the Service had before, else that of its nodes, else a free one.
func (s *Set) add(ctx context.Context, key string, wanted wish) error {
	asked := wanted.nodePort
	if before, known := s.last[key]; known {
		asked = before
	}
	listener, taken, err := s.ports.Listen(asked)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	wanted.forward.HostPort = listener.Addr().(*net.TCPAddr).Port
	s.open[key] = opened{wanted.forward, wanted.target, listener}
	go relay.Serve(listener, relay.To(wanted.target, dialPatience))
	if taken {
		return s.sayTaken(ctx, wanted, asked)
	}
	return nil
}

func (s *Set) write() error {
	forwards, ports := []Forward{}, map[string]int{}
	for key, port := range s.open {
		forwards = append(forwards, port.forward)
		ports[key] = port.forward.HostPort
	}
	s.last = ports
	return errors.Join(writeForwards(s.folder, forwards), writePorts(s.folder, ports))
}
