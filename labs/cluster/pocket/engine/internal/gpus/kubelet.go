package gpus

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc"
	api "k8s.io/kubelet/pkg/apis/podresources/v1"
)

const podResourcesSocket = "/var/lib/kubelet/pod-resources/kubelet.sock"

// kubelet asks the kubelet of this node who has what.
type kubelet struct {
	connection *grpc.ClientConn
	client     api.PodResourcesListerClient
}

func newKubelet() (*kubelet, error) {
	connection, err := dial(podResourcesSocket)
	if err != nil {
		return nil, err
	}
	return &kubelet{connection, api.NewPodResourcesListerClient(connection)}, nil
}

// healthy are the ids that the kubelet would hand out, by resource.
func (k *kubelet) healthy(ctx context.Context) (map[string][]string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	answer, err := k.client.GetAllocatableResources(ctx, &api.AllocatableResourcesRequest{})
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for _, devices := range answer.GetDevices() {
		found[devices.GetResourceName()] = append(found[devices.GetResourceName()], devices.GetDeviceIds()...)
	}
	return found, nil
}

// held tells who has each device: namespace/pod/container by id. uuids are those of devices by the DRA driver's names.
func (k *kubelet) held(ctx context.Context, uuids func(device string) string) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	answer, err := k.client.List(ctx, &api.ListPodResourcesRequest{})
	if err != nil {
		return nil, err
	}
	held := map[string]string{}
	for _, pod := range answer.GetPodResources() {
		for _, container := range pod.GetContainers() {
			for _, id := range idsOf(container, uuids) {
				holder := pod.GetNamespace() + "/" + pod.GetName() + "/" + container.GetName()
				if before, shared := held[id]; shared {
					holder = before + " " + holder
				}
				held[id] = holder
			}
		}
	}
	return held, nil
}

func idsOf(container *api.ContainerResources, uuids func(device string) string) []string {
	ids := []string{}
	for _, devices := range container.GetDevices() {
		if len(devices.GetResourceName()) > len(prefix) && devices.GetResourceName()[:len(prefix)] == prefix {
			ids = append(ids, devices.GetDeviceIds()...)
		}
	}
	for _, claim := range container.GetDynamicResources() {
		for _, resource := range claim.GetClaimResources() {
			if resource.GetDriverName() == driverName {
				ids = append(ids, uuids(resource.GetDeviceName()))
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
