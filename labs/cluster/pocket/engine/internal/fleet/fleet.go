// Package fleet reads which cards the ConfigMap gpu-fleet gives to a node.
package fleet

import (
	"encoding/json"
	"fmt"

	"labs/engine/internal/smi"
)

// Path is where the fleet is told: a list of one ConfigMap, whose data has a text for each node with cards.
const Path = "/api/v1/namespaces/labs-system/configmaps?fieldSelector=metadata.name%3Dgpu-fleet"

// Map is the ConfigMap.
type Map struct {
	Data map[string]string `json:"data"`
}

// Node is what the fleet says of one node. It is written by labs.cluster.gpus, which alone knows products and their figures.
type Node struct {
	Labels    map[string]string `json:"labels"`
	Taints    []Taint           `json:"taints"`
	Shared    bool              `json:"shared"`
	Resources []Resource        `json:"resources"`
	Devices   []smi.Device      `json:"devices"`
	Slices    []json.RawMessage `json:"slices"`
}

// Taint is a taint of a Node.
type Taint struct {
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"`
	Effect string `json:"effect"`
	Added  string `json:"timeAdded,omitempty"`
}

// Resource is what Pods ask for, such as nvidia.com/gpu, and the ids that the kubelet hands out.
type Resource struct {
	Name    string `json:"name"`
	Devices []Unit `json:"devices"`
}

// Unit is one id: the card behind it, and whether that is well.
type Unit struct {
	ID      string `json:"id"`
	UUID    string `json:"uuid"`
	Healthy bool   `json:"healthy"`
}

// Find returns what the fleet says of a node, nil when it has no cards.
func Find(maps map[string]Map, node string) (*Node, error) {
	for _, each := range maps {
		text, known := each.Data[node]
		if !known {
			continue
		}
		found := &Node{}
		if err := json.Unmarshal([]byte(text), found); err != nil {
			return nil, fmt.Errorf("read the fleet of %s: %w", node, err)
		}
		return found, nil
	}
	return nil, nil
}

// Resource is the resource of this name; an empty one and false when the node has none.
func (n *Node) Resource(name string) (Resource, bool) {
	if n != nil {
		for _, each := range n.Resources {
			if each.Name == name {
				return each, true
			}
		}
	}
	return Resource{Name: name}, false
}

// ByName are the devices by the DRA driver's names for them.
func (n *Node) ByName() map[string]smi.Device {
	all := map[string]smi.Device{}
	if n != nil {
		for _, device := range n.Devices {
			all[device.Name] = device
		}
	}
	return all
}
