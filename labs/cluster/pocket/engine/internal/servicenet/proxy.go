package servicenet

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"sync"
	"time"

	"labs/engine/internal/kubeapi"
)

const retryPause = time.Second

// Proxy serves the addresses of Services in the network namespace of this process.
type Proxy struct {
	kernel *kernel
	nodes  []netip.Addr

	mu       sync.Mutex
	services map[string]Service
	slices   map[string]Slice
	wake     chan struct{}
}

// New prepares the kernel: nothing is served yet, and connections to serviceRange are refused.
func New(serviceRange netip.Prefix, nodes []netip.Addr) (*Proxy, error) {
	kernel, err := newKernel(serviceRange)
	if err != nil {
		return nil, err
	}
	return &Proxy{kernel: kernel, nodes: nodes, wake: make(chan struct{}, 1)}, nil
}

// Run serves until ctx ends. Each change of Services is told to changed as well, from a goroutine of its own.
func (p *Proxy) Run(ctx context.Context, client *kubeapi.Client, changed func(map[string]Service)) {
	go kubeapi.Watch(ctx, client, "/api/v1/services", func(found map[string]Service) {
		p.update(func() { p.services = maps.Clone(found) })
		changed(found)
	})
	go kubeapi.Watch(ctx, client, "/apis/discovery.k8s.io/v1/endpointslices", func(found map[string]Slice) {
		p.update(func() { p.slices = maps.Clone(found) })
	})
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
			p.put()
		}
	}
}

func (p *Proxy) update(change func()) {
	p.mu.Lock()
	change()
	p.mu.Unlock()
	p.again()
}

func (p *Proxy) again() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// put tells the kernel what is known, once both kinds of objects are.
func (p *Proxy) put() {
	p.mu.Lock()
	services, slices := p.services, p.slices
	p.mu.Unlock()
	if services == nil || slices == nil {
		return
	}
	table := Table(services, slices, p.nodes)
	before, failures := p.kernel.put(table)
	if err := forgetStale(before, table); err != nil {
		failures = append(failures, err)
	}
	for _, err := range failures {
		fmt.Fprintln(os.Stderr, "serve the address of a Service:", err)
	}
	if len(failures) > 0 {
		time.AfterFunc(retryPause, p.again)
	}
}
