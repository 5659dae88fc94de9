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
// loopback device up, and a default route to the gateway. hostName names the outer end (at most 15 characters).
func Join(namespace *os.File, bridge, hostName string, address netip.Addr, gateway Gateway) error {
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
	return configure(namespace, address, gateway)
}

// Gateway is the bridge's address with the length of the cluster's pod network.
type Gateway struct {
	Address netip.Addr
	Bits    int
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

func configure(namespace *os.File, address netip.Addr, gateway Gateway) error {
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
	network := &net.IPNet{IP: address.AsSlice(), Mask: net.CIDRMask(gateway.Bits, 32)}
	if err := handle.AddrAdd(inside, &netlink.Addr{IPNet: network}); err != nil {
		return fmt.Errorf("give the pod its address %s: %w", address, err)
	}
	if err := handle.LinkSetUp(inside); err != nil {
		return fmt.Errorf("raise the pod's device: %w", err)
	}
	route := &netlink.Route{LinkIndex: inside.Attrs().Index, Gw: gateway.Address.AsSlice()}
	if err := handle.RouteAdd(route); err != nil {
		return fmt.Errorf("set the pod's default route: %w", err)
	}
	return nil
}
