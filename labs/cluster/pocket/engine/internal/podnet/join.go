package podnet

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// Join connects the network namespace behind the file to the bridge: a pair of devices, eth0 inside with the address, the
// loopback device up, and a default route to the gateway. hostName names the outer end (at most 15 characters). Pods send
// to each other through the gateway as well: a Service's answers would not find back otherwise.
func Join(namespace *os.File, bridge, hostName string, address, gateway netip.Addr) error {
	master, err := netlink.LinkByName(bridge)
	if err != nil {
		return fmt.Errorf("find the bridge %s: %w", bridge, err)
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name = hostName
	attributes.MasterIndex = master.Attrs().Index
	pair := &netlink.Veth{LinkAttrs: attributes, PeerName: "eth0", PeerNamespace: netlink.NsFd(int(namespace.Fd()))}
	if err := netlink.LinkAdd(pair); err != nil {
		return fmt.Errorf("make the device %s: %w", hostName, err)
	}
	if err := netlink.LinkSetUp(pair); err != nil {
		return fmt.Errorf("raise %s: %w", hostName, err)
	}
	// Where the machine has br_netfilter, a pod that reaches itself through a Service does so inside of the bridge.
	if err := netlink.LinkSetHairpin(pair, true); err != nil {
		return fmt.Errorf("let %s return what comes from it: %w", hostName, err)
	}
	return configure(namespace, address, gateway)
}

// Leave removes the outer end of a pod's devices, and so both. A device that is gone already is no error.
func Leave(hostName string) error {
	link, err := netlink.LinkByName(hostName)
	if _, gone := err.(netlink.LinkNotFoundError); gone {
		return nil
	}
	if err != nil {
		return err
	}
	return netlink.LinkDel(link)
}

func configure(namespace *os.File, address, gateway netip.Addr) error {
	handle, err := netlink.NewHandleAt(netns.NsHandle(namespace.Fd()))
	if err != nil {
		return fmt.Errorf("enter the pod's network: %w", err)
	}
	defer handle.Close()
	loopback, err := handle.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := handle.LinkSetUp(loopback); err != nil {
		return fmt.Errorf("raise the pod's loopback device: %w", err)
	}
	inside, err := handle.LinkByName("eth0")
	if err != nil {
		return err
	}
	if err := handle.AddrAdd(inside, &netlink.Addr{IPNet: alone(address)}); err != nil {
		return fmt.Errorf("give the pod its address %s: %w", address, err)
	}
	if err := handle.LinkSetUp(inside); err != nil {
		return fmt.Errorf("raise the pod's device: %w", err)
	}
	routes := []netlink.Route{
		{LinkIndex: inside.Attrs().Index, Dst: alone(gateway), Scope: netlink.SCOPE_LINK},
		{LinkIndex: inside.Attrs().Index, Gw: gateway.AsSlice()},
	}
	for _, route := range routes {
		if err := handle.RouteAdd(&route); err != nil {
			return fmt.Errorf("set the pod's default route: %w", err)
		}
	}
	return nil
}

func alone(address netip.Addr) *net.IPNet {
	return &net.IPNet{IP: address.AsSlice(), Mask: net.CIDRMask(32, 32)}
}
