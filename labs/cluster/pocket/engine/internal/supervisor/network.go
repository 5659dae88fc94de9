package supervisor

import (
	"context"
	"net/netip"
	"os"

	"labs/engine/internal/control"
	"labs/engine/internal/forward"
	"labs/engine/internal/kubeapi"
	"labs/engine/internal/servicenet"
)

// network is what makes Services work: their addresses inside the cluster, and ports of the machine that lead to them.
type network struct {
	proxy    *servicenet.Proxy
	forwards *forward.Set
}

func (c *cluster) network() (*network, error) {
	nodes := []netip.Addr{}
	for _, host := range hosts(c.spec.Options.Nodes) {
		nodes = append(nodes, netip.MustParseAddr(host.Address))
	}
	proxy, err := servicenet.New(netip.MustParsePrefix(control.ServiceRange), nodes)
	if err != nil {
		return nil, nftablesRefused(err)
	}
	ports, err := forward.NewHostPorts(os.NewFile(portsFile, "ports"))
	if err != nil {
		return nil, err
	}
	forwards, err := forward.New(c.spec.Options.State, ports, c.client)
	return &network{proxy, forwards}, err
}

func (n *network) run(ctx context.Context, client *kubeapi.Client) {
	go n.forwards.Run(ctx)
	n.proxy.Run(ctx, client, n.forwards.Changed)
}
