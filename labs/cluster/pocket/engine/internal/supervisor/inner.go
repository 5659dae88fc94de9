package supervisor

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"labs/engine/internal/control"
	"labs/engine/internal/fleet"
	"labs/engine/internal/kubeapi"
	"labs/engine/internal/node"
	"labs/engine/internal/pki"
	"labs/engine/internal/relay"
)

// A connection to the API server waits for as long as this while it is not there, as during a restart.
const relayPatience = 10 * time.Second

// Inner is PID 1 of the cluster's namespaces. It returns the exit code.
func Inner() int {
	// The kernel forgets this setting when a process gains capabilities, as ours does where newuidmap maps its ids.
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0)
	syscall.Umask(0o077)
	socket := os.NewFile(socketFile, "outer")
	syscall.CloseOnExec(listenerFile)
	syscall.CloseOnExec(socketFile)
	syscall.CloseOnExec(mappedFile)
	syscall.CloseOnExec(portsFile)
	decoder := json.NewDecoder(socket)
	var told spec
	if err := decoder.Decode(&told); err != nil {
		return 1
	}
	c := &cluster{spec: told, outer: json.NewEncoder(socket), awaited: everything(told.Options.Nodes), links: map[string]*nodeLink{}}
	ctx, stop := context.WithCancel(context.Background())
	go c.obey(decoder, stop)
	if err := c.run(ctx); err != nil && ctx.Err() == nil {
		c.tell(message{Failure: failureOf(err)})
		return 1
	}
	return 0
}

// Unmapped waits until the ids are mapped, and becomes Inner by another execution, whatever uid it sees: it was executed as
// nobody, so that the kernel has taken its capabilities, and gives them back to the root that it executes as then.
func Unmapped() int {
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0)
	if _, err := os.NewFile(mappedFile, "mapped").Read(make([]byte, 1)); err != nil {
		return 1
	}
	_ = syscall.Exec("/proc/self/exe", []string{os.Args[0], "inner"}, os.Environ())
	return 1
}

// cluster is the inner supervisor's state.
type cluster struct {
	spec   spec
	certs  *pki.Store
	client *kubeapi.Client
	mu     sync.Mutex
	outer  *json.Encoder
	// awaited are the programs and nodes that have not been ready yet.
	awaited map[string]bool
	// started are all services but etcd.
	started []*running
	links   map[string]*nodeLink
}

func (c *cluster) tell(said message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.outer.Encode(said)
}

func (c *cluster) step(name, state, detail string) {
	c.tell(message{Step: &step{Name: name, State: state, Detail: detail}})
	if state == "ready" && c.lastAwaited(name) {
		c.tell(message{Ready: true})
	}
}

func everything(nodes int) map[string]bool {
	all := map[string]bool{"etcd": true, "kube-apiserver": true, "kube-controller-manager": true, "kube-scheduler": true, "coredns": true}
	for _, name := range nodeNames(nodes) {
		all[name] = true
	}
	return all
}

func (c *cluster) lastAwaited(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.awaited[name]
	delete(c.awaited, name)
	return was && len(c.awaited) == 0
}

// obey stops the cluster when the outer supervisor says so, and ends it at once when that is gone.
func (c *cluster) obey(decoder *json.Decoder, stop func()) {
	for {
		var said message
		if err := decoder.Decode(&said); err != nil {
			os.Exit(1)
		}
		if said.Stop {
			stop()
		}
	}
}

func (c *cluster) run(ctx context.Context) error {
	options := c.spec.Options
	if err := isolate(options.State, options.Engine, options.Python.Prefix); err != nil {
		return mountRefused(err)
	}
	if err := configureNetwork(options.Nodes); err != nil {
		return err
	}
	var err error
	nodes := hosts(options.Nodes)
	if c.certs, err = pki.Open(filepath.Join(options.State, "pki"), nodes, control.APIHosts(nodes)); err != nil {
		return err
	}
	if c.client, err = newClient(c.certs); err != nil {
		return err
	}
	listener, err := net.FileListener(os.NewFile(listenerFile, "listener"))
	if err != nil {
		return err
	}
	go relay.Serve(listener, relay.Patiently(relay.To(apiAddress(), time.Second), relayPatience))
	services, err := c.services(ctx)
	if err != nil {
		return err
	}
	network, err := c.network()
	if err != nil {
		return err
	}
	return c.operate(ctx, services, network)
}

// operate starts everything and, when ctx ends, stops it: nodes first, etcd last.
func (c *cluster) operate(ctx context.Context, services *services, network *network) error {
	etcd := services.etcd.start(c)
	apiserver := c.startAll(services.apiserver)[0]
	if canDial("tcp", apiAddress(), ctx.Done()) {
		go watchNodes(ctx, c.client, time.Now(), c.nodesChanged())
		go network.run(ctx, c.client)
		go kubeapi.Watch(ctx, c.client, fleet.Path, c.fleetChanged)
		c.startAll(services.nodes...)
	}
	if waitReady(ctx, c.client) {
		c.step("kube-apiserver", "ready", "")
		c.startAll(services.controllers...)
	}
	<-ctx.Done()
	end(1800*time.Millisecond, c.others()[1:]...)
	end(400*time.Millisecond, apiserver)
	end(1500*time.Millisecond, etcd)
	return nil
}

func (c *cluster) startAll(services ...*service) []*running {
	started := make([]*running, len(services))
	for i, one := range services {
		started[i] = one.start(c)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started = append(c.started, started...)
	return started
}

// others are the API server and what was started after it.
func (c *cluster) others() []*running {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.started)
}

// nodesChanged passes on which nodes are Ready.
func (c *cluster) nodesChanged() func(map[string]bool) {
	seen := map[string]bool{}
	return func(now map[string]bool) {
		nodes := []nodeInfo{}
		for _, name := range nodeNames(c.spec.Options.Nodes) {
			nodes = append(nodes, nodeInfo{Name: name, Ready: now[name]})
		}
		c.tell(message{Nodes: nodes})
		for name := range now {
			if now[name] && !seen[name] {
				seen[name] = true
				c.step(name, "ready", "")
			}
		}
	}
}

func (c *cluster) nodeSpec(index int) (node.Spec, error) {
	options := c.spec.Options
	host := hosts(options.Nodes)[index]
	cpu, err := ParseCPU(options.NodeCPU)
	if err != nil {
		return node.Spec{}, err
	}
	memory, err := ParseBytes(options.NodeMemory)
	return node.Spec{
		Name: host.Name, Address: host.Address, Index: index + 1, IDs: c.spec.IDs,
		Disk: filepath.Join(options.State, "nodes", host.Name), Engine: options.Engine,
		Images:   filepath.Join(options.State, "images"),
		MilliCPU: cpu, Memory: memory,
		Authority:  string(c.certs.Authority()),
		Server:     newPair(c.certs.Pair(pki.KubeletServer(host.Name))),
		Kubeconfig: string(c.certs.Kubeconfig(control.Server(), pki.KubeletClient(host.Name))),
		Python:     node.Python(options.Python),
		GPUs:       newPair(c.certs.Pair(pki.GPUs)),
	}, err
}

func newPair(pair pki.Pair) node.Pair {
	return node.Pair{Certificate: string(pair.Certificate), Key: string(pair.Key)}
}
