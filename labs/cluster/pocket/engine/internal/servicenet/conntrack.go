package servicenet

import (
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// stale matches what the kernel remembers of UDP: packets of one client would go on to a backend that is no longer there.
type stale struct {
	frontends []Frontend
	backends  []netip.AddrPort
}

// MatchConntrackFlow is netlink.CustomConntrackFilter.
func (s stale) MatchConntrackFlow(flow *netlink.ConntrackFlow) bool {
	if flow.Forward.Protocol != unix.IPPROTO_UDP {
		return false
	}
	called, _ := netip.AddrFromSlice(flow.Forward.DstIP.To4())
	answers, _ := netip.AddrFromSlice(flow.Reverse.SrcIP.To4())
	return slices.Contains(s.frontends, Frontend{called, unix.IPPROTO_UDP, flow.Forward.DstPort}) &&
		!slices.Contains(s.backends, netip.AddrPortFrom(answers, flow.Reverse.SrcPort))
}

// forgetStale forgets the flows of UDP ports that have lost a backend. TCP connections live on until they end.
func forgetStale(before, now map[string]Port) error {
	var filters []netlink.CustomConntrackFilter
	for name, old := range before {
		if len(old.Frontends) > 0 && old.Frontends[0].Protocol == unix.IPPROTO_UDP {
			filters = append(filters, stale{old.Frontends, now[name].Backends})
		}
	}
	if len(filters) == 0 {
		return nil
	}
	_, err := netlink.ConntrackDeleteFilters(netlink.ConntrackTable, unix.AF_INET, filters...)
	return err
}
