package podnet

import (
	"fmt"
	"net/netip"
	"sync"
)

// Pool hands out the addresses of one node's pods.
type Pool struct {
	mu     sync.Mutex
	prefix netip.Prefix
	next   netip.Addr
	taken  map[netip.Addr]bool
}

// NewPool takes the node's range, for instance 10.244.1.0/24; its first and last address are never given.
func NewPool(cidr string) (*Pool, error) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return nil, fmt.Errorf("read the pods' range: %w", err)
	}
	prefix = prefix.Masked()
	return &Pool{prefix: prefix, next: prefix.Addr().Next(), taken: map[netip.Addr]bool{}}, nil
}

// Take gives the next free address: one that was given back is used again as late as possible.
func (p *Pool) Take() (netip.Addr, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range 1 << (32 - p.prefix.Bits()) {
		address := p.next
		p.next = p.after(address)
		if !p.taken[address] {
			p.taken[address] = true
			return address, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("all pod addresses of this node (%s) are in use", p.prefix)
}

// Give returns an address to the pool.
func (p *Pool) Give(address netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken, address)
}

func (p *Pool) after(address netip.Addr) netip.Addr {
	next := address.Next()
	if !p.prefix.Contains(next) || !p.prefix.Contains(next.Next()) {
		return p.prefix.Addr().Next()
	}
	return next
}
