// Package dns answers names of the cluster: CoreDNS with the few plugins that the pocket cluster uses.
package dns

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
)

func init() { dnsserver.Directives = []string{"bind", "errors", "kubernetes", "nothing"} }

// Run serves as os.Args say, until the process is ended.
func Run() { coremain.Run() }
