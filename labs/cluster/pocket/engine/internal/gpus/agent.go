package gpus

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"labs/engine/internal/fleet"
	"labs/engine/internal/kubeapi"
)

// agent makes a node what the fleet says of it. It ends when the fleet says nothing of the node and no trace is left.
type agent struct {
	settings Settings
	client   *kubeapi.Client
	kubelet  *kubelet
	driver   *driver
	plugins  map[string]*plugin
	wake     chan struct{}

	mu    sync.Mutex
	told  *fleet.Node
	node  *nodeObject
	known bool
}

func newAgent(settings Settings) (*agent, error) {
	client, err := kubeapi.New(settings.Server, []byte(settings.Authority), []byte(settings.Certificate), []byte(settings.Key))
	if err != nil {
		return nil, err
	}
	local, err := newKubelet()
	if err != nil {
		return nil, err
	}
	made := &agent{settings: settings, client: client, kubelet: local, plugins: map[string]*plugin{}, wake: make(chan struct{}, 1)}
	made.driver = &driver{settings: settings, client: client, changed: made.changed}
	return made, nil
}

func (a *agent) changed() { notify(a.wake) }

// run follows the fleet, the node and its Pods until ctx ends or nothing is left to do.
func (a *agent) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	selected := "?fieldSelector=metadata.name%3D" + a.settings.Node
	go kubeapi.Watch(ctx, a.client, fleet.Path, a.fleetChanged)
	go kubeapi.Watch(ctx, a.client, "/api/v1/nodes"+selected, a.nodeChanged)
	pods := "/api/v1/pods?fieldSelector=spec.nodeName%3D" + a.settings.Node
	go kubeapi.Watch(ctx, a.client, pods, func(map[string]struct{}) { a.changed() })
	for {
		select {
		case <-ctx.Done():
			a.driver.end()
			return nil
		case <-a.wake:
		}
		settled, gone, err := a.reconcile(ctx)
		if err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "gpus:", err)
		}
		if gone {
			return nil
		}
		if !settled || err != nil {
			time.AfterFunc(retryPause, a.changed)
		}
	}
}

func (a *agent) fleetChanged(maps map[string]fleet.Map) {
	found, err := fleet.Find(maps, a.settings.Node)
	a.mu.Lock()
	if err != nil {
		// What cannot be read changes nothing.
		fmt.Fprintln(os.Stderr, "gpus:", err)
	} else {
		a.told, a.known = found, true
	}
	a.mu.Unlock()
	a.changed()
}

func (a *agent) nodeChanged(nodes map[string]nodeObject) {
	a.mu.Lock()
	for _, node := range nodes {
		a.node = &node
	}
	a.mu.Unlock()
	a.changed()
}

// reconcile does what is missing. It reports whether the kubelet knows all that it was told, and whether the node has no cards
// and no trace of them.
func (a *agent) reconcile(ctx context.Context) (settled, gone bool, err error) {
	a.mu.Lock()
	told, node, known := a.told, a.node, a.known
	a.mu.Unlock()
	if !known || node == nil {
		return true, false, nil
	}
	if told != nil {
		if err := describe(told.Devices); err != nil {
			return false, false, err
		}
	}
	if err := a.driver.offer(ctx, told); err != nil {
		return false, false, err
	}
	amounts, settled, err := a.serve(ctx, told)
	if err != nil {
		return false, false, err
	}
	held, err := a.held(ctx, told)
	if err != nil {
		return false, false, err
	}
	relabelled, err := showLabels(ctx, a.client, a.settings.Node, *node, told, held)
	if err != nil {
		return false, false, err
	}
	recounted, err := showAmounts(ctx, a.client, a.settings.Node, *node, amounts)
	return settled, told == nil && settled && !relabelled && !recounted, err
}

// held is nil on a node without cards.
func (a *agent) held(ctx context.Context, told *fleet.Node) (map[string]string, error) {
	if told == nil {
		return nil, nil
	}
	devices := told.ByName()
	return a.kubelet.held(ctx, func(name string) string { return devices[name].UUID })
}

// serve has a plugin for each resource, and takes those away that the fleet has no more: first their devices, then themselves.
func (a *agent) serve(ctx context.Context, told *fleet.Node) (map[string]amounts, bool, error) {
	if told != nil {
		for _, each := range told.Resources {
			if a.plugins[each.Name] == nil {
				a.plugins[each.Name] = startPlugin(ctx, each.Name, a.changed)
			}
		}
	}
	if len(a.plugins) == 0 {
		return map[string]amounts{}, true, nil
	}
	for name, one := range a.plugins {
		wanted, _ := told.Resource(name)
		one.offer(wanted.Devices, told != nil && told.Shared)
	}
	listed, err := a.kubelet.healthy(ctx)
	if err != nil {
		return nil, false, err
	}
	return a.agreed(told, listed)
}

// agreed are the amounts of resources of which the kubelet knows what it was told; it reports whether these are all.
func (a *agent) agreed(told *fleet.Node, listed map[string][]string) (map[string]amounts, bool, error) {
	found, settled := map[string]amounts{}, true
	for name, one := range maps.Clone(a.plugins) {
		wanted, served := told.Resource(name)
		if !one.isListening() || !slices.Equal(healthyIDs(wanted.Devices), sorted(listed[name])) {
			settled = false
			// Until then the node shows nothing of it that the kubelet would refuse.
			found[name] = amounts{all: len(wanted.Devices), healthy: common(wanted.Devices, listed[name])}
			continue
		}
		found[name] = amounts{all: len(wanted.Devices), healthy: len(listed[name])}
		if !served {
			one.end()
			delete(a.plugins, name)
			delete(found, name)
		}
	}
	return found, settled, nil
}

func healthyIDs(units []fleet.Unit) []string {
	ids := []string{}
	for _, each := range units {
		if each.Healthy {
			ids = append(ids, each.ID)
		}
	}
	return sorted(ids)
}

func sorted(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return ids
}

func common(units []fleet.Unit, ids []string) int {
	both := 0
	for _, each := range units {
		if each.Healthy && slices.Contains(ids, each.ID) {
			both++
		}
	}
	return both
}
