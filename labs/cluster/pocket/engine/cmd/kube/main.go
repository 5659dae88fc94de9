// Command kube holds every unmodified Kubernetes server of the pocket cluster, etcd and CoreDNS; the first argument chooses one.
// One file instead of several: the programs share its pages in memory. kubectl is another, because each of these programs would
// otherwise set up kubectl's packages as well.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"

	"labs/engine/internal/dns"
	"labs/engine/internal/why"
)

// others read os.Args themselves; each returns its exit code. why is ours, but asks the scheduler's own code: here it costs no
// second copy of it.
var others = map[string]func() int{
	"etcd":    func() int { etcdmain.Main(os.Args); return 0 },
	"coredns": func() int { dns.Run(); return 0 },
	"why":     why.Main,
}

var programs = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
}

func main() {
	name := filepath.Base(os.Args[0])
	if !known(name) && len(os.Args) > 1 {
		os.Args = os.Args[1:]
		name = os.Args[0]
	}
	if !known(name) {
		fmt.Fprintln(os.Stderr, "usage: kube etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubelet|coredns|why ...")
		os.Exit(2)
	}
	startFast()
	if run, found := others[name]; found {
		os.Exit(run())
	}
	os.Exit(cli.Run(programs[name]()))
}

func known(name string) bool {
	return programs[name] != nil || others[name] != nil
}
