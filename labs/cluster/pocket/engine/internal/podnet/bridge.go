package podnet

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/vishvananda/netlink"
)

// Config names the bridge and its own address in CIDR form, which is the gateway of every pod.
type Config struct {
	Bridge  string
	Gateway string
}

// SetupBridge makes the bridge with its address and raises it; what exists already is kept.
func SetupBridge(config Config) error {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = config.Bridge
	if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attributes}); err != nil && !errors.Is(err, syscall.EEXIST) {
		return fmt.Errorf("make the bridge %s: %w", config.Bridge, err)
	}
	bridge, err := netlink.LinkByName(config.Bridge)
	if err != nil {
		return fmt.Errorf("find the bridge %s: %w", config.Bridge, err)
	}
	address, err := netlink.ParseAddr(config.Gateway)
	if err != nil {
		return fmt.Errorf("read the gateway %s: %w", config.Gateway, err)
	}
	if err := netlink.AddrAdd(bridge, address); err != nil && !errors.Is(err, syscall.EEXIST) {
		return fmt.Errorf("give %s the address %s: %w", config.Bridge, config.Gateway, err)
	}
	return netlink.LinkSetUp(bridge)
}

// Route leads packets of this network namespace for a network to the bridge; they come from the bridge's own address.
func Route(bridge, network, gateway string) error {
	link, err := netlink.LinkByName(bridge)
	if err != nil {
		return fmt.Errorf("find the bridge %s: %w", bridge, err)
	}
	source, err := netlink.ParseAddr(gateway)
	if err != nil {
		return err
	}
	to, err := netlink.ParseIPNet(network)
	if err != nil {
		return err
	}
	route := &netlink.Route{LinkIndex: link.Attrs().Index, Dst: to, Src: source.IP, Scope: netlink.SCOPE_LINK}
	if err := netlink.RouteAdd(route); err != nil && !errors.Is(err, syscall.EEXIST) {
		return fmt.Errorf("set the route to %s: %w", network, err)
	}
	return nil
}
