package servicenet

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const serviceName = "kubernetes.io/service-name"

var protocols = map[string]uint8{"TCP": unix.IPPROTO_TCP, "UDP": unix.IPPROTO_UDP}

// Frontend is an address, protocol and port that clients call.
type Frontend struct {
	Address  netip.Addr
	Protocol uint8
	Port     uint16
}

// Port is one port of a Service with where its connections go.
type Port struct {
	Frontends []Frontend
	Backends  []netip.AddrPort
	// Sticky is how long a client that is silent keeps its backend; 0: each connection goes anywhere.
	Sticky time.Duration
}

// Table says, for all Services, where connections go. Its keys name a port. Only ports with a backend are in it: connections
// to all others are refused. Node ports are served on every address of nodes.
func Table(services map[string]Service, endpoints map[string]Slice, nodes []netip.Addr) map[string]Port {
	byService := map[string][]Slice{}
	for _, slice := range endpoints {
		owner := slice.Metadata.Namespace + "/" + slice.Metadata.Labels[serviceName]
		byService[owner] = append(byService[owner], slice)
	}
	table := map[string]Port{}
	for name, service := range services {
		address, err := netip.ParseAddr(service.Spec.ClusterIP)
		if err != nil || !address.Is4() {
			continue
		}
		for _, port := range service.Spec.Ports {
			frontends, backends := frontends(address, port, nodes), backends(byService[name], port.Name)
			if len(frontends) > 0 && len(backends) > 0 {
				key := fmt.Sprintf("%s/%d/%s", name, port.Port, port.Protocol)
				table[key] = Port{Frontends: frontends, Backends: backends, Sticky: sticky(service)}
			}
		}
	}
	return table
}

func frontends(address netip.Addr, port ServicePort, nodes []netip.Addr) []Frontend {
	protocol, known := protocols[port.Protocol]
	if !known {
		return nil
	}
	all := []Frontend{{address, protocol, port.Port}}
	if port.NodePort != 0 {
		for _, node := range nodes {
			all = append(all, Frontend{node, protocol, port.NodePort})
		}
	}
	return all
}

// backends are the ready endpoints of a port; where there are none, those that end but still serve, as with kube-proxy.
func backends(of []Slice, port string) []netip.AddrPort {
	var ready, ending []netip.AddrPort
	for _, slice := range of {
		number := portOf(slice, port)
		if slice.AddressType != "IPv4" || number == 0 {
			continue
		}
		for _, endpoint := range slice.Endpoints {
			if len(endpoint.Addresses) == 0 {
				continue
			}
			address, err := netip.ParseAddr(endpoint.Addresses[0])
			if err != nil {
				continue
			}
			switch conditions := endpoint.Conditions; {
			case conditions.Ready == nil || *conditions.Ready:
				ready = append(ready, netip.AddrPortFrom(address, number))
			case isTrue(conditions.Serving) && isTrue(conditions.Terminating):
				ending = append(ending, netip.AddrPortFrom(address, number))
			}
		}
	}
	if len(ready) == 0 {
		ready = ending
	}
	slices.SortFunc(ready, netip.AddrPort.Compare)
	return slices.Compact(ready)
}

func portOf(slice Slice, name string) uint16 {
	for _, port := range slice.Ports {
		if port.Name == name {
			return port.Port
		}
	}
	return 0
}

func isTrue(condition *bool) bool { return condition != nil && *condition }

func sticky(service Service) time.Duration {
	if service.Spec.SessionAffinity != "ClientIP" {
		return 0
	}
	return time.Duration(max(service.Spec.AffinityConfig.ClientIP.TimeoutSeconds, 1)) * time.Second
}
