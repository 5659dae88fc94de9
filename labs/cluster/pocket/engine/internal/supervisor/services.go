package supervisor

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"labs/engine/internal/control"
	"labs/engine/internal/pki"
)

// After this many starts that came to nothing, etcd's data counts as damaged.
const etcdAttempts = 3

// services are all programs of the cluster.
type services struct {
	etcd        *service
	apiserver   *service
	controllers []*service
	nodes       []*service
}

func (c *cluster) services(ctx context.Context) (*services, error) {
	options := c.spec.Options
	controllers, err := c.controllers(ctx)
	if err != nil {
		return nil, err
	}
	all := &services{
		etcd:        c.program(control.Etcd(control.Data(options.State))),
		apiserver:   c.program(control.APIServer(c.certs)),
		controllers: controllers,
	}
	all.etcd.ready, all.etcd.failed = etcdReady, c.repairEtcd
	for i := range options.Nodes {
		one, err := c.node(i)
		if err != nil {
			return nil, err
		}
		all.nodes = append(all.nodes, one)
	}
	return all, nil
}

// controllers are what is started when the API server serves.
func (c *cluster) controllers(ctx context.Context) ([]*service, error) {
	write := func(name string) (string, error) {
		path := filepath.Join(control.RuntimeDir(), name+".kubeconfig")
		return path, pki.WriteFile(path, c.certs.Kubeconfig(control.Server(), name))
	}
	managing, err := write(pki.ControllerManager)
	if err != nil {
		return nil, err
	}
	scheduling, err := write(pki.Scheduler)
	if err != nil {
		return nil, err
	}
	manager, scheduler := c.program(control.ControllerManager(c.certs, managing)), c.program(control.Scheduler(c.certs, scheduling))
	manager.ready, scheduler.ready = listening("127.0.0.1:10257"), listening("127.0.0.1:10259")
	dns, err := c.dns(ctx, write)
	return []*service{scheduler, manager, dns}, err
}

// dns is CoreDNS. Before it starts, at whatever time, the objects are there that it serves and lives by.
func (c *cluster) dns(ctx context.Context, write func(string) (string, error)) (*service, error) {
	kubeconfig, err := write(pki.CoreDNS)
	if err != nil {
		return nil, err
	}
	settings := filepath.Join(control.RuntimeDir(), "Corefile")
	if err := pki.WriteFile(settings, []byte(control.Corefile(kubeconfig))); err != nil {
		return nil, err
	}
	dns := c.program(control.CoreDNS(settings))
	start := dns.command
	dns.command = func() (*exec.Cmd, error) {
		if err := c.applyAddons(ctx); err != nil {
			return nil, err
		}
		return start()
	}
	dns.ready = listening(net.JoinHostPort(control.DNSAddress, "53"))
	return dns, nil
}

func (c *cluster) applyAddons(ctx context.Context) error {
	wanted := control.Addons()
	if c.spec.IDs == 1 {
		wanted = append(wanted, control.OneID()...)
	} else {
		for _, object := range control.OneID() {
			if err := c.client.Delete(ctx, object.Path); err != nil {
				return err
			}
		}
	}
	for _, object := range wanted {
		if err := c.client.Apply(ctx, object.Path, object.Text); err != nil {
			return err
		}
	}
	return nil
}

// program is a service that runs one program.
func (c *cluster) program(program control.Program) *service {
	return &service{name: program.Name, command: func() (*exec.Cmd, error) {
		command := exec.Command(filepath.Join(c.spec.Options.Engine, program.File), program.Args...)
		command.Env = append([]string{"PATH=/usr/bin:/bin", "HOME=/nonexistent"}, program.Env...)
		command.Dir = control.RuntimeDir()
		return command, nil
	}}
}

// node is a service that runs one node, in namespaces of its own.
func (c *cluster) node(index int) (*service, error) {
	told, err := c.nodeSpec(index)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(told)
	if err != nil {
		return nil, err
	}
	link := &nodeLink{spec: text}
	c.links[told.Name] = link
	return &service{name: told.Name, command: func() (*exec.Cmd, error) {
		command := exec.Command(filepath.Join(c.spec.Options.Engine, "pocket"), "node")
		if command.Stdin, err = link.open(); err != nil {
			return nil, err
		}
		command.Env = []string{"PATH=/usr/bin:/bin", "HOME=/root"}
		command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS}
		return command, nil
	}}, nil
}

func etcdReady(ended <-chan struct{}) bool { return canDial("unix", control.EtcdSocket, ended) }

func listening(address string) func(<-chan struct{}) bool {
	return func(ended <-chan struct{}) bool { return canDial("tcp", address, ended) }
}

// canDial waits until address accepts a connection; false when the program has ended before.
func canDial(network, address string, ended <-chan struct{}) bool {
	for {
		if connection, err := net.DialTimeout(network, address, time.Second); err == nil {
			connection.Close()
			return true
		}
		select {
		case <-ended:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// repairEtcd moves data aside that etcd cannot start with, so that the cluster comes up empty rather than not at all. All
// else starts again with it, because it remembers what is no longer there. A full disk is no damage.
func (c *cluster) repairEtcd(failures int) string {
	state := c.spec.Options.State
	if failures < etcdAttempts || (&folder{path: state}).checkSpace() != nil {
		return ""
	}
	data := control.Data(state)
	aside := fmt.Sprintf("%s.broken-%d", data, time.Now().Unix())
	if err := os.Rename(data, aside); err != nil {
		return "etcd cannot start: " + err.Error()
	}
	for _, one := range c.others() {
		one.kill()
	}
	return "etcd could not read its data; it was moved to " + aside
}
