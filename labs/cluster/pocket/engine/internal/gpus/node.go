package gpus

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"labs/engine/internal/fleet"
	"labs/engine/internal/kubeapi"
)

const (
	prefix = "nvidia.com/"
	// HeldAnnotation tells, as JSON, which container has which device: id to namespace/pod/container.
	heldAnnotation = "labs.gpus/held"
)

// nodeObject is what of a Node is ours to change.
type nodeObject struct {
	Metadata struct {
		Labels          map[string]string `json:"labels"`
		Annotations     map[string]string `json:"annotations"`
		ResourceVersion string            `json:"resourceVersion"`
	} `json:"metadata"`
	Spec struct {
		Taints []fleet.Taint `json:"taints"`
	} `json:"spec"`
	Status struct {
		Capacity    map[string]string `json:"capacity"`
		Allocatable map[string]string `json:"allocatable"`
	} `json:"status"`
}

func nodePath(name string) string { return "/api/v1/nodes/" + name }

// amounts are what the kubelet has of a resource, and how much of it is healthy.
type amounts struct{ all, healthy int }

// showLabels makes labels, annotation and taints of the node what they should be; it reports whether that needed a change.
func showLabels(ctx context.Context, client *kubeapi.Client, name string, node nodeObject, wanted *fleet.Node, held map[string]string) (bool, error) {
	if wanted == nil {
		wanted = &fleet.Node{}
	}
	change := map[string]any{}
	metadata := map[string]any{}
	if labels := difference(node.Metadata.Labels, wanted.Labels); len(labels) > 0 {
		metadata["labels"] = labels
	}
	if text := heldText(held); text != node.Metadata.Annotations[heldAnnotation] {
		metadata["annotations"] = map[string]any{heldAnnotation: orNull(text)}
	}
	if taints := withTaints(node.Spec.Taints, wanted.Taints); !slices.Equal(taints, node.Spec.Taints) {
		change["spec"] = map[string]any{"taints": taints}
		// A list is replaced as a whole: not when somebody has changed it meanwhile.
		metadata["resourceVersion"] = node.Metadata.ResourceVersion
	}
	if len(metadata) == 0 {
		return false, nil
	}
	change["metadata"] = metadata
	return true, tolerate(client.Merge(ctx, nodePath(name), change))
}

// showAmounts makes the node's status say what its kubelet will say by itself some seconds later.
func showAmounts(ctx context.Context, client *kubeapi.Client, name string, node nodeObject, known map[string]amounts) (bool, error) {
	capacity, allocatable := map[string]any{}, map[string]any{}
	wanted := maps.Clone(known)
	for resource := range node.Status.Capacity {
		if _, serves := wanted[resource]; !serves && strings.HasPrefix(resource, prefix) {
			wanted[resource] = amounts{}
		}
	}
	for resource, amount := range wanted {
		if all := strconv.Itoa(amount.all); node.Status.Capacity[resource] != all {
			capacity[resource] = all
		}
		if healthy := strconv.Itoa(amount.healthy); node.Status.Allocatable[resource] != healthy {
			allocatable[resource] = healthy
		}
	}
	if len(capacity)+len(allocatable) == 0 {
		return false, nil
	}
	status := map[string]any{"capacity": capacity, "allocatable": allocatable}
	return true, tolerate(client.Merge(ctx, nodePath(name)+"/status", map[string]any{"status": status}))
}

// tolerate ignores that an object has changed meanwhile: the change comes by the watch.
func tolerate(err error) error {
	var refusal *kubeapi.Refusal
	if errors.As(err, &refusal) && refusal.Code == http.StatusConflict {
		return nil
	}
	return err
}

// difference is the change (RFC 7386) that leaves exactly the wanted labels below our prefix.
func difference(has, wanted map[string]string) map[string]any {
	change := map[string]any{}
	for key, value := range wanted {
		if has[key] != value {
			change[key] = value
		}
	}
	for key := range has {
		if _, kept := wanted[key]; !kept && strings.HasPrefix(key, prefix) {
			change[key] = nil
		}
	}
	return change
}

func withTaints(has, wanted []fleet.Taint) []fleet.Taint {
	others := slices.DeleteFunc(slices.Clone(has), func(one fleet.Taint) bool {
		return strings.HasPrefix(one.Key, prefix) && !slices.ContainsFunc(wanted, func(other fleet.Taint) bool {
			return other.Key == one.Key && other.Value == one.Value && other.Effect == one.Effect
		})
	})
	for _, one := range wanted {
		if !slices.ContainsFunc(others, func(other fleet.Taint) bool { return other.Key == one.Key && other.Effect == one.Effect }) {
			others = append(others, one)
		}
	}
	return others
}

func heldText(held map[string]string) string {
	if held == nil {
		return ""
	}
	text, err := json.Marshal(held)
	if err != nil {
		return ""
	}
	return string(text)
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
