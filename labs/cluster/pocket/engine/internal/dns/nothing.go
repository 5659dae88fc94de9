package dns

import (
	"context"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"
)

// nothing is the plugin that says of every name that it does not exist.
type nothing struct{}

func init() { plugin.Register("nothing", setUp) }

func setUp(controller *caddy.Controller) error {
	dnsserver.GetConfig(controller).AddPlugin(func(plugin.Handler) plugin.Handler { return nothing{} })
	return nil
}

// Name is plugin.Handler's.
func (nothing) Name() string { return "nothing" }

// ServeDNS is plugin.Handler's.
func (nothing) ServeDNS(_ context.Context, writer dns.ResponseWriter, request *dns.Msg) (int, error) {
	answer := new(dns.Msg).SetRcode(request, dns.RcodeNameError)
	answer.Authoritative = true
	return dns.RcodeNameError, writer.WriteMsg(answer)
}
